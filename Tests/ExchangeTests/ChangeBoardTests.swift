import Referral
import Testing

@testable import Exchange

@Suite struct ChangeBoardTests {
    private let boj = LogReader.organisation(OrganisationID("bojen"))
    private let centre = LogReader.organisation(OrganisationID("centrum"))

    /// Wake-ups that are there now.
    private func wakeUps(_ subscription: ChangeBoard.Subscription) async -> Int {
        subscription.finish()
        var count = 0
        while await subscription.next() { count += 1 }
        return count
    }

    @Test func everyWatcherOfAReaderIsWokenAndNoOther() async {
        let board = ChangeBoard()
        let (one, two, other) = (board.subscribe(to: boj), board.subscribe(to: boj), board.subscribe(to: centre))
        // The first comes at once.
        for subscription in [one, two, other] { #expect(await subscription.next()) }
        #expect(board.readers == [boj, centre] && board.watching == 3)
        board.ring([boj: 5, centre: -1])
        #expect(await wakeUps(one) == 1)
        #expect(await wakeUps(two) == 1)
        #expect(await wakeUps(other) == 0)
    }

    @Test func whatWasToldIsNotToldAgainAndManyAreOne() async {
        let board = ChangeBoard()
        let watcher = board.subscribe(to: boj)
        #expect(await watcher.next())
        board.ring([boj: 5])
        #expect(await watcher.next())
        // The same entry again, and one before it.
        board.ring([boj: 5])
        board.ring([boj: 4])
        for sequence in 6...100 { board.ring([boj: Int64(sequence)]) }
        board.ringAll()
        #expect(await wakeUps(watcher) == 1)
    }

    @Test func everybodyIsWokenForWhatIsNotInTheLog() async {
        let board = ChangeBoard()
        let subscriptions = [board.subscribe(to: boj), board.subscribe(to: centre), board.subscribe(to: .coordinator)]
        for subscription in subscriptions { #expect(await subscription.next()) }
        board.ringAll()
        for subscription in subscriptions { #expect(await wakeUps(subscription) == 1) }
    }

    @Test func closingEndsEveryWatchAlsoThoseToCome() async {
        let board = ChangeBoard()
        let watcher = board.subscribe(to: boj)
        #expect(await watcher.next())
        board.close()
        #expect(await !watcher.next())
        let late = board.subscribe(to: boj)
        // Its first wake-up is there, and no other.
        _ = await late.next()
        #expect(await !late.next())
    }

    @Test func whoHasGoneIsForgotten() {
        let board = ChangeBoard()
        var watcher: ChangeBoard.Subscription? = board.subscribe(to: boj)
        #expect(board.watching == 1 && watcher != nil)
        watcher = nil
        #expect(board.watching == 0 && board.readers.isEmpty)
        board.ring([boj: 1])
    }

    @Test func aWatchGoesOnAfterEachChangeOfAnEntry() {
        // No place of an entry is one of another, and between the two services of one there is a place.
        var last = WatchPlace(number: 0)
        for sequence in Int64(1)...50 {
            for index in 0..<Service.allCases.count {
                let place = WatchPlace(sequence, index)
                #expect(place > last && place.sequence == sequence)
                // What has to be read again: this entry, unless this was its last change.
                #expect(place.lastWhole == sequence - 1)
                last = place
            }
            let through = WatchPlace(through: sequence)
            #expect(through > last && through.lastWhole == sequence && through.sequence == sequence)
            last = through
        }
        #expect(WatchPlace(number: 0).lastWhole == -1 && WatchPlace(number: -7).number == 0)
    }
}
