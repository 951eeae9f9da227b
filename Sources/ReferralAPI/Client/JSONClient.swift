import NIOCore
package import Protobuf
package import TTRPC

/// Calls any method of the contract with messages in proto3 JSON: for the command line and for replaying recordings.
///
/// Calls throw `JSONFaults` for a message that is not one of the method, and otherwise as the typed clients do.
package struct JSONClient: Sendable {
    private let client: Client
    private let catalogue = MessageCatalogue.contract

    package init(_ client: Client) {
        self.client = client
    }

    /// One message there, one back.
    package func unary(_ name: MethodName, _ request: JSONValue, options: CallOptions = CallOptions()) async throws -> JSONValue {
        let method = try method(name, .unary)
        return try await calling {
            let answer = try await client.unary(name, Self.pack(request, method.request), options: options.of(name))
            return try Self.json(answer, method.response)
        }
    }

    /// One message there, any number back. The call ends when `body` returns.
    package func serverStreaming<R>(
        _ name: MethodName, _ request: JSONValue, options: CallOptions = CallOptions(),
        _ body: (TypedStream<JSONValue>) async throws -> R
    ) async throws -> R {
        let method = try method(name, .serverStreaming)
        return try await calling {
            try await client.serverStreaming(name, Self.pack(request, method.request), options: options) { messages in
                try await body(Self.answers(messages, method))
            }
        }
    }

    /// Any number of messages both ways. The call ends when `body` returns; `finish` ends the requests before.
    package func bidirectional<R>(
        _ name: MethodName, options: CallOptions = CallOptions(),
        _ body: (TypedWriter<JSONValue>, _ finish: @escaping @Sendable () -> Void, TypedStream<JSONValue>) async throws -> R
    ) async throws -> R {
        let method = try method(name, .bidirectional)
        return try await calling {
            try await client.bidirectional(name, options: options) { writer, messages in
                let requests = TypedWriter<JSONValue> { request in
                    try await calling { try await writer.write(Self.pack(request, method.request)) }
                }
                return try await body(requests, { writer.finish() }, Self.answers(messages, method))
            }
        }
    }

    /// A message for `Submit`, checked to be one.
    package struct Submission: Sendable {
        /// What the caller knows it by, such as its line.
        package let tag: Int
        fileprivate let packed: ByteBuffer

        /// - Throws: every fault of the message.
        package init(_ json: JSONValue, tag: Int) throws(JSONFaults) {
            self.tag = tag
            packed = try JSONClient.pack(json, AnyMessageType(ReferralAPI.Submission.wireType))
        }
    }

    /// Submits every item of a sequence until each has its answer, as `ReferralClient.submitAll` does.
    package func submitAll<Submissions: AsyncSequence & Sendable>(
        _ submissions: Submissions, options: CallOptions = CallOptions(), lost: (Status, Int) -> Void = { _, _ in },
        answered: (_ tag: Int, JSONValue) async throws -> Void
    ) async throws where Submissions.Element == Submission {
        let result = AnyMessageType(SubmitResult.wireType)
        let flow = SubmissionFlow<Submission, JSONValue>(
            client: client, options: options, persistence: SubmissionPersistence(), pack: { $0.packed },
            read: { try Self.json($0, result) },
            place: { answer in
                let refusal = answer["refusal"]
                let delay: Int64? = refusal?["retryAfterMilliseconds"]?.integer()
                return (
                    answer["item"]?.integer() ?? 0, refusal.map { Status.Code(rawValue: $0["code"]?.integer() ?? 0) },
                    delay.map { .milliseconds($0) }
                )
            })
        try await calling {
            try await flow.run(submissions, lost: lost) { _, submission, answer in try await answered(submission.tag, answer) }
        }
    }

    private func method(_ name: MethodName, _ kind: CallKind) throws(CallFailure) -> MessageCatalogue.Method {
        guard let method = catalogue[name] else { throw CallFailure(Status(.unimplemented, "the contract has no method \(name)")) }
        guard method.kind == kind else { throw CallFailure(Status(.unimplemented, "\(name) is called in another way: \(method.kind)")) }
        return method
    }

    private static func answers(_ messages: MessageStream, _ method: MessageCatalogue.Method) -> TypedStream<JSONValue> {
        TypedStream(messages: messages, read: { try json($0, method.response) }, failure: CallFailure.describing)
    }

    private static func pack(_ json: JSONValue, _ type: AnyMessageType) throws(JSONFaults) -> ByteBuffer {
        ByteBuffer(bytes: try type.packed(fromJSON: json))
    }

    private static func json(_ message: ByteBuffer, _ type: AnyMessageType) throws -> JSONValue {
        do {
            return try message.withUnsafeReadableBytes { try type.json(fromPacked: $0) }
        } catch let faults as DecodeFaults {
            throw CallFailure(unreadableAnswer: Faults(faults))
        }
    }
}
