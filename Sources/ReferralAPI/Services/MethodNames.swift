public import TTRPC

extension MethodName {
    private static func referral(_ method: String) -> MethodName { MethodName(service: ServiceName.referral, method: method) }
    private static func assignment(_ method: String) -> MethodName { MethodName(service: ServiceName.assignment, method: method) }
    private static func routing(_ method: String) -> MethodName { MethodName(service: ServiceName.routing, method: method) }
    private static func coordination(_ method: String) -> MethodName { MethodName(service: ServiceName.coordination, method: method) }
    private static func report(_ method: String) -> MethodName { MethodName(service: ServiceName.report, method: method) }
    private static func source(_ method: String) -> MethodName { MethodName(service: ServiceName.source, method: method) }
    private static func health(_ method: String) -> MethodName { MethodName(service: ServiceName.health, method: method) }

    public static let submit = referral("Submit")
    public static let submitStream = referral("SubmitStream")
    public static let getStatus = referral("GetStatus")
    public static let preview = referral("Preview")
    public static let amend = referral("Amend")
    public static let answerConsent = referral("AnswerConsent")
    public static let recall = referral("Recall")
    public static let withdrawReferral = referral("Withdraw")
    public static let enterInError = referral("EnterInError")
    public static let watchStatus = referral("WatchStatus")

    public static let pull = assignment("Pull")
    public static let fetch = assignment("Fetch")
    public static let acknowledge = assignment("Acknowledge")
    public static let accept = assignment("Accept")
    public static let giveBack = assignment("Return")
    public static let listCases = assignment("List")
    public static let getCase = assignment("Get")
    public static let watchCases = assignment("Watch")
    public static let recordAttempt = assignment("RecordAttempt")
    public static let recordContact = assignment("RecordContact")
    public static let recordMeeting = assignment("RecordMeeting")
    public static let recordService = assignment("RecordService")
    public static let hold = assignment("Hold")
    public static let resume = assignment("Resume")
    public static let offerHandover = assignment("OfferHandover")
    public static let answerHandover = assignment("AnswerHandover")
    public static let complete = assignment("Complete")
    public static let closeUnreachable = assignment("CloseUnreachable")
    public static let decline = assignment("Decline")
    public static let withdraw = assignment("Withdraw")
    public static let answerRecall = assignment("AnswerRecall")
    public static let mediate = assignment("Mediate")

    public static let listReview = coordination("ListReview")
    public static let assign = coordination("Assign")
    public static let reroute = coordination("Reroute")
    public static let redrive = coordination("Redrive")
    public static let coordinatorWithdraw = coordination("Withdraw")
    public static let coordinatorEnterInError = coordination("EnterInError")
    public static let coordinatorGet = coordination("Get")
    public static let coordinatorRead = coordination("Read")
    public static let coordinatorWatch = coordination("Watch")

    public static let listVersions = routing("ListVersions")
    public static let getVersion = routing("GetVersion")
    public static let publishRuleSet = routing("PublishRuleSet")
    public static let publishDirectory = routing("PublishDirectory")
    public static let rollBack = routing("Rollback")

    public static let getReport = report("GetReport")

    public static let listSources = source("List")
    public static let announce = source("Announce")

    public static let healthCheck = health("Check")
    public static let healthWatch = health("Watch")
}

extension MethodName {
    /// Whether carrying out a call of this method twice does what carrying it out once does, so that a client may make it again when its
    /// outcome is not known. Methods of other contracts never are.
    public var isIdempotent: Bool { Self.idempotent.contains(self) }

    // Missing on purpose: Fetch hands out cases each time, and those of a lost answer stay leased until their time is up. Streams are
    // made again by whoever keeps what was sent on them.
    private static let idempotent: Set<MethodName> = [
        // The same message id with the same content gets the same receipt, for ever.
        .submit,
        // What has been acknowledged, accepted or given back by the organisation stays so, and is answered as before.
        .acknowledge, .accept, .giveBack,
        // The same command id with the same command gets the same answer.
        .recordAttempt, .recordContact, .recordMeeting, .recordService, .hold, .resume, .offerHandover, .answerHandover, .complete,
        .closeUnreachable, .decline, .withdraw, .answerRecall, .mediate,
        .amend, .answerConsent, .recall, .withdrawReferral, .enterInError,
        .assign, .reroute, .redrive, .coordinatorWithdraw, .coordinatorEnterInError, .coordinatorRead, .announce,
        // Changes nothing; that it was shown twice is in the log twice.
        .getCase,
        // The same content is the same version, and what has been rolled back for a reason stays so.
        .publishRuleSet, .publishDirectory, .rollBack,
        // These change nothing.
        .getStatus, .preview, .listCases, .listReview, .coordinatorGet, .listVersions, .getVersion, .getReport, .listSources, .healthCheck,
    ]
}

extension CallOptions {
    /// The same for a call of `method`, which says itself whether it may be repeated.
    func of(_ method: MethodName) -> CallOptions {
        var options = self
        options.isIdempotent = options.isIdempotent || method.isIdempotent
        return options
    }
}

/// The services of the contract, as health checks and logs name them.
public enum ServiceName {
    public static let referral = "lots.v1.ReferralService"
    public static let assignment = "lots.v1.AssignmentService"
    public static let coordination = "lots.v1.CoordinationService"
    public static let routing = "lots.v1.RoutingService"
    public static let report = "lots.v1.ReportService"
    public static let source = "lots.v1.SourceService"
    public static let health = "grpc.health.v1.Health"
}
