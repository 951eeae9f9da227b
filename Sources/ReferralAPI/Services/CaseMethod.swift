import CReferralMessages
import NIOCore
import Protobuf
import Referral
import TTRPC

/// A method that is one command about one assignment, with its message. All of them are answered with the case.
struct CaseMethod: Sendable {
    let name: MethodName
    let request: AnyMessageType
    /// - Throws: everything that is wrong with the message.
    let read: @Sendable (ByteBuffer) throws -> CaseRequest
    /// Of a command that is not this method's, only what all commands have is packed.
    let pack: @Sendable (CommandID, AssignmentID, Int?, AssignmentCommand) throws -> ByteBuffer

    init<Wire: CaseCommandWire>(_ name: MethodName, _ wire: Wire.Type) {
        self.name = name
        request = AnyMessageType(wire.wireType)
        read = { try CaseCommandMessage<Wire>(unpacking: $0, .shown).request }
        pack = { try CaseCommandMessage<Wire>(id: $0, assignment: $1, expecting: $2, $3).packed() }
    }

    static let recordAttempt = CaseMethod(.recordAttempt, Lots__V1__RecordAttemptRequest.self)
    static let recordContact = CaseMethod(.recordContact, Lots__V1__RecordContactRequest.self)
    static let recordMeeting = CaseMethod(.recordMeeting, Lots__V1__RecordMeetingRequest.self)
    static let recordService = CaseMethod(.recordService, Lots__V1__RecordServiceRequest.self)
    static let hold = CaseMethod(.hold, Lots__V1__HoldRequest.self)
    static let resume = CaseMethod(.resume, Lots__V1__ResumeRequest.self)
    static let offerHandover = CaseMethod(.offerHandover, Lots__V1__OfferHandoverRequest.self)
    static let answerHandover = CaseMethod(.answerHandover, Lots__V1__AnswerHandoverRequest.self)
    static let complete = CaseMethod(.complete, Lots__V1__CompleteRequest.self)
    static let closeUnreachable = CaseMethod(.closeUnreachable, Lots__V1__CloseUnreachableRequest.self)
    static let decline = CaseMethod(.decline, Lots__V1__DeclineRequest.self)
    static let withdraw = CaseMethod(.withdraw, Lots__V1__WithdrawRequest.self)
    static let answerRecall = CaseMethod(.answerRecall, Lots__V1__AnswerRecallRequest.self)
    static let mediate = CaseMethod(.mediate, Lots__V1__MediateRequest.self)

    /// Those of `lots.v1.AssignmentService`, in the order of the contract.
    static let ofRecipients = [
        recordAttempt, recordContact, recordMeeting, recordService, hold, resume, offerHandover, answerHandover, complete,
        closeUnreachable, decline, withdraw, answerRecall, mediate,
    ]

    /// What an organisation calls for a command; nil for those that are not its own to give.
    static func ofRecipient(_ command: AssignmentCommand) -> CaseMethod? {
        switch command {
        case .recordAttempt: recordAttempt
        case .recordContact: recordContact
        case .recordMeeting: recordMeeting
        case .recordService: recordService
        case .hold: hold
        case .resume: resume
        case .offerHandover: offerHandover
        case .answerHandover: answerHandover
        case .complete: complete
        case .closeUnreachable: closeUnreachable
        case .decline: decline
        case .withdraw: withdraw
        case .answerRecall: answerRecall
        case .mediate: mediate
        case .assign, .reroute, .redrive, .read: nil
        }
    }
}

extension CaseMethod {
    static let assign = CaseMethod(.assign, Lots__V1__AssignRequest.self)
    static let reroute = CaseMethod(.reroute, Lots__V1__RerouteRequest.self)
    static let redrive = CaseMethod(.redrive, Lots__V1__RedriveRequest.self)
    static let coordinatorWithdraw = CaseMethod(.coordinatorWithdraw, Lots__V1__WithdrawRequest.self)
    /// Answered with the case and its content.
    static let read = CaseMethod(.coordinatorRead, Lots__V1__ReadRequest.self)

    /// Those of `lots.v1.CoordinationService` that are answered with the case, in the order of the contract.
    static let ofCoordinators = [assign, reroute, redrive, coordinatorWithdraw]

    /// What the coordinator calls for a command; nil for those that are not its own to give, and for reading.
    static func ofCoordinator(_ command: AssignmentCommand) -> CaseMethod? {
        switch command {
        case .assign: assign
        case .reroute: reroute
        case .redrive: redrive
        case .withdraw: coordinatorWithdraw
        default: nil
        }
    }
}

extension Router {
    /// A method that is one command about one assignment.
    mutating func register(
        _ method: CaseMethod, admit: @escaping @Sendable (CallContext) throws -> Void,
        _ handler: @escaping @Sendable (CaseRequest, CallContext) async throws -> CaseState
    ) {
        register(
            method.name,
            unary: { message, context in
                try await answering {
                    try admit(context)
                    return try await handler(method.read(message), context).packed()
                }
            })
    }
}
