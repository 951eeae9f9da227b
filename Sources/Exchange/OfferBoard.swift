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

    private struct State {
        var subscriptions: [OrganisationID: [Weak]] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    public init() {}

    /// The caller keeps the subscription for as long as it waits.
    public func subscribe(to organisation: OrganisationID) -> Subscription {
        let subscription = Subscription()
        let isClosed = state.withLock { state in
            state.subscriptions[organisation, default: []].removeAll { $0.subscription == nil }
            state.subscriptions[organisation, default: []].append(Weak(subscription: subscription))
            return state.isClosed
        }
        if isClosed { subscription.finish() }
        return subscription
    }

    /// Something became available to these organisations.
    public func ring(_ organisations: some Sequence<OrganisationID>) {
        let woken = state.withLock { state in
            organisations.flatMap { state.subscriptions[$0] ?? [] }.compactMap(\.subscription)
        }
        for subscription in woken { subscription.wake() }
    }

    /// Ends every wait, also those that would begin later.
    public func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return state.subscriptions.values.joined().compactMap(\.subscription)
        }
        for subscription in waiting { subscription.finish() }
    }

    public var isClosed: Bool { state.withLock(\.isClosed) }
}
