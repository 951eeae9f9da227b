public import Referral
import Synchronization

/// Wakes those who wait for cases of an organisation. Says only that there may be something; who wakes asks the store.
public final class OfferBoard: Sendable {
    /// A wait for cases of one organisation; ends when it is released.
    public final class Subscription: Sendable {
        /// One element per wake-up; wake-ups that nobody has seen yet are one.
        public let signals: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        fileprivate init() {
            (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        deinit { continuation.finish() }

        /// Wakes this one waiter.
        public func wake() { continuation.yield() }

        /// No further wake-ups: the waiter's loop ends.
        public func finish() { continuation.finish() }
    }

    private struct Weak: Sendable {
        weak let subscription: Subscription?
    }

    private let subscriptions = Mutex<[OrganisationID: [Weak]]>([:])

    public init() {}

    /// The caller keeps the subscription for as long as it waits.
    public func subscribe(to organisation: OrganisationID) -> Subscription {
        let subscription = Subscription()
        subscriptions.withLock { subscriptions in
            subscriptions[organisation, default: []].removeAll { $0.subscription == nil }
            subscriptions[organisation, default: []].append(Weak(subscription: subscription))
        }
        return subscription
    }

    /// Something became available to these organisations.
    public func ring(_ organisations: some Sequence<OrganisationID>) {
        let woken = subscriptions.withLock { subscriptions in
            organisations.flatMap { subscriptions[$0] ?? [] }.compactMap(\.subscription)
        }
        for subscription in woken { subscription.wake() }
    }
}
