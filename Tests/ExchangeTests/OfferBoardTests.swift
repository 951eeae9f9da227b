import Exchange
import Referral
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct OfferBoardTests {
    private let jour = OrganisationID("jour")
    private let unit = Participant(organisation: OrganisationID("jour"), unit: UnitID("one"))

    /// Waits in a task of its own; `looks` counts.
    private func waiter(_ subscription: OfferBoard.Subscription, _ looks: Counter, finds: @escaping @Sendable () -> Bool) -> Task<
        Void, Never
    > {
        Task {
            while await subscription.next() {
                looks.increment()
                if finds() { subscription.passOn() } else { subscription.foundNothing() }
            }
        }
    }

    @Test func oneCaseWakesOneOfMany() async {
        let board = OfferBoard()
        let looks = Counter()
        let cases = Counter()
        let subscriptions = (0..<100).map { _ in board.subscribe(to: unit) }
        let tasks = subscriptions.map { waiter($0, looks) { cases.take() } }
        cases.increment()
        board.ring([jour])
        await until { looks.value == 2 && cases.value == 0 }
        // Who found it woke one more, in case there was more; nobody else was.
        for _ in 0..<1_000 { await Task.yield() }
        #expect(looks.value == 2)
        board.close()
        for task in tasks { await task.value }
    }

    /// What one unit may not have another may.
    @Test func oneCaseWakesOneOfEachUnit() async {
        let board = OfferBoard()
        let looks = Counter()
        let others = Counter()
        let subscriptions = (0..<4).map { _ in board.subscribe(to: unit) }
        let other = board.subscribe(to: Participant(organisation: jour, unit: UnitID("two")))
        let tasks = subscriptions.map { waiter($0, looks) { false } } + [waiter(other, others) { false }]
        board.ring([jour])
        await until { looks.value == 1 && others.value == 1 }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(looks.value == 1 && others.value == 1)
        board.close()
        for task in tasks { await task.value }
    }

    @Test func everyCaseIsFound() async {
        let board = OfferBoard()
        let cases = Counter()
        let looks = Counter()
        let subscriptions = (0..<8).map { _ in board.subscribe(to: unit) }
        let tasks = subscriptions.map { waiter($0, looks) { cases.take() } }
        for _ in 0..<5_000 {
            cases.increment()
            board.ring([jour])
            if Bool.random() { await Task.yield() }
        }
        await until { cases.value == 0 }
        board.close()
        for task in tasks { await task.value }
    }

    @Test func whoGoesHandsTheWakeUpOn() async {
        let board = OfferBoard()
        var first: OfferBoard.Subscription? = board.subscribe(to: unit)
        let second = board.subscribe(to: unit)
        board.ring([jour])
        // Woken, and never looked.
        _ = first
        first = nil
        #expect(await second.next())
    }

    @Test func whoFailsInTheMiddleHandsTheWakeUpOn() async {
        let board = OfferBoard()
        var first: OfferBoard.Subscription? = board.subscribe(to: unit)
        let second = board.subscribe(to: unit)
        board.ring([jour])
        #expect(await first?.next() == true)
        first = nil
        #expect(await second.next())
    }

    @Test func whoCannotTakeACaseIsPassedOver() async {
        let board = OfferBoard()
        let first = board.subscribe(to: unit)
        let second = board.subscribe(to: unit)
        first.setWilling(false)
        board.ring([jour])
        #expect(await second.next())
        second.foundNothing()
        second.setWilling(false)
        first.setWilling(true)
        board.ring([jour])
        #expect(await first.next())
    }

    /// The look under way may not see it.
    @Test func aCaseThatComesDuringALookIsLookedForAgain() async {
        let board = OfferBoard()
        let only = board.subscribe(to: unit)
        board.ring([jour])
        #expect(await only.next())
        board.ring([jour])
        only.foundNothing()
        #expect(await only.next())
    }

    @Test func othersAreNotWoken() async {
        let board = OfferBoard()
        let other = board.subscribe(to: Participant(organisation: OrganisationID("other"), unit: UnitID("one")))
        board.ring([jour])
        other.wake()
        other.finish()
        // The only wake-up is its own.
        #expect(await other.next())
        #expect(await !other.next())
    }

    @Test func afterTheEndNobodyWaits() async {
        let board = OfferBoard()
        let early = board.subscribe(to: unit)
        board.close()
        #expect(await !early.next())
        #expect(await !board.subscribe(to: unit).next())
        #expect(board.isClosed)
    }

    @Test func whoHasGoneLeavesNothingBehind() {
        let board = OfferBoard()
        for _ in 0..<10_000 { _ = board.subscribe(to: unit) }
        #expect(board.waiting == 0)
    }

    private func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock(\.self) }

    func increment() { count.withLock { $0 += 1 } }

    /// False when there is none.
    func take() -> Bool {
        count.withLock { count in
            guard count > 0 else { return false }
            count -= 1
            return true
        }
    }
}
