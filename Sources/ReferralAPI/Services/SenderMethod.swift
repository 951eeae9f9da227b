import CReferralMessages
import NIOCore
import Protobuf
import Referral
import TTRPC

/// A method that is one command about a whole referral, with its message. All of them are answered with the status of the referral.
struct SenderMethod: Sendable {
    let name: MethodName
    let request: AnyMessageType
    /// - Throws: everything that is wrong with the message.
    let read: @Sendable (ByteBuffer, ReadingRules) throws -> SenderRequest
    /// Of a command that is not this method's, only what all commands have is packed.
    let pack: @Sendable (SenderRequest) throws -> ByteBuffer

    init<Wire: SenderCommandWire>(_ name: MethodName, _ wire: Wire.Type) {
        self.name = name
        request = AnyMessageType(wire.wireType)
        read = { try SenderCommandMessage<Wire>(unpacking: $0, $1).request }
        pack = { try SenderCommandMessage<Wire>($0).packed() }
    }

    static let amend = SenderMethod(.amend, Lots__V1__AmendRequest.self)
    static let answerConsent = SenderMethod(.answerConsent, Lots__V1__AnswerConsentRequest.self)
    static let recall = SenderMethod(.recall, Lots__V1__RecallRequest.self)
    static let withdraw = SenderMethod(.withdrawReferral, Lots__V1__WithdrawReferralRequest.self)
    static let enterInError = SenderMethod(.enterInError, Lots__V1__EnterInErrorRequest.self)
    /// The coordinator's.
    static let coordinatorEnterInError = SenderMethod(.coordinatorEnterInError, Lots__V1__EnterInErrorRequest.self)

    /// Those of `lots.v1.ReferralService`, in the order of the contract.
    static let ofSenders = [amend, answerConsent, recall, withdraw, enterInError]

    /// What a sender calls for a command.
    static func ofSender(_ command: SenderRequest.Command) -> SenderMethod {
        switch command {
        case .amend: amend
        case .answerConsent: answerConsent
        case .recall: recall
        case .withdraw: withdraw
        case .enterInError: enterInError
        }
    }
}

extension Router {
    /// A method that is one command about a whole referral.
    /// - Parameter today: the day in Sweden.
    mutating func register(
        _ method: SenderMethod, admit: @escaping @Sendable (CallContext) throws -> Void, today: @escaping @Sendable () -> CivilDate,
        _ handler: @escaping @Sendable (SenderRequest, CallContext) async throws -> ReferralStatus
    ) {
        register(
            method.name,
            unary: { message, context in
                try await answering {
                    try admit(context)
                    // Days of the future are faults, as in a submission.
                    let rules = ReadingRules.submission(today: today(), acceptsTestData: true)
                    return try await handler(method.read(message, rules), context).packed()
                }
            })
    }

    /// A method that is one watch.
    mutating func registerWatch<Response: WireMessage>(
        _ method: MethodName, admit: @escaping @Sendable (CallContext) throws -> Void,
        _ handler: @escaping @Sendable (WatchRequest, TypedWriter<Response>, CallContext) async throws -> Void
    ) {
        register(
            method,
            serverStreaming: { message, writer, context in
                try await answering {
                    try admit(context)
                    try await handler(WatchRequest(unpacking: message, .shown), TypedWriter(writer), context)
                }
            })
    }
}
