import Exchange
import Referral
import ReferralAPI
import TTRPC
import Testing

/// Waiting for cases: by a stream with credit, and by a call with a time.
@Suite(.timeLimit(.minutes(6))) struct WaitingTests {
    private let unit = "bojen-vasterort/stodsamordning"

    @Test(arguments: Carrier.allCases) func aPullNeverGetsMoreThanItsCredit(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            for number in 0..<8 { _ = try await sender.submit(Sample.submission("m-\(number)")) }
            try await exchange.recipient(unit).pull { writer, responses in
                var pull = PullReader(writer, responses)
                var seen: Set<AssignmentID> = []
                for credit in [3, 1, 2] {
                    try await writer.credit(credit)
                    for _ in 0..<credit { seen.insert(try await pull.assignment().id) }
                    // A new case wakes the stream, which has no credit left.
                    _ = try await sender.submit(Sample.submission("more-\(credit)"))
                    try await pull.expectNothingMore()
                }
                #expect(seen.count == 6)
            }
            // What was not asked for is with nobody.
            #expect(try await exchange.recipient(unit).fetch().count == 5)
        }
    }

    @Test(arguments: Carrier.allCases) func aNewCaseWakesAWaitingPull(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            try await exchange.recipient(unit).pull { writer, responses in
                var pull = PullReader(writer, responses)
                try await writer.credit(10)
                try await pull.expectNothingMore()
                for number in 0..<3 {
                    let receipt = try await sender.submit(Sample.submission("m-\(number)"))
                    let assignment = try await pull.assignment()
                    try await writer.acknowledge(assignment.id)
                    #expect(try await pull.acknowledged() == AcknowledgeResult(assignmentID: assignment.id))
                    let status = try await sender.status(.referral(receipt.referralID))
                    #expect(status.services.map(\.status) == [.routed])
                }
                // Not theirs: nobody is woken for nothing.
                _ = try await sender.submit(Sample.submission("young", Sample.young()))
                try await pull.expectNothingMore()
                writer.finish()
                #expect(try await pull.next() == nil)
            }
        }
    }

    @Test(arguments: Carrier.allCases) func twoPullsOfOneOrganisationShareItsCases(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let units = ["bojen-stockholm-gotland/stockholm", "bojen-stockholm-gotland/gotland"]
            let got = try await withThrowingTaskGroup(of: [AssignmentID].self) { group in
                for unit in units {
                    let recipient = try await exchange.recipient(unit)
                    group.addTask {
                        try await recipient.pull { writer, responses in
                            var pull = PullReader(writer, responses)
                            try await writer.credit(20)
                            var ids: [AssignmentID] = []
                            for _ in 0..<20 { ids.append(try await pull.assignment().id) }
                            return ids
                        }
                    }
                }
                for number in 0..<40 { _ = try await sender.submit(Sample.submission("m-\(number)", Sample.onLidingo())) }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(got.count == 40)
            #expect(Set(got).count == 40)
        }
    }

    @Test(arguments: Carrier.allCases) func tooMuchCreditEndsThePull(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient(unit)
            let status = await failure {
                try await recipient.pull { writer, responses in
                    try await writer.credit(Credit.limit)
                    try await writer.credit(1)
                    for try await _ in responses {}
                }
            }
            #expect(status?.code == .resourceExhausted)
            #expect(try await recipient.fetch().isEmpty)
        }
    }

    @Test(arguments: Carrier.allCases) func aNewCaseWakesAWaitingFetch(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient(unit)
            async let waiting = recipient.fetch(FetchRequest(wait: .seconds(60)))
            await exchange.waiting.waitForSleeper()
            _ = try await exchange.sender().submit(Sample.submission("m"))
            #expect(try await waiting.count == 1)
        }
    }

    @Test(arguments: Carrier.allCases) func aFetchWaitsNoLongerThanAsked(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient(unit)
            async let waiting = recipient.fetch(FetchRequest(wait: .seconds(60)))
            await exchange.waiting.waitForSleeper()
            exchange.waiting.advance(by: .seconds(60))
            #expect(try await waiting == [])
            // Who waited in vain takes nothing from those who come later.
            _ = try await exchange.sender().submit(Sample.submission("m"))
            #expect(try await recipient.fetch().count == 1)
        }
    }

    /// Otherwise a stopping exchange would wait for those who wait for it.
    @Test(arguments: Carrier.allCases) func nobodyWaitsForAnExchangeThatStops(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient(unit)
            async let fetching = recipient.fetch(FetchRequest(wait: .seconds(60)))
            await exchange.waiting.waitForSleeper()
            let pulling = await failure {
                try await recipient.pull { writer, responses in
                    var pull = PullReader(writer, responses)
                    try await pull.expectNothingMore()
                    exchange.exchange.stopWaiting()
                    _ = try await pull.next()
                }
            }
            #expect(pulling?.code == .unavailable)
            #expect(try await fetching == [])
            #expect(try await recipient.fetch(FetchRequest(wait: .seconds(60))) == [])
        }
    }

    /// More than a stream may have waiting unsent is on its way to somebody who does not read.
    @Test(arguments: Carrier.allCases) func whoDoesNotReadDelaysNobody(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let count = 50
            var content = Sample.young()
            content.freeText = String(repeating: "x", count: 9_000)
            let sender = try await exchange.sender()
            for number in 0..<count { _ = try await sender.submit(Sample.submission("m-\(number)", content)) }
            let recipient = try await exchange.recipient("stodcentrum-vasterort/vallingby")
            try await recipient.pull { writer, responses in
                try await writer.credit(count)
                var pull = PullReader(writer, responses)
                let first = try await pull.assignment()
                // The same connection, and another.
                #expect(try await recipient.accept(first.id).phase == .accepted)
                for number in 0..<20 { _ = try await sender.submit(Sample.submission("adult-\(number)")) }
                #expect(try await exchange.recipient(unit).fetch(FetchRequest(limit: 100)).count == 20)

                var seen: Set = [first.id]
                while seen.count < count { seen.insert(try await pull.assignment().id) }
                try await pull.expectNothingMore()
            }
        }
    }
}

/// Reads what comes down a pull.
private struct PullReader {
    private let writer: PullWriter
    private var responses: TypedStream<PullResponse>.Iterator

    init(_ writer: PullWriter, _ responses: TypedStream<PullResponse>) {
        self.writer = writer
        self.responses = responses.makeAsyncIterator()
    }

    mutating func next() async throws -> PullResponse? {
        try await responses.next()
    }

    mutating func assignment() async throws -> Assignment {
        let response = try await responses.next()
        guard case .assignment(let assignment) = response else { throw Unexpected(response: response) }
        return assignment
    }

    mutating func acknowledged() async throws -> AcknowledgeResult {
        let response = try await responses.next()
        guard case .acknowledged(let result) = response else { throw Unexpected(response: response) }
        return result
    }

    /// Nothing but the answer to this question is on its way.
    mutating func expectNothingMore() async throws {
        let unknown = AssignmentID("nothing-of-this-id")
        try await writer.acknowledge(unknown)
        #expect(try await acknowledged().assignmentID == unknown)
    }

    struct Unexpected: Error {
        let response: PullResponse?
    }
}
