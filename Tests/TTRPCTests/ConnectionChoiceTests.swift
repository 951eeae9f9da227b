import NIOCore
import SeededRandom
import Testing

@testable import TTRPC

@Suite struct ConnectionChoiceTests {
    private final class Connection {
        var isUsable = true
    }

    private typealias Choice = ConnectionChoice<Connection>

    private static func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }

    private func choice(_ addresses: [String] = ["a", "b"], first: Int = 0, calls: Int = 3) -> Choice {
        Choice(
            addresses: addresses, firstAddress: first, backoff: Backoff(base: .milliseconds(100), cap: .milliseconds(400)),
            maximumCalls: calls)
    }

    private enum Answer: Equatable {
        case use
        case wait(Choice.Step?)
        case refuse(Status.Code, String)
    }

    private func acquire(_ choice: inout Choice, _ call: UInt64, patience: Int64 = 1_000_000, now: Int64) -> Answer {
        switch choice.acquire(for: call, patience: Self.at(patience), now: Self.at(now), jitter: 1, isUsable: \.isUsable) {
        case .use: .use
        case .wait(let step): .wait(step)
        case .refuse(let status): .refuse(status.code, status.message)
        }
    }

    private func fail(_ choice: inout Choice, hopeless: Bool = false, now: Int64) -> (step: Choice.Step?, calls: [UInt64], status: Status) {
        choice.failed("refused", isHopeless: hopeless, now: Self.at(now), jitter: 1)
    }

    private func pauseEnded(_ choice: inout Choice, now: Int64) -> Choice.Step? { choice.pauseEnded(now: Self.at(now)) }

    private func connected(_ choice: inout Choice, _ connection: Connection, now: Int64) -> [UInt64]? {
        choice.connected(connection, now: Self.at(now))
    }

    @Test func oneAttemptIsSharedByAllWhoWait() {
        var choice = choice()
        #expect(acquire(&choice, 1, now: 0) == .wait(.connect(address: 0)))
        #expect(acquire(&choice, 2, now: 0) == .wait(nil))
        #expect(acquire(&choice, 3, now: 0) == .wait(nil))
        #expect(acquire(&choice, 4, now: 0) == .refuse(.resourceExhausted, "more than 3 calls wait for a connection"))
        let left = [choice.leave(2), choice.leave(2)]
        #expect(left == [true, false])
        #expect(connected(&choice, Connection(), now: 1)?.sorted() == [1, 3])
        #expect(acquire(&choice, 5, now: 2) == .use)
        #expect(choice.waitingCalls == 0)
    }

    @Test func addressesAreTriedInTurnAndPausesGrow() {
        var choice = choice(first: 1)
        #expect(acquire(&choice, 1, now: 0) == .wait(.connect(address: 1)))
        var now: Int64 = 0
        for pause in [100, 200, 400, 400] as [Int64] {
            #expect(fail(&choice, now: now).step == .connect(address: 0))
            #expect(fail(&choice, now: now).step == .pause(.milliseconds(pause)))
            now += pause
            #expect(pauseEnded(&choice, now: now) == .connect(address: 1))
        }
        _ = fail(&choice, now: now)
        #expect(connected(&choice, Connection(), now: now) == [1])
    }

    @Test func patienceEndsBeforeAPauseThatIsTooLong() {
        var choice = choice()
        _ = acquire(&choice, 1, patience: 50, now: 0)
        _ = acquire(&choice, 2, patience: 500, now: 0)
        #expect(fail(&choice, now: 0).calls.isEmpty)
        let (step, calls, status) = fail(&choice, now: 0)
        #expect(step == .pause(.milliseconds(100)) && calls == [1])
        #expect(status.code == .unavailable && status.message == "cannot reach the server: a: refused; b: refused")
        #expect(status.fate == .notProcessed)
        // Whoever comes during the pause without the patience for it is told at once.
        #expect(acquire(&choice, 3, patience: 99, now: 10) == .refuse(.unavailable, status.message))
        #expect(choice.tooLate.code == .deadlineExceeded && choice.tooLate.message.hasSuffix(": a: refused; b: refused"))
    }

    @Test func nobodyWaitsForAStrangerToBecomeTheServer() {
        var choice = choice()
        _ = acquire(&choice, 1, now: 0)
        #expect(fail(&choice, hopeless: true, now: 0).calls.isEmpty)
        let result = fail(&choice, now: 0)
        #expect(result.calls == [1] && result.step == nil)
        // The next one asks again, after the pause.
        #expect(acquire(&choice, 2, now: 40) == .wait(.pause(.milliseconds(60))))
        #expect(pauseEnded(&choice, now: 100) == .connect(address: 0))
        _ = fail(&choice, now: 100)
        #expect(fail(&choice, now: 100).calls.isEmpty)
    }

    @Test func attemptsStopWhenNobodyWaits() {
        var choice = choice(["a"])
        _ = acquire(&choice, 1, now: 0)
        _ = fail(&choice, now: 0)
        _ = choice.leave(1)
        #expect(pauseEnded(&choice, now: 100) == nil)
        #expect(acquire(&choice, 2, now: 100) == .wait(.connect(address: 0)))
        _ = choice.leave(2)
        #expect(fail(&choice, now: 100).step == nil)
    }

    @Test func aConnectionThatServedIsReplacedAtOnce() {
        var choice = choice()
        let (first, second) = (Connection(), Connection())
        _ = acquire(&choice, 1, now: 0)
        _ = fail(&choice, now: 0)
        _ = choice.connected(first, now: Self.at(0))
        choice.answered(on: first)
        first.isUsable = false
        #expect(acquire(&choice, 2, now: 1) == .wait(.connect(address: 0)))
        _ = choice.connected(second, now: Self.at(1))
        // What the old one still answers says nothing of the new one.
        choice.answered(on: first)
        second.isUsable = false
        #expect(acquire(&choice, 3, now: 2) == .wait(.pause(.milliseconds(100))))
    }

    @Test func aServerThatHangsUpIsAskedLessAndLess() {
        var choice = choice()
        var now: Int64 = 0
        _ = acquire(&choice, 0, now: now)
        for (call, pause) in zip(1..., [100, 200, 400, 400] as [Int64]) {
            let connection = Connection()
            #expect(connected(&choice, connection, now: now) == [UInt64(call - 1)])
            connection.isUsable = false
            #expect(acquire(&choice, UInt64(call), now: now + 1) == .wait(.pause(.milliseconds(pause))))
            now += 1 + pause
            #expect(pauseEnded(&choice, now: now) == .connect(address: 0))
        }
        // One that lived for long has been of use.
        let connection = Connection()
        _ = choice.connected(connection, now: Self.at(now))
        connection.isUsable = false
        #expect(acquire(&choice, 99, now: now + 400) == .wait(.connect(address: 0)))
    }

    @Test func closing() {
        var choice = choice()
        _ = acquire(&choice, 1, now: 0)
        let end = choice.close()
        #expect(end.connection == nil && end.calls == [1] && end.status.code == .unavailable)
        #expect(connected(&choice, Connection(), now: 1) == nil)
        #expect(fail(&choice, now: 1).step == nil)
        #expect(acquire(&choice, 2, now: 1) == .refuse(.unavailable, "the client has been closed"))
        var ready = self.choice()
        let connection = Connection()
        _ = acquire(&ready, 1, now: 0)
        _ = ready.connected(connection, now: Self.at(0))
        let closed = ready.close()
        #expect(closed.connection === connection)
    }

    /// Whatever happens: one step is under way at most, every call is answered once, and none waits when there is a connection.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func anyOrderOfEvents(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var choice = choice(["a", "b", "c"], first: Int(seed % 3), calls: 5)
        var (now, call, waiting, step, connection) = (Int64(0), UInt64(0), Set<UInt64>(), Choice.Step?.none, Connection?.none)
        func begin(_ next: Choice.Step?) {
            guard let next else { return }
            #expect(step == nil)
            step = next
        }
        for _ in 0..<2_000 {
            now += .random(in: 0...50, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1, 2:
                call += 1
                let patience = now + .random(in: 0...1_000, using: &generator)
                switch choice.acquire(for: call, patience: Self.at(patience), now: Self.at(now), jitter: 0.5, isUsable: \.isUsable) {
                case .use(let used): #expect(used === connection && used.isUsable)
                case .wait(let next):
                    waiting.insert(call)
                    begin(next)
                    #expect(step != nil)
                case .refuse(let status): #expect(status.fate == .notProcessed)
                }
            case 3:
                guard let leaving = waiting.randomElement(using: &generator) else { continue }
                let hasLeft = choice.leave(leaving)
                #expect(hasLeft)
                waiting.remove(leaving)
            case 4: connection?.isUsable = false
            case 5: if let connection { choice.answered(on: connection) }
            default:
                switch step.take() {
                case nil: break
                case .pause(let duration):
                    #expect(duration > .zero && duration <= .milliseconds(400))
                    now += duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000 + 1
                    begin(choice.pauseEnded(now: Self.at(now)))
                case .connect:
                    if Bool.random(using: &generator) {
                        let made = Connection()
                        #expect(connected(&choice, made, now: now).map(Set.init) == waiting)
                        waiting = []
                        connection = made
                    } else {
                        let hopeless = Int.random(in: 0..<4, using: &generator) == 0
                        let result = choice.failed("no", isHopeless: hopeless, now: Self.at(now), jitter: 0.5)
                        #expect(waiting.isSuperset(of: result.calls))
                        waiting.subtract(result.calls)
                        begin(result.step)
                    }
                }
            }
            #expect(choice.waitingCalls == waiting.count && waiting.count <= 5)
            #expect(waiting.isEmpty || step != nil)
        }
    }
}
