public import Referral

/// Makes stores of one kind for the contract. One harness is one place for data, empty at first.
public protocol StoreHarness: Sendable {
    associatedtype Store: ReferralStore
    /// Opens a store on the harness's data. Several may be open at a time.
    func open() async throws -> Store
    /// Lets go of the store as an orderly end of the program does.
    func close(_ store: Store) async throws
}

/// What every `ReferralStore` promises, rule by rule:
///
///     @Test(arguments: StoreContract.rules) func keeps(rule: StoreContract.Rule) async throws {
///         try await rule.check(MyHarness())
///     }
public enum StoreContract {
    public struct Rule: Sendable, CustomStringConvertible {
        public let description: String
        private let body: @Sendable (any StoreHarness) async throws -> Void

        /// Records an issue, or throws, when the harness's stores break the rule. Needs a harness of its own.
        public func check(_ harness: some StoreHarness) async throws { try await body(harness) }

        /// A rule about one store.
        init(_ description: String, _ body: @escaping @Sendable (any ReferralStore) async throws -> Void) {
            self.init(harness: description) { harness in try await harness.withStore(body) }
        }

        /// A rule about stores that come and go.
        init(harness description: String, _ body: @escaping @Sendable (any StoreHarness) async throws -> Void) {
            self.description = description
            self.body = body
        }
    }

    public static let rules =
        transactionRules + contentRules + queryRules + readerRules + lifeCycleRules + accessRules + inflowRules + figureRules
        + publicationRules + concurrencyRules
}

extension StoreHarness {
    /// Closes the store also when `body` throws.
    func withStore<Answer>(_ body: (any ReferralStore) async throws -> Answer) async throws -> Answer {
        let store = try await open()
        do {
            let answer = try await body(store)
            try await close(store)
            return answer
        } catch {
            try? await close(store)
            throw error
        }
    }
}

/// What a body throws to undo its transaction.
struct Undo: Error {}
