import TTRPC
import Testing

@Suite struct RetryInfoTests {
    /// The bytes as `protoc --encode=google.rpc.RetryInfo` writes them.
    @Test(
        arguments: [
            (.milliseconds(1_500), [0x0A, 8, 0x08, 1, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01]), (.seconds(300), [0x0A, 3, 0x08, 0xAC, 0x02]),
            (.zero, [0x0A, 0]), (.seconds(-1), [0x0A, 0]), (.seconds(1_000_000), [0x0A, 4, 0x08, 0x80, 0xA3, 0x05]),
        ] as [(Duration, [UInt8])])
    func retryInfo(delay: Duration, bytes: [UInt8]) {
        let detail = StatusDetail.retryInfo(after: delay)
        #expect(detail.typeURL == "type.googleapis.com/google.rpc.RetryInfo")
        #expect(detail.value == bytes)
    }

    @Test func theMessageTellsTheSameTime() {
        let status = Status.exhausted("too many", retryAfter: .microseconds(1_200))
        #expect(status.code == .resourceExhausted)
        #expect(status.message == "too many; try again in 2 ms")
        #expect(status.details == [.retryInfo(after: .milliseconds(2))])
    }
}
