import Dispatch

/// Stops a transaction's body, which has no way to await, until the test lets it go on.
final class Gate: Sendable {
    struct NeverOpened: Error {}

    private let semaphore = DispatchSemaphore(value: 0)
    private let arrivals: AsyncStream<Void>
    private let arrival: AsyncStream<Void>.Continuation

    init() { (arrivals, arrival) = AsyncStream.makeStream() }

    /// For the body. Gives up after a minute rather than hang the tests.
    func pass() throws {
        arrival.yield()
        guard semaphore.wait(timeout: .now() + 60) == .success else { throw NeverOpened() }
    }

    /// Returns when a body stands before the gate.
    func reached() async {
        for await _ in arrivals { return }
    }

    /// Lets one body pass.
    func open() { semaphore.signal() }
}
