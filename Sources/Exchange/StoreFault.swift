import Logging
import Referral
import Synchronization

/// Tells the operator, once per incident, that the store fails, and when it works again. Callers are told only to try later.
///
/// Reading and writing fail apart: a full disk can still be read.
final class StoreFault: Sendable {
    enum Operation: String, Hashable {
        case reading, writing
    }

    private let failing = Mutex<[Operation: ContinuousClock.Instant]>([:])
    /// What the operator knows already; forgotten when there is too much of it.
    private let damaged = Mutex<Set<AssignmentID>>([])

    /// Reading is tried all the time, writing only when there is something to write: without calls it would never be found to work again.
    var isFresh: Bool {
        failing.withLock { failing in
            failing[.reading] != nil || failing[.writing].map { ContinuousClock.now - $0 < .seconds(10) } == true
        }
    }

    func report(_ ids: some Collection<AssignmentID>, _ logger: Logger) {
        guard !ids.isEmpty else { return }
        let new = damaged.withLock { damaged in
            if damaged.count > 1_000 { damaged = [] }
            return ids.filter { damaged.insert($0).inserted }
        }
        for id in new {
            logger.error(
                "a case cannot be handed out or listed: its content is missing or unreadable, or its log says something else",
                metadata: ["assignment": "\(id)"])
        }
    }

    func noticing<Result>(_ operation: Operation, _ logger: Logger, _ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            if failing.withLock({ $0.removeValue(forKey: operation) }) != nil {
                logger.notice("the store works again", metadata: ["operation": "\(operation)"])
            }
            return result
        } catch let error as StoreError where error.code == .damaged {
            logger.error("the store holds something that contradicts itself", metadata: ["error": "\(error)"])
            throw error
        } catch let error as StoreError {
            if failing.withLock({ $0.updateValue(.now, forKey: operation) }) == nil {
                logger.critical(
                    "the store fails; calls are answered UNAVAILABLE", metadata: ["operation": "\(operation)", "error": "\(error)"])
            }
            throw error
        }
    }
}
