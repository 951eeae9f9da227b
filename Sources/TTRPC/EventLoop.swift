import NIOCore

extension EventLoop {
    /// Runs `body` on the loop: at once when that is here.
    func runInLoop(_ body: @escaping @Sendable () -> Void) {
        if inEventLoop { body() } else { execute(body) }
    }
}

extension NIODeadline {
    /// Overflow ends at the distant future: a hostile number is a long time, not a trap.
    func advanced(byNanoseconds nanoseconds: Int64) -> NIODeadline {
        let (sum, overflow) = uptimeNanoseconds.addingReportingOverflow(UInt64(max(nanoseconds, 0)))
        return overflow ? .distantFuture : min(.uptimeNanoseconds(sum), .distantFuture)
    }
}
