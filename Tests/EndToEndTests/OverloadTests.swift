import Exchange
import Foundation
import GRDB
import Referral
import ReferralAPI
import Synchronization
import TTRPC
import Testing

@testable import SQLiteStore

/// More work than can be done: what is accepted keeps its time, the rest is told at once when to come back.
@Suite(.serialized, .timeLimit(.minutes(6))) struct OverloadTests {
    /// Far more at once than the store can take in the time that a write may wait. `scripts/bench` measures what becomes of latencies.
    @Test func whatCannotBeDoneInTimeIsRefusedAndTheRestIsStored() async throws {
        let pace = StorePace(commitTime: .milliseconds(50), batchSize: 4, longestWait: .milliseconds(200))
        try await LiveExchange.with(.tls, pace: pace) { exchange in
            let sender = try await exchange.sender()
            // So that the pace of the store is known.
            for number in 0..<4 { _ = try await sender.submit(Sample.submission("first-\(number)")) }
            let statuses = try await withThrowingTaskGroup(of: Status?.self) { group in
                for number in 0..<320 {
                    group.addTask { await failure { _ = try await sender.submit(Sample.submission("m-\(number)")) } }
                }
                return try await group.reduce(into: [Status?]()) { $0.append($1) }
            }
            let refusals = statuses.compactMap(\.self)
            #expect(try await exchange.events().count == 4 + 320 - refusals.count)
            #expect((1..<320).contains(refusals.count), "\(refusals.count) refused")
            for status in refusals {
                #expect(status.code == .resourceExhausted)
                #expect(status.details.map(\.typeURL) == [StatusDetail.retryInfoTypeURL])
            }
            // What was refused left nothing behind: it may come again.
            let again = try await eventually("room") {
                await failure { _ = try await sender.submit(Sample.submission("m-0")) } == nil ? true : nil
            }
            #expect(again)
        }
    }

    /// A stream is held up by what the store can take; nothing of it is refused.
    @Test(arguments: Carrier.allCases) func itemsOfAStreamWaitForRoom(_ carrier: Carrier) async throws {
        let pace = StorePace(commitTime: .milliseconds(2), batchSize: 4, longestWait: .milliseconds(4))
        try await LiveExchange.with(carrier, pace: pace) { exchange in
            let outcomes = try await withThrowingTaskGroup(of: [Bool].self) { group in
                for unit in ["vasterort", "soderort"] {
                    let sender = try await exchange.sender("polisen-stockholm/\(unit)")
                    group.addTask {
                        try await sender.submitStream { writer, results in
                            for number in 0..<200 { try await writer.write(Sample.submission("m-\(number)")) }
                            writer.finish()
                            var isStored: [Bool] = []
                            for try await result in results { isStored.append((try? result.result.get()) != nil) }
                            return isStored
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(outcomes == Array(repeating: true, count: 400))
        }
    }

    @Test(arguments: Carrier.allCases) func anOrganisationHasItsRate(_ carrier: Carrier) async throws {
        let time = Mutex(ContinuousClock.now)
        let rate = RateLimit(perSecond: 2, burst: 3) { time.withLock(\.self) }
        try await LiveExchange.with(carrier, rate: rate) { exchange in
            // Two units of one organisation share it.
            let units = [try await exchange.sender("polisen-stockholm/vasterort"), try await exchange.sender("polisen-stockholm/city")]
            for number in 0..<3 { _ = try await units[number % 2].submit(Sample.submission("m-\(number)")) }
            let status = await failure { _ = try await units[1].submit(Sample.submission("m-3")) }
            #expect(status?.code == .resourceExhausted)
            #expect(status?.message == "polisen-stockholm makes more than 2 calls a second; try again in 500 ms")
            #expect(status?.details == [.retryInfo(after: .milliseconds(500))])
            // Others have their own.
            #expect(try await exchange.recipient("bojen-vasterort/stodsamordning").fetch().count == 3)
            // What was refused has not happened, and after the time it does.
            time.withLock { $0 += .milliseconds(500) }
            #expect(try await units[1].submit(Sample.submission("m-3")).outcome == .accepted)

            // Items of a stream count like calls; one that is refused does not end it.
            time.withLock { $0 += .seconds(60) }
            try await units[0].submitStream { writer, results in
                for number in 10..<15 { try await writer.write(Sample.submission("m-\(number)")) }
                writer.finish()
                var refusals: [Refusal] = []
                for try await result in results {
                    if case .failure(let refusal) = result.result { refusals.append(refusal) }
                }
                #expect(refusals.map(\.code) == [.resourceExhausted, .resourceExhausted])
                #expect(refusals.allSatisfy { $0.message.contains("try again in 500 ms") })
            }
        }
    }

    /// Somebody without rights is told to the operator, but cannot fill the log.
    @Test(arguments: Carrier.allCases) func whoIsNotPermittedIsLoggedOnce(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let client = try await exchange.sender(Installation.Unwelcome.unknownUnit)
            for number in 0..<5 {
                #expect(await failure { _ = try await client.submit(Sample.submission("m-\(number)")) }?.code == .permissionDenied)
            }
            let lines = exchange.log.lines.filter { $0.contains("a call was not permitted") }
            #expect(lines.count == 1)
            #expect(lines.first?.hasPrefix("notice ") == true)
            #expect(lines.first?.contains("spiffe://lots.example/polisen-stockholm/unknown") == true, "\(lines)")
            #expect(lines.first?.contains("lots.v1.ReferralService/Submit") == true)
        }
    }

    @Test func aStoreThatFailsIsToldOnceAndKeepsCallersAway() async throws {
        try await LiveExchange.with(.memory) { exchange in
            let sender = try await exchange.sender()
            _ = try await sender.submit(Sample.submission("m"))
            #expect(!exchange.exchange.isStoreFailing)
            try await exchange.store.close()
            for number in 0..<3 {
                #expect(await failure { _ = try await sender.submit(Sample.submission("n-\(number)")) }?.code == .unavailable)
                #expect(await failure { _ = try await sender.status(.message(MessageID("m"))) }?.code == .unavailable)
            }
            #expect(exchange.exchange.isStoreFailing)
            let lines = exchange.log.lines.filter { $0.hasPrefix("critical the store fails") }
            #expect(lines.count == 2)
            #expect(lines.contains { $0.contains("writing") } && lines.contains { $0.contains("reading") })
        }
    }

    /// A submission that is known needs no room: only what is written tells that there is some again.
    @Test func aFullStoreFailsUntilSomethingHasBeenWritten() async throws {
        try await LiveExchange.with(.memory) { exchange in
            let sender = try await exchange.sender()
            let first = try await sender.submit(Sample.submission("m"))
            try await exchange.store.leaveRoom(pages: 0)
            var number = 0
            while await failure({ _ = try await sender.submit(Sample.submission("n-\(number)")) }) == nil { number += 1 }
            #expect(exchange.exchange.isStoreFailing)

            #expect(try await sender.submit(Sample.submission("m")) == first)
            await exchange.pass(.seconds(5))
            #expect(exchange.exchange.isStoreFailing)
            try await exchange.store.leaveRoom(pages: 4_000)
            #expect(exchange.exchange.isStoreFailing)
            await exchange.pass(.seconds(5))
            #expect(!exchange.exchange.isStoreFailing)
            #expect(exchange.log.lines.filter { $0.hasPrefix("critical the store fails") }.count == 1)
            #expect(exchange.log.lines.filter { $0.hasPrefix("notice the store works again") }.count == 1)

            // While all is well, nothing is written.
            let probe = try await exchange.store.lastProbe()
            #expect(probe != nil)
            await exchange.pass(.seconds(5))
            #expect(try await exchange.store.lastProbe() == probe)
            _ = try await sender.submit(Sample.submission("n-\(number)"))
        }
    }

    @Test func aReferralThatContradictsItselfIsToldOnceAndTheOthersGoOn() async throws {
        try await LiveExchange.with(.memory) { exchange in
            let sender = try await exchange.sender()
            for id in ["a", "b", "c"] { _ = try await sender.submit(Sample.submission(id)) }
            let tool = try DatabaseQueue(path: exchange.database)
            try await tool.write { database in
                try database.execute(sql: "DROP TRIGGER log_is_not_changed; UPDATE log SET events = '[' WHERE sequence > 1")
            }
            for _ in 0..<3 {
                for id in ["b", "c"] {
                    #expect(await failure { _ = try await sender.status(.message(MessageID(id))) }?.code == .unavailable)
                    #expect(await failure { _ = try await sender.submit(Sample.submission(id)) }?.code == .unavailable)
                }
            }
            #expect(exchange.log.lines.filter { $0.contains("contradicts itself") }.count == 2)
            #expect(!exchange.log.lines.contains { $0.hasPrefix("critical") })
            #expect(!exchange.exchange.isStoreFailing)
            #expect(try await sender.status(.message(MessageID("a"))).messageID == MessageID("a"))
            _ = try await sender.submit(Sample.submission("d"))
        }
    }

    /// One commit for many acknowledgements of a pull.
    @Test func acknowledgementsShareACommit() async throws {
        let pace = StorePace(commitTime: .milliseconds(100), batchSize: 512, longestWait: .seconds(10))
        try await LiveExchange.with(.memory, pace: pace) { exchange in
            let count = 40
            let sender = try await exchange.sender()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask { _ = try await sender.submit(Sample.submission("m-\(number)", Sample.onLidingo())) }
                }
                try await group.waitForAll()
            }
            let recipient = try await exchange.recipient("bojen-stockholm-gotland/stockholm")
            let cases = try await recipient.fetch(FetchRequest(limit: count))
            #expect(cases.count == count)
            let commitsBefore = exchange.commitsMade
            try await recipient.pull { writer, responses in
                for assignment in cases { try await writer.acknowledge(assignment.id) }
                var acknowledged: Set<AssignmentID> = []
                for try await response in responses {
                    guard case .acknowledged(let result) = response else { continue }
                    #expect(result.code == .ok)
                    acknowledged.insert(result.assignmentID)
                    if acknowledged.count == count { break }
                }
                #expect(acknowledged == Set(cases.map(\.id)))
            }
            #expect(exchange.commitsMade - commitsBefore < count / 2)
        }
    }
}

extension LiveExchange {
    /// Lets the time pass for which the probe of the store sleeps; returns when it sleeps again.
    fileprivate func pass(_ time: Duration) async {
        await probing.waitForSleeper()
        probing.advance(by: time)
        await probing.waitForSleeper()
    }
}

extension SQLiteStore {
    /// As if its disk had room for so many pages more.
    fileprivate func leaveRoom(pages: Int) async throws {
        try await write { transaction in
            let database = try #require(transaction as? SQLiteTransaction).database
            let count = try #require(try Int.fetchOne(database, sql: "PRAGMA page_count"))
            try database.execute(sql: "PRAGMA max_page_count = \(count + pages)")
        }
    }

    fileprivate func lastProbe() async throws -> Data? {
        try await read { try Data.fetchOne(#require($0 as? SQLiteReader).database, sql: "SELECT bytes FROM probe") }
    }
}
