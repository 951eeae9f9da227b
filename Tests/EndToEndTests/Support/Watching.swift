import Referral
import ReferralAPI
import Synchronization
import TTRPC

/// A watch that runs while a test does other things, and all that it has told.
final class Watching<Response: Sendable>: Sendable {
    private struct State {
        var told: [Response] = []
        var failure: Status?
        var hasEnded = false
    }

    private let state = Mutex(State())

    var told: [Response] { state.withLock(\.told) }
    var failure: Status? { state.withLock(\.failure) }
    var hasEnded: Bool { state.withLock(\.hasEnded) }

    /// Waits until so many have come.
    @discardableResult func waitFor(_ count: Int, _ what: String = "what is watched") async throws -> [Response] {
        do {
            return try await eventually(what) {
                let told = told
                return told.count >= count ? told : nil
            }
        } catch {
            throw Overdue(what: "\(what): \(told.count) of \(count); \(failure.map { "\($0)" } ?? "")")
        }
    }

    /// Waits until one satisfies the condition.
    @discardableResult func waitFor(_ what: String, _ condition: (Response) -> Bool) async throws -> [Response] {
        try await eventually(what) {
            let told = told
            return told.contains(where: condition) ? told : nil
        }
    }

    /// - Parameter watch: a watch of a client that hands each response on.
    static func with<R>(
        _ watch: @escaping @Sendable (_ each: @escaping @Sendable (Response) -> Void) async throws -> Void,
        _ body: (Watching) async throws -> R
    ) async throws -> R {
        let watching = Watching()
        let task = Task {
            do {
                try await watch { response in watching.state.withLock { $0.told.append(response) } }
            } catch let failure as CallFailure {
                watching.state.withLock { $0.failure = failure.status }
            } catch let failure as Status {
                watching.state.withLock { $0.failure = failure }
            }
            watching.state.withLock { $0.hasEnded = true }
        }
        defer { task.cancel() }
        return try await body(watching)
    }
}

extension Watching where Response == WatchResponse {
    static func cases<R>(
        _ client: AssignmentClient, after: Int64 = 0, _ body: (Watching) async throws -> R
    ) async throws -> R {
        try await with(
            { each in try await client.watch(WatchRequest(after: after)) { for try await response in $0 { each(response) } } }, body)
    }

    static func review<R>(
        _ client: CoordinationClient, after: Int64 = 0, _ body: (Watching) async throws -> R
    ) async throws -> R {
        try await with(
            { each in try await client.watch(WatchRequest(after: after)) { for try await response in $0 { each(response) } } }, body)
    }

    var changes: [CaseChange] { told.changes }
}

extension Watching where Response == WatchStatusResponse {
    static func statuses<R>(
        _ client: ReferralClient, after: Int64 = 0, _ body: (Watching) async throws -> R
    ) async throws -> R {
        try await with(
            { each in try await client.watch(WatchRequest(after: after)) { for try await response in $0 { each(response) } } }, body)
    }

    var changes: [StatusChange] { told.changes }
}

extension [WatchResponse] {
    var changes: [CaseChange] { compactMap { if case .change(let change) = $0 { change } else { nil } } }
    var caughtUp: [CaughtUp] { compactMap { if case .caughtUp(let caughtUp) = $0 { caughtUp } else { nil } } }
}

extension [WatchStatusResponse] {
    var changes: [StatusChange] { compactMap { if case .change(let change) = $0 { change } else { nil } } }
    var caughtUp: [CaughtUp] { compactMap { if case .caughtUp(let caughtUp) = $0 { caughtUp } else { nil } } }
}
