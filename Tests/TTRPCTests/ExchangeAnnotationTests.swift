import NIOCore
import Testing

@testable import TTRPC

/// What the recorded frames say: stream, type, flags, then method and payload, or status, or message. The recorder wrote it down beside
/// the bytes; our decoders have to read the same.
struct ExchangeAnnotationTests {
    @Test(arguments: [
        (
            Exchange.unary,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary 0a0268691007
            < 1 Response 0x00 0a0268691007
            """
        ),
        (
            Exchange.metadataAndTimeout,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary 0a0268691007, timeout 4999822385 ns, trace=abc
            < 1 Response 0x00 0a166869206d643d6d61705b74726163653a5b6162635d5d1007
            > 3 Request 0x00 echo.v1.Echo/Unary 0a0268691007, timeout 4999087028 ns, trace=abc
            < 3 Response 0x00 0a166869206d643d6d61705b74726163653a5b6162635d5d1007
            """
        ),
        (
            Exchange.errors,
            """
            > 1 Request 0x00 echo.v1.Echo/Fail 0a04626f6f6d1005
            < 1 Response 0x00 status 5 boom
            > 3 Request 0x00 no.Such/M 0a04626f6f6d1005
            < 3 Response 0x00 status 12 service no.Such
            > 5 Request 0x00 echo.v1.Echo/Nope 0a04626f6f6d1005
            < 5 Response 0x00 status 12 method Nope
            > 7 Request 0x00 echo.v1.Echo/Sleep 0a04626f6f6d1005
            < 7 Response 0x00 0a04626f6f6d1005
            """
        ),
        (
            Exchange.allStreamingKinds,
            """
            > 1 Request 0x01 echo.v1.Echo/Expand 0a0261621002
            < 1 Data 0x00 0a0261621001
            < 1 Data 0x00 0a0261621002
            < 1 Data 0x05 empty
            > 3 Request 0x02 echo.v1.Echo/Collect
            > 3 Data 0x00 0a0261621001
            > 3 Data 0x00 0a0261621002
            > 3 Data 0x05 empty
            < 3 Response 0x00 0a04616261621002
            > 5 Request 0x02 echo.v1.Echo/Bidi
            > 5 Data 0x00 0a0261621001
            < 5 Data 0x00 0a0261621001
            > 5 Data 0x00 0a0261621002
            < 5 Data 0x00 0a0261621002
            > 5 Data 0x05 empty
            < 5 Data 0x05 empty
            """
        ),
        (
            Exchange.abortedByServer,
            """
            > 1 Request 0x02 echo.v1.Echo/Bidi
            > 1 Data 0x00 0a046661696c1001
            < 1 Response 0x00 status 10 asked to fail
            """
        ),
        (
            Exchange.clientGoesAway,
            """
            > 1 Request 0x00 echo.v1.Echo/Sleep 0a04736c6f7710ac02, timeout 49878198 ns
            """
        ),
        (
            Exchange.emptyMessages,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary
            < 1 Response 0x00 empty
            """
        ),
        (
            Exchange.emptyConversation,
            """
            > 1 Request 0x02 echo.v1.Echo/Bidi
            > 1 Data 0x05 empty
            < 1 Data 0x05 empty
            """
        ),
        (
            Exchange.rustSyncClient,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary 0a04727573741005, timeout 3000000000 ns
            < 1 Response 0x00 0a04727573741005
            > 3 Request 0x00 nope/X 0a04727573741005, timeout 3000000000 ns
            < 3 Response 0x00 status 12 service nope
            > 5 Request 0x00 echo.v1.Echo/Nope 0a04727573741005, timeout 3000000000 ns
            < 5 Response 0x00 status 12 method Nope
            """
        ),
        (
            Exchange.rustAsyncClient,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary 0a04727573741005
            < 1 Response 0x00 0a04727573741005
            > 3 Request 0x00 echo.v1.Echo/Nope 0a04727573741005
            < 3 Response 0x00 status 12 method Nope
            > 5 Request 0x06 echo.v1.Echo/Bidi
            > 5 Data 0x00 0a04727573741005
            < 5 Data 0x00 0a04727573741005
            > 5 Data 0x00 0a04727573741005
            < 5 Data 0x00 0a04727573741005
            > 5 Data 0x05 empty
            < 5 Data 0x05 empty
            > 7 Request 0x01 echo.v1.Echo/Expand 1002
            < 7 Data 0x00 1001
            < 7 Data 0x00 1002
            < 7 Data 0x05 empty
            """
        ),
        (
            Exchange.rustServerErrors,
            """
            > 1 Request 0x00 echo.v1.Echo/Unary 0a0568656c6c6f1002
            < 1 Response 0x00 0a0568656c6c6f1002
            > 3 Request 0x00 no.Such/M 0a0568656c6c6f1002
            < 3 Response 0x00 status 3 no.Such service does not exist
            > 5 Request 0x00 echo.v1.Echo/Nope 0a0568656c6c6f1002
            < 5 Response 0x00 status 12 Nope method
            """
        ),
        (
            Exchange.rustServerConversation,
            """
            > 1 Request 0x02 echo.v1.Echo/Bidi
            < 1 Data 0x00 empty
            > 1 Data 0x00 0a0568656c6c6f1001
            > 1 Data 0x00 0a0568656c6c6f1002
            < 1 Data 0x00 0a0568656c6c6f1001
            > 1 Data 0x05 empty
            < 1 Data 0x00 0a0568656c6c6f1002
            < 1 Data 0x05 empty
            """
        ),
    ])
    func framesSayWhatWasRecorded(_ exchange: Exchange, _ annotation: String) throws {
        #expect(try exchange.steps.map { try $0.annotation }.joined(separator: "\n") == annotation)
    }
}

extension Exchange.Step {
    fileprivate var annotation: String {
        get throws {
            switch self {
            case .client(let hex): "> " + (try Frame(hex: hex).annotation)
            case .server(let hex): "< " + (try Frame(hex: hex).annotation)
            }
        }
    }
}

extension Frame {
    fileprivate var annotation: String {
        get throws {
            let flags = "0x" + [flags.rawValue].hexadecimal
            return switch type {
            case .request: "\(streamID) Request \(flags) " + (try RequestEnvelope(decoding: body, limits: ConnectionLimits()).annotation)
            case .response: "\(streamID) Response \(flags) " + (try ResponseEnvelope(decoding: body).annotation)
            default: "\(streamID) Data \(flags) " + body.annotation
            }
        }
    }
}

extension RequestEnvelope {
    fileprivate var annotation: String {
        "\(method.service)/\(method.method)" + (payload.readableBytes == 0 ? "" : " \(payload.annotation)")
            + (timeout == 0 ? "" : ", timeout \(timeout) ns") + metadata.entries.map { ", \($0.key)=\($0.value)" }.joined()
    }
}

extension ResponseEnvelope {
    fileprivate var annotation: String {
        failure.map { "status \($0.code.rawValue) \($0.message)" } ?? payload.annotation
    }
}

extension ByteBuffer {
    fileprivate var annotation: String { readableBytes == 0 ? "empty" : readableBytesView.hexadecimal }
}

extension Sequence<UInt8> {
    fileprivate var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
