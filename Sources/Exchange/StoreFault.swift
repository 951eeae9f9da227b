import Logging
import Referral
import Synchronization

/// Tells the operator, once per incident and cause, that the store fails, and when it works again. Callers are told only to try later.
///
/// Reading and writing fail apart: a full disk can still be read.
final class StoreFault: Sendable {
    enum Operation: String, Hashable {
        case reading, writing
    }

    private struct State {
        /// What fails now, and what the operator has been told of it.
        var failing: [Operation: Set<String>] = [:]
        /// What contradicts itself and the operator knows already; forgotten when there is too much of it.
        var contradictions: Set<String> = []
    }

    /// However many words there are for why it fails.
    private static let mostCauses = 8

    private let state = Mutex(State())

    var isFailing: Bool { state.withLock { !$0.failing.isEmpty } }

    func isFailing(_ operation: Operation) -> Bool { state.withLock { $0.failing[operation] != nil } }

    func report(_ ids: some Collection<AssignmentID>, _ logger: Logger) {
        for id in ids where isNew("assignment \(id)") {
            logger.error(
                "a case cannot be handed out or listed: its content is missing or unreadable, or its log says something else",
                metadata: ["assignment": "\(id)"])
        }
    }

    private func isNew(_ contradiction: String) -> Bool {
        state.withLock { state in
            if state.contradictions.count >= 1_000 { state.contradictions = [] }
            return state.contradictions.insert(contradiction).inserted
        }
    }

    /// A write that succeeds does not end an incident: it may have had nothing to write. See `recovered`.
    func noticing<Result>(_ operation: Operation, _ logger: Logger, _ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            if operation == .reading { recovered(operation, logger) }
            return result
        } catch let error as StoreError where error.code == .damaged {
            if isNew(error.message) {
                logger.error("the store holds something that contradicts itself", metadata: ["error": "\(error)"])
            }
            throw error
        } catch let error as StoreError {
            // Whoever has found the damage: what is lost for good is writing.
            failed(error.code == .corrupt ? .writing : operation, error, logger)
            throw error
        }
    }

    private func failed(_ operation: Operation, _ error: StoreError, _ logger: Logger) {
        let isNew = state.withLock { state in
            var causes = state.failing[operation] ?? []
            let isNew = causes.count < Self.mostCauses && causes.insert(error.message).inserted
            state.failing[operation] = causes
            return isNew
        }
        guard isNew else { return }
        logger.critical(
            "the store fails; calls are answered UNAVAILABLE", metadata: ["operation": "\(operation)", "error": "\(error)"])
    }

    func recovered(_ operation: Operation, _ logger: Logger) {
        guard state.withLock({ $0.failing.removeValue(forKey: operation) }) != nil else { return }
        logger.notice("the store works again", metadata: ["operation": "\(operation)"])
    }
}
