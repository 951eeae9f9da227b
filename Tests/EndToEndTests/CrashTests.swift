import Foundation
import NIOCore
import Referral
import ReferralAPI
import SQLiteStore
import Synchronization
import TTRPC
import TestSupport
import Testing

/// The built daemon: what it has acknowledged is there, whatever happens to it.
@Suite(.serialized, .timeLimit(.minutes(6))) struct CrashTests {
    private static let count = 2_000
    private static let units = ["vasterort", "soderort", "city"]

    /// Killed after so many receipts, while further submissions of all connections are on their way.
    @Test(arguments: [1, 400, 1_200]) func nothingAcknowledgedIsLost(_ moment: Int) async throws {
        try await Daemon.Files.with { files in
            let receipts = Receipts()
            try await Daemon.with(files) { daemon in
                let ended = try await submitAll(to: daemon, receipts) { receipts, _ in
                    if receipts == moment { _ = await daemon.kill() }
                }
                #expect(ended < Self.count, "it was killed while there was work")
            }
            let acknowledged = receipts.all
            #expect(acknowledged.count >= moment && acknowledged.count < Self.count)

            try await Daemon.with(files) { daemon in
                try await checkStatus(of: acknowledged, at: daemon)
                let again = Receipts()
                #expect(try await submitAll(to: daemon, again) { _, _ in } == Self.count)
                for (message, receipt) in acknowledged { #expect(again.all[message] == receipt) }
                #expect(Set(again.all.values.map(\.referralID)).count == Self.count)
                #expect(await daemon.stop() == .exit(0))
                try await check(files, holds: again)
            }
        }
    }

    /// Every call that was taken is answered: what is stored is what has a receipt.
    @Test(arguments: [1, 700]) func aStopAnswersWhatItHasTaken(_ moment: Int) async throws {
        try await Daemon.Files.with { files in
            let receipts = Receipts()
            try await Daemon.with(files) { daemon in
                let answered = try await submitAll(to: daemon, receipts) { receipts, _ in
                    if receipts == moment { daemon.requestStop() }
                }
                #expect(answered < Self.count)
                #expect(await daemon.wait() == .exit(0))
            }
            #expect(receipts.all.count >= moment)
            try await check(files, holds: receipts)
            #expect(receipts.failures.isSubset(of: [.unavailable]), "\(receipts.failures)")
        }
    }

    @Test func aReceiptIsTheSameBeforeDuringAndAfterARestart() async throws {
        try await Daemon.Files.with { files in
            let message = try Sample.packed(Sample.submission("once"))
            var receipts: [ByteBuffer] = []
            for _ in 0..<2 {
                try await Daemon.with(files) { daemon in
                    let client = try await daemon.client("polisen-stockholm/vasterort")
                    receipts.append(try await client.unary(.submit, message))
                    // During the stop it is this receipt or none.
                    daemon.requestStop()
                    while let receipt = try? await client.unary(.submit, message) { receipts.append(receipt) }
                    #expect(await daemon.wait() == .exit(0))
                }
            }
            #expect(Set(receipts).count == 1)
            try await Self.withStore(files) { store async throws in #expect(try await store.allEntries().count == 1) }
        }
    }

    private func checkStatus(of receipts: [MessageID: Receipt], at daemon: Daemon) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for unit in Self.units {
                let client = ReferralClient(try await daemon.client("polisen-stockholm/\(unit)"))
                group.addTask {
                    for (message, receipt) in receipts where Self.unit(of: message) == unit {
                        let status = try await client.status(.message(message))
                        #expect(status.referralID == receipt.referralID && status.receivedAt == receipt.receivedAt)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The lease is in the store, not in the daemon: who comes back an hour later finds it over.
    @Test func aLeaseOutlivesTheDaemonAndEnds() async throws {
        try await Daemon.Files.with { files in
            var id: AssignmentID?
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-02T06:00:00Z"]) { daemon in
                let police = try await daemon.client("polisen-stockholm/city")
                _ = try await ReferralClient(police).submit(Sample.submission("m", Sample.onLidingo()))
                let stockholm = AssignmentClient(try await daemon.client("bojen-stockholm-gotland/stockholm"))
                id = try await stockholm.fetch().first?.id
                _ = await daemon.kill()
            }
            let fetched = try #require(id)
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-02T06:01:00Z"]) { daemon in
                let gotland = AssignmentClient(try await daemon.client("bojen-stockholm-gotland/gotland"))
                #expect(try await gotland.fetch().isEmpty)
                #expect(await failure { _ = try await gotland.acknowledge(fetched) }?.code == .failedPrecondition)
                _ = await daemon.kill()
            }
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-02T07:00:00Z"]) { daemon in
                let gotland = AssignmentClient(try await daemon.client("bojen-stockholm-gotland/gotland"))
                #expect(try await gotland.fetch(FetchRequest(wait: .seconds(20))).map(\.id) == [fetched])
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    /// The clock goes on where the killed daemon left it: everything is erased, and once.
    @Test func whatWasDueMeanwhileIsDoneOnceAcrossACrash() async throws {
        try await Daemon.Files.with { files in
            var unasked = Sample.adult()
            unasked.consent = Consent(status: .notAsked)
            let messages = (0..<300).map { Self.message($0) }
            let content = unasked
            func hasEnded(_ message: MessageID, at daemon: Daemon) async throws -> Bool? {
                let police = ReferralClient(try await daemon.client("polisen-stockholm/city"))
                return try await police.status(.message(message)).outcome == .refused(.consentWithdrawn) ? true : nil
            }
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-02T06:00:00Z"]) { daemon in
                let police = ReferralClient(try await daemon.client("polisen-stockholm/city"))
                for message in messages { _ = try await police.submit(Sample.submission(message.rawValue, content)) }
                #expect(try await hasEnded(messages[0], at: daemon) == nil)
                _ = await daemon.kill()
            }
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-16T07:00:00Z"]) { daemon in
                _ = try await eventually("the first is erased") { try await hasEnded(messages[0], at: daemon) }
                _ = await daemon.kill()
            }
            try await Daemon.with(files, ["CLOCK_START_AT": "2026-03-16T08:00:00Z"]) { daemon in
                _ = try await eventually("the last is erased") { try await hasEnded(messages[299], at: daemon) }
                #expect(await daemon.stop() == .exit(0))
            }
            try await Self.withStore(files) { store in
                let entries = try await store.allEntries()
                #expect(entries.count == 600)
                let erased = entries.filter { $0.events.contains(.erased(Erasure(.content, .consentExpired))) }.map(\.referral)
                #expect(Set(erased).count == 300 && erased.count == 300)
                let kept = try await store.read { reader in try erased.filter { try reader.content(of: $0) != nil } }
                #expect(kept == [])
            }
        }
    }

    /// Sends all messages, several hundred at once, over one connection per unit and with a stream on another.
    /// - Parameter progress: is told of every receipt, with their number so far.
    /// - Returns: how many were answered with a receipt.
    private func submitAll(
        to daemon: Daemon, _ receipts: Receipts, progress: @escaping @Sendable (Int, MessageID) async -> Void
    ) async throws -> Int {
        await withTaskGroup(of: Void.self) { group in
            for (index, unit) in Self.units.enumerated() {
                let numbers = (0..<Self.count).filter { $0 % Self.units.count == index }.map { Self.message($0) }
                group.addTask {
                    do {
                        let client = try await daemon.client("polisen-stockholm/\(unit)")
                        defer { client.close() }
                        if index == 0 {
                            try await stream(numbers, over: client, receipts, progress)
                        } else {
                            await call(numbers, over: client, receipts, progress)
                        }
                    } catch {
                        receipts.note(error)
                    }
                }
            }
        }
        return receipts.all.count
    }

    private func stream(
        _ messages: [MessageID], over client: Client, _ receipts: Receipts, _ progress: @escaping @Sendable (Int, MessageID) async -> Void
    ) async throws {
        try await ReferralClient(client).submitStream { writer, results in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await result in results {
                        let receipt = try result.result.get()
                        await progress(receipts.add(receipt), receipt.messageID)
                    }
                }
                group.addTask {
                    for message in messages { try await writer.write(Sample.submission(message.rawValue)) }
                    writer.finish()
                }
                try await group.waitForAll()
            }
        }
    }

    private func call(
        _ messages: [MessageID], over client: Client, _ receipts: Receipts, _ progress: @escaping @Sendable (Int, MessageID) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, message) in messages.enumerated() {
                if index >= 200 { await group.next() }
                group.addTask {
                    do {
                        let receipt = try await submit(message, over: client)
                        await progress(receipts.add(receipt), message)
                    } catch {
                        receipts.note(error)
                    }
                }
            }
        }
    }

    /// Comes back when the daemon says so.
    private func submit(_ message: MessageID, over client: Client) async throws -> Receipt {
        while true {
            do {
                return try await ReferralClient(client).submit(Sample.submission(message.rawValue))
            } catch let failure as CallFailure {
                guard let delay = failure.status.retryDelay else { throw failure }
                try await Task.sleep(for: delay)
            }
        }
    }

    /// The store holds exactly one referral for each receipt, and it is the acknowledged one.
    private func check(_ files: Daemon.Files, holds receipts: Receipts) async throws {
        try await Self.withStore(files) { store in
            var stored: [MessageID: ReferralID] = [:]
            for case .submitted(let submitted) in try await store.allEntries().flatMap(\.events) {
                #expect(stored.updateValue(submitted.referral, forKey: submitted.message) == nil)
            }
            #expect(stored == receipts.all.mapValues(\.referralID))
        }
    }

    private static func withStore(_ files: Daemon.Files, _ body: (SQLiteStore) async throws -> Void) async throws {
        let store = try SQLiteStore(path: files.database)
        let result: Result<Void, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        try await store.close()
        try result.get()
    }

    private static func message(_ number: Int) -> MessageID { MessageID("m-\(number)") }

    private static func unit(of message: MessageID) -> String {
        units[(Int(message.rawValue.dropFirst(2)) ?? 0) % units.count]
    }
}

/// The receipts of many tasks.
private final class Receipts: Sendable {
    private let state = Mutex<(receipts: [MessageID: Receipt], failures: Set<TTRPC.Status.Code>)>(([:], []))

    var all: [MessageID: Receipt] { state.withLock(\.receipts) }
    var failures: Set<TTRPC.Status.Code> { state.withLock(\.failures) }

    /// How many there are then.
    func add(_ receipt: Receipt) -> Int {
        state.withLock { state in
            state.receipts[receipt.messageID] = receipt
            return state.receipts.count
        }
    }

    func note(_ error: any Error) {
        // A connection that could not be made any more is as unavailable as one that broke.
        let code = (error as? CallFailure)?.status.code ?? (error as? Refusal)?.code ?? .unavailable
        state.withLock { _ = $0.failures.insert(code) }
    }
}
