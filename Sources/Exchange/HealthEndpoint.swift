public import ReferralAPI
import Synchronization
public import TTRPC

/// Answers probes: serving from the start until the exchange begins to stop, but for the times in which it cannot do its work.
public final class HealthEndpoint: HealthServing {
    private struct State {
        var isStopped = false
        var isFailing = false
        var isServing: Bool { !isStopped && !isFailing }
        var watchers: [Int: AsyncStream<Bool>.Continuation] = [:]
        var nextWatcher = 0
    }

    private let services: Set<String>
    private let state = Mutex(State())

    /// - Parameter services: the names that are served; the empty name is the daemon as a whole.
    public init(services: Set<String>) {
        self.services = services.union([""])
    }

    /// Answers "not serving" from now on, and tells every watcher: that is the last they hear.
    public func stop() {
        let watchers = state.withLock { state in
            state.isStopped = true
            return state.watchers.values
        }
        for watcher in watchers {
            watcher.yield(false)
            watcher.finish()
        }
    }

    /// Asks again and again whether the exchange cannot do its work now, and tells every watcher of a change, until its task is cancelled.
    /// - Parameter interval: how late that may be.
    public func follow(
        every interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock(), isFailing: @Sendable () -> Bool
    ) async {
        await Repetition(pause: interval, clock: clock).run {
            set(isFailing: isFailing())
        } failed: { _ in
            // Asking does not fail.
        } recovered: {
        }
    }

    private func set(isFailing: Bool) {
        let (isServing, watchers) = state.withLock { state in
            let before = state.isServing
            state.isFailing = isFailing
            return (state.isServing, state.isServing == before ? [] : Array(state.watchers.values))
        }
        for watcher in watchers { watcher.yield(isServing) }
    }

    public func check(_ request: HealthCheckRequest, _ context: CallContext) async throws -> HealthCheckResponse {
        guard services.contains(request.service) else { throw Status(.notFound, "no service of this name") }
        return HealthCheckResponse(status: state.withLock { $0.isServing } ? .serving : .notServing)
    }

    public func watch(_ request: HealthCheckRequest, _ responses: HealthResponses, _ context: CallContext) async throws {
        let isKnown = services.contains(request.service)
        // The standard keeps the watch of an unknown service open in case it appears; here none ever does.
        if !isKnown { try await responses.write(HealthCheckResponse(status: .serviceUnknown)) }
        let (changes, id) = subscribe()
        defer { state.withLock { $0.watchers[id] = nil } }
        for await isServing in changes where isKnown {
            try await responses.write(HealthCheckResponse(status: isServing ? .serving : .notServing))
        }
    }

    /// The present state and then each change; what a slow watcher has not seen yet gives way to the newest.
    private func subscribe() -> (changes: AsyncStream<Bool>, id: Int) {
        let (changes, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            continuation.yield(state.isServing)
            if state.isStopped { continuation.finish() }
            return state.nextWatcher
        }
        return (changes, id)
    }
}
