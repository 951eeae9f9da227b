import NIOCore
package import TTRPC

/// The service of the recorded exchanges, and a few methods that misbehave.
package enum EchoService {
    package static let name = "echo.v1.Echo"

    package static func method(_ name: String) -> MethodName {
        MethodName(service: Self.name, method: name)
    }

    package struct Secret: Error {}

    package static func router(_ extend: (inout Router) -> Void = { _ in }) -> Router {
        var router = Router()
        router.register(method("Unary"), unary: unary)
        router.register(method("Immediate"), immediate: { payload, _ in payload })
        router.register(
            method("Fail"),
            unary: { payload, _ in
                let request = try EchoMessage(decoding: payload)
                throw Status(Status.Code(rawValue: Int32(request.number)), request.text)
            })
        router.register(method("Crash"), unary: { _, _ in throw Secret() })
        router.register(method("Sleep"), unary: { payload, _ in payload })
        router.register(
            method("Forever"),
            unary: { _, _ in
                try await Task.sleep(for: .seconds(3600))
                return ByteBuffer()
            })
        router.register(
            method("Expand"),
            serverStreaming: { payload, writer, _ in
                let request = try EchoMessage(decoding: payload)
                for number in 0..<request.number {
                    try await writer.write(EchoMessage(text: request.text, number: number + 1, blob: request.blob).encoded)
                }
            })
        router.register(
            method("Collect"),
            clientStreaming: { messages, _ in
                var answer = EchoMessage()
                for try await message in messages {
                    answer.text += try EchoMessage(decoding: message).text
                    answer.number += 1
                }
                return answer.encoded
            })
        router.register(
            method("Bidi"),
            bidirectional: { messages, writer, _ in
                for try await message in messages {
                    if try EchoMessage(decoding: message).text == "fail" { throw Status(.aborted, "asked to fail") }
                    try await writer.write(message)
                }
            })
        extend(&router)
        return router
    }

    /// Echoes the message; metadata is appended to the text as Go prints a map.
    @Sendable
    private static func unary(_ payload: ByteBuffer, _ context: CallContext) async throws -> ByteBuffer {
        guard !context.metadata.isEmpty else { return payload }
        var message = try EchoMessage(decoding: payload)
        message.text += " md=map[" + context.metadata.entries.map { "\($0.key):[\($0.value)]" }.joined(separator: " ") + "]"
        return message.encoded
    }
}
