/// Looks again and again until `condition` has a value.
/// - Throws: after 30 seconds, and what `condition` throws.
func eventually<Value>(_ what: String, _ condition: () async throws -> Value?) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while clock.now < deadline {
        if let value = try await condition() { return value }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Overdue(what: what)
}

struct Overdue: Error {
    let what: String
}
