import Exchange
import NIOCore
import ReferralAPI
import Synchronization
import TTRPC
import Testing

@Suite(.timeLimit(.minutes(6))) struct HealthTests {
    @Test(arguments: Carrier.allCases) func aProbeLearnsThatTheExchangeStops(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let client = HealthClient(try await exchange.client("stadsrevisionen/revisor"))
            for service in ["", "lots.v1.ReferralService", "lots.v1.AssignmentService"] {
                #expect(try await client.check(service: service) == .serving)
            }
            #expect(await failure { _ = try await client.check(service: "lots.v1.Other") }?.code == .notFound)
            // The example of PROTOCOL.md, which its own test replays with a service of the tests.
            let check = MethodName(service: "grpc.health.v1.Health", method: "Check")
            let answer = try await exchange.client("stadsrevisionen/revisor").unary(check, ByteBuffer())
            #expect(answer == ByteBuffer(bytes: [8, 1]))
            try await client.watch { states async throws in
                var iterator = states.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .serving)
                exchange.health.stop()
                #expect(try await iterator.next()?.status == .notServing)
            }
            #expect(try await client.check() == .notServing)
            // Who asks only now learns it too.
            try await client.watch(service: "lots.v1.ReferralService") { states async throws in
                var iterator = states.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .notServing)
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aProbeLearnsThatTheExchangeCannotWork(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let client = HealthClient(try await exchange.client("stadsrevisionen/revisor"))
            let clock = ManualClock()
            let isFailing = Atomic(false)
            let following = Task {
                await exchange.health.follow(every: .seconds(1), clock: clock) { isFailing.load(ordering: .relaxed) }
            }
            defer { following.cancel() }
            try await client.watch { states async throws in
                var iterator = states.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .serving)
                for (fails, status) in [(true, ServingStatus.notServing), (false, .serving)] {
                    isFailing.store(fails, ordering: .relaxed)
                    await clock.waitForSleeper()
                    clock.advance(by: .seconds(1))
                    #expect(try await iterator.next()?.status == status)
                    #expect(try await client.check() == status)
                }
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aServiceThatDoesNotExistIsUnknown(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let client = try await exchange.client("stadsrevisionen/revisor")
            try await HealthClient(client).watch(service: "lots.v1.Other") { states async throws in
                var iterator = states.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .serviceUnknown)
                // The service might come: the watch goes on until the exchange stops. Had it ended, its end would have come before this.
                #expect(try await HealthClient(client).check() == .serving)
                #expect(client.connection.holdings.streams == 1)
                exchange.health.stop()
                #expect(try await iterator.next() == nil)
            }
        }
    }
}
