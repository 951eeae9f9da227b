import NIOCore
import Testing

@testable import TTRPC

struct KeepAliveTests {
    private var keepAlive = KeepAlive(interval: .seconds(30), timeout: .seconds(20), now: .uptimeNanoseconds(0))

    private static func second(_ number: UInt64) -> NIODeadline { .uptimeNanoseconds(number * 1_000_000_000) }

    private func second(_ number: UInt64) -> NIODeadline { Self.second(number) }

    @Test mutating func aSilentPeerIsPingedThenGivenUp() {
        #expect(keepAlive.look(now: second(0)) == .wait(until: second(30)))
        #expect(keepAlive.look(now: second(30)) == .ping(1, then: second(50)))
        #expect(keepAlive.look(now: second(40)) == .wait(until: second(50)))
        #expect(keepAlive.look(now: second(50)) == .giveUp)
    }

    @Test mutating func aPeerThatSendsIsNotPinged() {
        keepAlive.received(now: second(29))
        #expect(keepAlive.look(now: second(30)) == .wait(until: second(59)))
        #expect(keepAlive.look(now: second(59)) == .ping(1, then: second(79)))
    }

    @Test mutating func aPongGivesTheRoundTripTime() {
        #expect(keepAlive.roundTripTime == nil)
        #expect(keepAlive.look(now: second(30)) == .ping(1, then: second(50)))
        keepAlive.received(now: second(33))
        keepAlive.receivedPong(1, now: second(33))
        #expect(keepAlive.roundTripTime == .seconds(3))
        #expect(keepAlive.look(now: second(50)) == .wait(until: second(63)))
        #expect(keepAlive.look(now: second(63)) == .ping(2, then: second(83)))
    }

    @Test mutating func aPongForNothingMeansNothing() {
        keepAlive.receivedPong(1, now: second(1))
        #expect(keepAlive.look(now: second(30)) == .ping(1, then: second(50)))
        keepAlive.receivedPong(2, now: second(31))
        #expect(keepAlive.roundTripTime == nil)
        #expect(keepAlive.look(now: second(50)) == .giveUp)
    }

    /// Its PONG may be on its way behind a long message.
    @Test mutating func anyByteAfterThePingShowsLife() {
        #expect(keepAlive.look(now: second(30)) == .ping(1, then: second(50)))
        keepAlive.received(now: second(45))
        #expect(keepAlive.look(now: second(50)) == .wait(until: second(75)))
        #expect(keepAlive.look(now: second(75)) == .ping(2, then: second(95)))
        #expect(keepAlive.look(now: second(95)) == .giveUp)
    }

    @Test mutating func pingsOfThePeerAreBounded() {
        for _ in 0..<100 { #expect(keepAlive.receivedPing(now: second(7)) == true) }
        #expect(keepAlive.receivedPing(now: second(7)) == false)
        for _ in 0..<100 { #expect(keepAlive.receivedPing(now: second(8)) == true) }
        #expect(keepAlive.receivedPing(now: second(8)) == false)
    }

    @Test mutating func hostileTimesDoNotTrap() {
        keepAlive = KeepAlive(interval: .zero, timeout: .nanoseconds(-5), now: second(0))
        #expect(keepAlive.look(now: second(0)) == .wait(until: .uptimeNanoseconds(1_000_000)))
    }
}
