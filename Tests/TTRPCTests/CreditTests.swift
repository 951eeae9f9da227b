import NIOCore
import SeededRandom
import Synchronization
import Testing

@testable import TTRPC

struct CreditTests {
    @Test func aMessageMayOverdrawTheCreditOnce() {
        var credit = Credit()
        credit.spend(forMessage: 4_194_304)
        #expect(!credit.isPositive)
        #expect(credit.available == 65_536 - 4_194_304 - 128)
    }

    @Test func theLimitHoldsAlsoForAnOverdrawnStream() {
        var credit = Credit()
        credit.spend(forMessage: 100_000)
        #expect(credit.add(Credit.limit) == true)
        #expect(credit.add(Credit.limit) == false)
    }

    @Test(arguments: [
        (0, 0, 32_768), (65_536, 0, 32_768), (65_537, 1, 32_768), (8 << 20, (8 << 20) - 65_536, 4 << 20),
        (.max, (1 << 30) - 65_536, 1 << 29),
    ])
    func windows(_ window: Int, _ grant: Int, _ step: Int) {
        #expect(Credit.largestGrowth(window: window) == grant)
        #expect(Credit.reportStep(window: window) == step)
    }

    /// However messages are taken, what is reported lags by less than a step, and nothing is reported twice.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func consumptionIsReportedInSteps(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let budget = ByteBudget(limit: .max)
        let messages = MessageBuffer(limit: .max, budget: budget)
        let reported = Mutex(0)
        messages.reportConsumption(every: 1000) { bytes in
            #expect(bytes >= 1000)
            reported.withLock { $0 += bytes }
        }
        var waiting: [Int] = []
        var taken = 0
        for _ in 0..<200 {
            if waiting.isEmpty || Bool.random(using: &random) {
                let size = Int.random(in: 0...600, using: &random)
                #expect(messages.push(ByteBuffer(repeating: 0, count: size)))
                waiting.append(size)
            } else {
                #expect(try await messages.next()?.readableBytes == waiting[0])
                taken += Credit.cost(ofMessage: waiting.removeFirst())
            }
            let lag = taken - reported.withLock { $0 }
            #expect(lag >= 0 && lag < 1000)
        }
        #expect(budget.bytesHeld == waiting.reduce(0) { $0 + Credit.cost(ofMessage: $1) })
    }

    /// A message that goes straight to a reader who waits for it counts too.
    @Test func aReaderThatWaitsCounts() async throws {
        let messages = MessageBuffer(limit: .max, budget: ByteBudget(limit: .max))
        let reported = Mutex(0)
        messages.reportConsumption(every: 1) { bytes in reported.withLock { $0 += bytes } }
        async let first = messages.next()
        #expect(messages.push(ByteBuffer(string: "x")))
        #expect(try await first == ByteBuffer(string: "x"))
        #expect(reported.withLock { $0 } == 129)
    }
}
