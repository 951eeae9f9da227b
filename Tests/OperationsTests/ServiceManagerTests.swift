import Foundation
import NIOCore
import NIOPosix
import Operations
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct ServiceManagerTests {
    @Test func withoutAManagerNothingIsSaidOrTaken() {
        let manager = ServiceManager(environment: [:], processID: 7)
        #expect(manager.sockets == [] && manager.watchdogInterval == nil)
        #expect(manager.notify(.ready))
    }

    @Test func whatIsMeantForAnotherProcessIsLeftAlone() {
        let environment = ["LISTEN_PID": "8", "LISTEN_FDS": "1", "WATCHDOG_PID": "8", "WATCHDOG_USEC": "1000000"]
        let other = ServiceManager(environment: environment, processID: 7)
        #expect(other.sockets == [] && other.watchdogInterval == nil)
        let own = ServiceManager(environment: environment, processID: 8)
        #expect(own.sockets == [3] && own.watchdogInterval == .seconds(1))
    }

    @Test(arguments: ["-1", "x", "", "99999999999999999999"]) func numbersThatAreNone(_ text: String) {
        let manager = ServiceManager(environment: ["LISTEN_PID": "7", "LISTEN_FDS": text, "WATCHDOG_USEC": text], processID: 7)
        #expect(manager.sockets == [] && manager.watchdogInterval == nil)
    }

    @Test func aManagerThatIsNotThereIsNoHarm() {
        #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": "/nowhere/socket"], processID: 7).notify(.ready))
        #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": String(repeating: "x", count: 200)], processID: 7).notify(.ready))
    }

    @Test(arguments: [false, true]) func messagesArriveAsDatagrams(isAbstract: Bool) throws {
        let name = "lots-\(UUID().uuidString.prefix(8))"
        let path = isAbstract ? "@\(name)" : FileManager.default.temporaryDirectory.appending(path: name).path
        let receiver = try DatagramReceiver(path)
        defer { receiver.close() }
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": path], processID: 7)
        #expect(manager.notify(.ready, .status("listens\nwell")))
        #expect(receiver.next() == "READY=1\nSTATUS=listens well")
        manager.notify(.reloading)
        #expect(receiver.next()?.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*/) != nil)
        manager.notify(.stopping)
        #expect(receiver.next() == "STOPPING=1")
    }

    @Test func whatIsNoListeningSocketIsNotTaken() throws {
        let datagram = try DatagramReceiver("@lots-\(UUID().uuidString.prefix(8))")
        defer { datagram.close() }
        #expect(ServiceManager.takeSocket(datagram.descriptor)?.contains("no stream socket") == true)
        #expect(ServiceManager.takeSocket(1_000)?.contains("descriptor 1000") == true)
        let stream = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { Foundation.close(stream) }
        #expect(ServiceManager.takeSocket(stream)?.contains("does not listen") == true)
        #expect(listen(stream, 1) == 0)
        #expect(ServiceManager.takeSocket(stream) == nil)
        #expect(fcntl(stream, F_GETFD) == FD_CLOEXEC)
    }

    @Test func theWatchdogIsFedAtHalfItsIntervalAndOnlyWhileAllAnswer() async throws {
        let path = "@lots-\(UUID().uuidString.prefix(8))"
        let receiver = try DatagramReceiver(path)
        defer { receiver.close() }
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000000"], processID: 7)
        let clock = StepClock()
        let gate = Gate()
        let watchdog = Watchdog(manager, group: MultiThreadedEventLoopGroup.singleton, clock: clock) {
            try await gate.pass()
        }
        let running = Task { try await watchdog.run() }
        await clock.waitForSleeper()
        #expect(receiver.next() == "WATCHDOG=1")
        // An error is an answer.
        gate.fail()
        clock.advance(by: .seconds(10))
        await clock.waitForSleeper()
        #expect(receiver.next() == "WATCHDOG=1")
        gate.close()
        clock.advance(by: .seconds(10))
        await gate.waitForVisitor()
        #expect(receiver.next() == nil)
        gate.open()
        await clock.waitForSleeper()
        #expect(receiver.next() == "WATCHDOG=1")
        running.cancel()
        try await running.value
    }
}

/// A check that can hang or fail.
private final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var fails = false
        var visitor: CheckedContinuation<Void, Never>?
    }

    private struct Failure: Error {}

    private let state = Mutex(State())

    func fail() { state.withLock { $0.fails = true } }
    func close() { state.withLock { $0.isOpen = false } }

    func open() {
        let visitor = state.withLock { state in
            state.isOpen = true
            return state.visitor.take()
        }
        visitor?.resume()
    }

    func pass() async throws {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.visitor = continuation }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        if state.withLock(\.fails) { throw Failure() }
    }

    func waitForVisitor() async {
        while state.withLock({ $0.visitor == nil }) { await Task.yield() }
    }
}

/// Time that moves when it is told to.
final class StepClock: Clock, Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var now = ContinuousClock.now
        var sleepers: [(until: Instant, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || deadline <= state.now { return true }
                    state.sleepers.append((deadline, continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            let sleepers = state.withLock { state in
                defer { state.sleepers = [] }
                return state.sleepers
            }
            for sleeper in sleepers { sleeper.continuation.resume(throwing: CancellationError()) }
        }
    }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let now = state.now
            defer { state.sleepers.removeAll { $0.until <= now } }
            return state.sleepers.filter { $0.until <= now }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    func waitForSleeper() async {
        while state.withLock(\.sleepers.isEmpty) { await Task.yield() }
    }
}
