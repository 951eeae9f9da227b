import NIOCore
public import TTRPC

/// Why a call failed, as its caller sees it.
public struct CallFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: Status
    /// Every fault of the message that was sent, when the status is `INVALID_ARGUMENT`; of the answer, when that cannot be read.
    public let faults: [Fault]

    public init(_ status: Status) {
        self.status = status
        faults = status.faults
    }

    /// An answer that this client does not understand.
    init(unreadableAnswer faults: Faults) {
        status = Status(.internal, "the answer cannot be read: \(faults)")
        self.faults = faults.faults
    }

    public var description: String { status.description }

    static func describing(_ error: any Error) -> any Error {
        (error as? Status).map { CallFailure($0) } ?? error
    }
}

/// Runs `body` and throws `CallFailure` for what has gone wrong with the call.
func calling<R>(_ body: () async throws -> R) async throws -> R {
    do {
        return try await body()
    } catch {
        throw CallFailure.describing(error)
    }
}

extension Client {
    func call<Request: WireMessage, Response: WireMessage>(
        _ method: MethodName, _ request: Request, _ options: CallOptions
    ) async throws -> Response {
        try await calling {
            let answer = try await unary(method, request.packed(), options: options.of(method))
            return try Response(answer: answer)
        }
    }
}

extension WireMessage {
    /// Reads what the exchange has answered.
    init(answer: ByteBuffer) throws(CallFailure) {
        do throws(Faults) {
            self = try Self(unpacking: answer, .shown)
        } catch {
            throw CallFailure(unreadableAnswer: error)
        }
    }
}

extension TypedStream where Element: WireMessage {
    /// What a client reads.
    init(answers messages: MessageStream) {
        self.init(messages: messages, read: { try Element(answer: $0) }, failure: CallFailure.describing)
    }
}
