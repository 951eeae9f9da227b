import CReferralMessages
import Figures
package import Protobuf
import Referral
package import TTRPC

/// Every method of the contract with its messages, for those who carry them without knowing them: the command line and recordings.
package struct MessageCatalogue: Sendable {
    package struct Method: Sendable {
        package let name: MethodName
        package let kind: CallKind
        package let request: AnyMessageType
        package let response: AnyMessageType
    }

    package static let contract = MessageCatalogue()

    /// In the order of the contract.
    package let methods: [Method]
    private let byName: [MethodName: Method]

    private init() {
        let progress = AnyMessageType(AssignmentProgress.wireType)
        let caseState = AnyMessageType(CaseState.wireType)
        let caseFile = AnyMessageType(CaseFile.wireType)
        let status = AnyMessageType(ReferralStatus.wireType)
        let watch = AnyMessageType(WatchRequest.wireType)
        let watched = AnyMessageType(WatchResponse.wireType)
        let version = AnyMessageType(VersionSummary.wireType)
        let healthRequest = AnyMessageType(HealthCheckRequest.wireType)
        let healthResponse = AnyMessageType(HealthCheckResponse.wireType)
        let submission = AnyMessageType(Submission.wireType)
        let ofSenders =
            [
                Method(name: .submit, kind: .unary, request: submission, response: AnyMessageType(Receipt.wireType)),
                Method(name: .submitStream, kind: .bidirectional, request: submission, response: AnyMessageType(SubmitResult.wireType)),
                Method(
                    name: .getStatus, kind: .unary, request: AnyMessageType(GetStatusRequest.wireType),
                    response: AnyMessageType(ReferralStatus.wireType)),
                Method(
                    name: .preview, kind: .unary, request: AnyMessageType(PreviewRequest.wireType),
                    response: AnyMessageType(PreviewResponse.wireType)),
            ] + SenderMethod.ofSenders.map { Method(name: $0.name, kind: .unary, request: $0.request, response: status) } + [
                Method(
                    name: .watchStatus, kind: .serverStreaming, request: watch, response: AnyMessageType(WatchStatusResponse.wireType))
            ]
        let ofRecipients =
            [
                Method(
                    name: .pull, kind: .bidirectional, request: AnyMessageType(PullRequest.wireType),
                    response: AnyMessageType(PullResponse.wireType)),
                Method(
                    name: .fetch, kind: .unary, request: AnyMessageType(FetchRequest.wireType),
                    response: AnyMessageType(FetchResponse.wireType)
                ),
                Method(name: .acknowledge, kind: .unary, request: AnyMessageType(AcknowledgeRequest.wireType), response: progress),
                Method(name: .accept, kind: .unary, request: AnyMessageType(AcceptRequest.wireType), response: progress),
                Method(name: .giveBack, kind: .unary, request: AnyMessageType(ReturnRequest.wireType), response: progress),
                Method(
                    name: .listCases, kind: .unary, request: AnyMessageType(ListCasesRequest.wireType),
                    response: AnyMessageType(ListCasesResponse.wireType)),
                Method(
                    name: .getCase, kind: .unary, request: AnyMessageType(GetCaseRequest.wireType),
                    response: AnyMessageType(CaseFile.wireType)),
            ] + CaseMethod.ofRecipients.map { Method(name: $0.name, kind: .unary, request: $0.request, response: caseState) }
            + [Method(name: .watchCases, kind: .serverStreaming, request: watch, response: watched)]
        let ofCoordinators =
            [
                Method(
                    name: .listReview, kind: .unary, request: AnyMessageType(ReviewListMessage.wireType),
                    response: AnyMessageType(ListCasesResponse.wireType))
            ] + CaseMethod.ofCoordinators.map { Method(name: $0.name, kind: .unary, request: $0.request, response: caseState) }
            + [
                Method(
                    name: .coordinatorEnterInError, kind: .unary, request: SenderMethod.coordinatorEnterInError.request, response: status),
                Method(
                    name: .coordinatorGet, kind: .unary, request: AnyMessageType(GetCaseRequest.wireType), response: caseState),
                Method(name: .coordinatorRead, kind: .unary, request: CaseMethod.read.request, response: caseFile),
                Method(name: .coordinatorWatch, kind: .serverStreaming, request: watch, response: watched),
            ]
        let others = [
            Method(
                name: .listVersions, kind: .unary, request: AnyMessageType(ListVersionsRequest.wireType),
                response: AnyMessageType(ListVersionsResponse.wireType)),
            Method(
                name: .getVersion, kind: .unary, request: AnyMessageType(GetVersionRequest.wireType),
                response: AnyMessageType(VersionTexts.wireType)),
            Method(name: .publishRuleSet, kind: .unary, request: AnyMessageType(PublishRuleSetRequest.wireType), response: version),
            Method(name: .publishDirectory, kind: .unary, request: AnyMessageType(PublishDirectoryRequest.wireType), response: version),
            Method(name: .rollBack, kind: .unary, request: AnyMessageType(RollbackRequest.wireType), response: version),
            Method(
                name: .getReport, kind: .unary, request: AnyMessageType(ReportRequest.wireType), response: AnyMessageType(Report.wireType)),
            Method(
                name: .listSources, kind: .unary, request: AnyMessageType(ListSourcesRequest.wireType),
                response: AnyMessageType(ListSourcesResponse.wireType)),
            Method(
                name: .announce, kind: .unary, request: AnyMessageType(SourceNotice.wireType), response: AnyMessageType(ToldNotice.wireType)
            ),
            Method(name: .healthCheck, kind: .unary, request: healthRequest, response: healthResponse),
            Method(name: .healthWatch, kind: .serverStreaming, request: healthRequest, response: healthResponse),
        ]
        methods = ofSenders + ofRecipients + ofCoordinators + others
        byName = Dictionary(uniqueKeysWithValues: methods.map { ($0.name, $0) })
    }

    /// Nil for a method that the contract does not have.
    package subscript(_ name: MethodName) -> Method? { byName[name] }

    /// The type of a status detail by its full name; nil for one that the contract does not have.
    package func detail(_ name: String) -> AnyMessageType? {
        let type = AnyMessageType(faultsType)
        return name == type.fullName ? type : nil
    }

    /// The faults in the details of a status as `lots.v1.Faults` in JSON; nil when there are none that can be read.
    package func faultsJSON(of status: Status) -> JSONValue? {
        let detail = status.details.first { $0.typeURL == StatusDetail.faultsTypeURL }
        return detail.flatMap { try? AnyMessageType(faultsType).json(fromPacked: $0.value) }
    }
}
