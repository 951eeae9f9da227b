import Referral
import SQLiteStore
import Testing

/// The stories of `Tests/Streams/stories`, each with a whole exchange, a clock of its own, in this process and over mutual TLS.
@Suite(.timeLimit(.minutes(6))) struct StoryTests {
    @Test(arguments: try Story.all, Carrier.allCases) func theStoryGoesAsItIsTold(_ file: String, _ carrier: Carrier) async throws {
        let story = try Story(file: file)
        try await LiveExchange.with(carrier) { exchange in
            var telling = StoryTelling(story, on: exchange)
            try await telling.tell()
            #expect(telling.differences == [])
            // The tables are the fold of the log.
            for (id, entries) in Dictionary(grouping: try await exchange.events(), by: \.referral) {
                let fold = entries.reduce(ReferralState?.none) { ReferralState.evolve($0, $1.events, at: $1.at) }
                #expect(try await exchange.store.read { try $0.referral(id) } == fold)
            }
        }
    }
}
