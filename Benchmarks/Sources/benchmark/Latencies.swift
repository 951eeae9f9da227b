/// How long each of many operations took.
struct Latencies {
    private let sorted: [Duration]
    private let elapsed: Duration

    init(_ latencies: [Duration], elapsed: Duration) {
        sorted = latencies.sorted()
        self.elapsed = elapsed
    }

    var perSecond: Double { Double(sorted.count) / (elapsed / Duration.seconds(1)) }

    /// `12345/s, p50 81 µs, p99 140 µs`
    var summary: String {
        "\(Int(perSecond))/s, p50 \(microseconds(50)) µs, p99 \(microseconds(99)) µs"
    }

    private func microseconds(_ percentile: Int) -> Int {
        sorted.isEmpty ? 0 : Int(sorted[(sorted.count - 1) * percentile / 100] / Duration.microseconds(1))
    }

    /// Runs `operation` again and again in `concurrency` tasks until the time is over.
    /// - Parameters:
    ///   - executor: where the tasks prefer to run; nil is Swift's pool.
    ///   - operation: is given a number that no other call of it gets.
    static func measure(
        concurrency: Int, seconds: Double, on executor: (any TaskExecutor)? = nil,
        _ operation: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Latencies {
        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for worker in 0..<concurrency {
                group.addTask(executorPreference: executor) {
                    var latencies: [Duration] = []
                    var number = worker
                    var now = clock.now
                    while now < end {
                        try await operation(number)
                        number += concurrency
                        let then = clock.now
                        latencies.append(then - now)
                        now = then
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Latencies(latencies, elapsed: clock.now - start)
    }
}
