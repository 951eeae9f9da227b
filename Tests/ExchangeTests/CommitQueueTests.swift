import Exchange
import Referral
import Synchronization
import Testing

@Suite struct CommitQueueTests {
    @Test func whatArrivesDuringACommitSharesTheNext() async throws {
        let store = ScriptedStore()
        let queue = CommitQueue(store: store)
        try await withRunning(queue) {
            store.hold()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await queue.write { _ in 0 } }
                await store.waitUntilHeld()
                for index in 1...64 {
                    group.addTask { try await queue.write { _ in index } }
                }
                while queue.depth < 64 { await Task.yield() }
                store.release()
                let answers = try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                #expect(answers == Set(0...64))
            }
        }
        #expect(store.commits == 2)
    }

    @Test func aRefusedWriteAffectsNoOther() async throws {
        let store = ScriptedStore()
        let queue = CommitQueue(store: store)
        try await withRunning(queue) {
            store.hold()
            async let first: Void = queue.write { _ in }
            await store.waitUntilHeld()
            let refused = Task { try await queue.write { _ in throw Rejection(.notFound, "rule") } }
            async let fine = queue.write { _ in 7 }
            while queue.depth < 2 { await Task.yield() }
            store.release()
            try await first
            await #expect(throws: Rejection(.notFound, "rule")) { try await refused.value }
            #expect(try await fine == 7)
        }
        #expect(store.commits == 2)
    }

    @Test func whatTheStoreCannotTakeDoesNotTakeItsNeighboursWithIt() async throws {
        let store = ScriptedStore()
        let queue = CommitQueue(store: store)
        try await withRunning(queue) {
            store.hold()
            async let first: Void = queue.write { _ in }
            await store.waitUntilHeld()
            let poisoned = Task { try await queue.write { _ in throw StoreError(.damaged, "this row") } }
            async let fine = queue.write { _ in 7 }
            while queue.depth < 2 { await Task.yield() }
            store.release()
            try await first
            await #expect(throws: StoreError.self) { try await poisoned.value }
            #expect(try await fine == 7)
        }
    }

    @Test func pastItsBoundItRefusesAtOnce() async throws {
        let store = ScriptedStore()
        let queue = CommitQueue(store: store, capacity: 2)
        try await withRunning(queue) {
            store.hold()
            async let first: Void = queue.write { _ in }
            await store.waitUntilHeld()
            async let second: Void = queue.write { _ in }
            async let third: Void = queue.write { _ in }
            while queue.depth < 2 { await Task.yield() }
            await #expect(throws: CommitQueue.Full.self) { try await queue.write { _ in } }
            store.release()
            _ = try await (first, second, third)
        }
    }

    @Test func whoCanWaitIsHeldUpUntilThereIsRoom() async throws {
        let store = ScriptedStore()
        let clock = TickingClock()
        let queue = CommitQueue(store: store, longestWait: .zero, batchSize: 4, clock: clock.now)
        try await withRunning(queue) {
            try await queue.waitForRoom()
            store.hold()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await queue.write { _ in } }
                await store.waitUntilHeld()
                for _ in 0..<3 { group.addTask { try await queue.write { _ in } } }
                while queue.depth < 3 { await Task.yield() }
                let waiting = Task { try await queue.waitForRoom() }
                let cancelled = Task { try await queue.waitForRoom() }
                while queue.waiting < 2 { await Task.yield() }
                // Others have room yet.
                #expect(queue.refusal == nil)
                cancelled.cancel()
                await #expect(throws: CancellationError.self) { try await cancelled.value }
                #expect(queue.waiting == 1)
                store.release()
                try await waiting.value
                try await group.waitForAll()
            }
            #expect(queue.waiting == 0)
        }
    }

    @Test func closingLetsNobodyWait() async throws {
        let store = ScriptedStore()
        let clock = TickingClock()
        let queue = CommitQueue(store: store, longestWait: .zero, batchSize: 2, clock: clock.now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            store.hold()
            group.addTask { await queue.run() }
            group.addTask { try await queue.write { _ in } }
            await store.waitUntilHeld()
            for _ in 0..<2 { group.addTask { try await queue.write { _ in } } }
            while queue.depth < 2 { await Task.yield() }
            group.addTask { try await queue.waitForRoom() }
            while queue.waiting < 1 { await Task.yield() }
            queue.close()
            #expect(queue.waiting == 0)
            store.release()
            try await group.waitForAll()
        }
    }

    @Test func closingFinishesWhatWasAcceptedAndRefusesTheRest() async throws {
        let store = ScriptedStore()
        let queue = CommitQueue(store: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            store.hold()
            group.addTask { await queue.run() }
            group.addTask { try await queue.write { _ in } }
            await store.waitUntilHeld()
            group.addTask { try await queue.write { _ in } }
            while queue.depth < 1 { await Task.yield() }
            queue.close()
            await #expect(throws: CommitQueue.Full.self) { try await queue.write { _ in } }
            store.release()
            try await group.waitForAll()
        }
        #expect(store.commits == 2)
    }

    /// Runs the queue's loop around `body`.
    private func withRunning(_ queue: CommitQueue, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run() }
            defer { queue.close() }
            try await body()
        }
    }
}

/// Goes on a microsecond with each look, so that a slow machine is not taken for a slow store.
private final class TickingClock: Sendable {
    private let start = ContinuousClock.now
    private let ticks = Mutex(0)

    @Sendable func now() -> ContinuousClock.Instant {
        ticks.withLock { ticks in
            ticks += 1
            return start + .microseconds(ticks)
        }
    }
}

/// A store that keeps nothing, counts commits and can hold one back.
private final class ScriptedStore: ReferralStore {
    private struct State {
        var commits = 0
        var holds = false
        var held: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var commits: Int { state.withLock { $0.commits } }

    /// The next commits wait until `release`.
    func hold() { state.withLock { $0.holds = true } }

    func release() {
        let held = state.withLock { state in
            state.holds = false
            return state.held.take()
        }
        held?.resume()
    }

    func waitUntilHeld() async {
        while state.withLock({ $0.held == nil }) { await Task.yield() }
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (any ReferralTransaction) throws -> Result) async throws -> Result {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                if state.holds { state.held = continuation }
                return !state.holds
            }
            if passes { continuation.resume() }
        }
        let result = try body(NoTransaction())
        state.withLock { $0.commits += 1 }
        return result
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any ReferralReader) throws -> Result) async throws -> Result {
        try body(NoTransaction())
    }
}

private struct NoTransaction: ReferralTransaction {
    func figuresSequence() throws -> Int64 { 0 }
    func figures(on days: ClosedRange<CivilDate>, _ body: (FigureRow) throws -> Void) throws {}
    func putFigures(_ rows: [FigureRow], through sequence: Int64) throws {}
    func clearFigures() throws {}
    func writeProbe() throws {}
    func referral(_ id: ReferralID) -> ReferralState? { nil }
    func referral(from sender: Participant, message: MessageID) -> ReferralID? { nil }
    func referral(of assignment: AssignmentID) -> ReferralID? { nil }
    func log(of id: ReferralID) -> [LogEntry] { [] }
    func log(after sequence: Int64, limit: Int) -> [LogEntry] { [] }
    func changes(after sequence: Int64, limit: Int) -> [LogPlace] { [] }
    func news(for reader: LogReader, after sequence: Int64, limit: Int) -> [LogPlace] { [] }
    func lastSequence(for reader: LogReader?) -> Int64 { 0 }
    func content(of id: ReferralID) -> [UInt8]? { nil }
    func available(to participant: Participant, readsProtected: Bool, limit: Int) -> [AssignmentID] { [] }
    func inflow(on day: CivilDate) -> [InflowSource: Int] { [:] }
    func nextInflowDay() -> CivilDate? { nil }
    func inflowMonitors() -> [StoredInflowMonitor] { [] }
    func inflowNews(for reader: LogReader, after revision: Int64, limit: Int) -> [InflowNews] { [] }
    func notice(_ id: CommandID, by participant: Participant) -> StoredNotice? { nil }
    func lastInflowRevision() -> Int64 { 0 }
    func lastNotice(about source: InflowSource, by participant: Participant) -> StoredNotice? { nil }
    func lastNotices() -> [StoredNotice] { [] }
    func append(_ notice: StoredNotice) -> StoredNotice { notice }
    func setInflowCounted(through day: CivilDate) {}
    func put(_ monitor: StoredInflowMonitor) {}
    func append(_ alarm: StoredAlarm) -> StoredAlarm { alarm }
    func sides(of mark: ContentDigest, shownTo participant: Participant) -> Set<Side> { [] }
    func cases(of organisation: OrganisationID, in list: CaseList, after place: CasePlace?, limit: Int) -> [CasePlace] { [] }
    func due(at now: Instant, limit: Int) -> [DueReferral] { [] }
    func publications(after sequence: Int64, limit: Int) -> [Publication] { [] }
    func append(_ change: Publication.Change, at: Instant, by actor: Participant?) {}
    func append(
        _ events: [ReferralEvent], at: Instant, by actor: Participant?, resulting state: ReferralState, content: [UInt8]?, due: Instant?,
        readers: [LogReader]
    ) {}
    func setDue(_ due: Instant?, of id: ReferralID) {}
}
