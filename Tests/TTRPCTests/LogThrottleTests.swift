import NIOCore
import TTRPC
import Testing

@Suite struct LogThrottleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000)

    @Test func oneLineAPeerAndTime() {
        let throttle = LogThrottle(interval: .seconds(10))
        #expect(throttle.admit("a", at: start) == 0)
        for _ in 0..<5 { #expect(throttle.admit("a", at: start + .seconds(9)) == nil) }
        #expect(throttle.admit("b", at: start) == 0)
        #expect(throttle.admit("a", at: start + .seconds(10)) == 5)
        #expect(throttle.admit("a", at: start + .seconds(20)) == 0)
    }

    @Test func manyPeersShareOneLine() {
        let throttle = LogThrottle(interval: .seconds(10), peerLimit: 4)
        let admitted = (0..<1_000).count { throttle.admit("peer \($0)", at: start) != nil }
        #expect(admitted == 5)
        #expect(throttle.admit("new", at: start + .seconds(10)) == 0)
    }
}
