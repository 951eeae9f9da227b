import Referral
public import ReferralAPI
public import TTRPC

/// Answers the coordinator about rules and directories.
public struct RoutingEndpoint: RoutingServing {
    private let exchange: Exchange
    private let access: Access
    private let publisher: Publisher

    public init(exchange: Exchange, trustDomain: String) {
        self.exchange = exchange
        access = Access(exchange, trustDomain: trustDomain)
        publisher = Publisher(exchange)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
    }

    public func versions(_ request: ListVersionsRequest, _ context: CallContext) async throws -> ListVersionsResponse {
        _ = try access.overseer(context, on: today)
        try await exchange.refreshRules()
        let history = exchange.rules.history
        return ListVersionsResponse(
            versions: VersionKind.allCases.flatMap { kind in history.versions(of: kind).map { VersionSummary($0, in: history) } })
    }

    public func version(_ request: GetVersionRequest, _ context: CallContext) async throws -> VersionTexts {
        _ = try access.overseer(context, on: today)
        try await exchange.refreshRules()
        let history = exchange.rules.history
        let summary = try Publisher.summary(of: request.kind, request.number, in: history)
        return VersionTexts(version: summary, texts: history.version(request.number, of: request.kind)?.content.texts ?? [])
    }

    public func publish(_ request: PublishRuleSetRequest, _ context: CallContext) async throws -> VersionSummary {
        try await publisher.publish(request.content, by: access.coordinator(context, on: today))
    }

    public func publish(_ request: PublishDirectoryRequest, _ context: CallContext) async throws -> VersionSummary {
        try await publisher.publish(request.content, by: access.coordinator(context, on: today))
    }

    public func rollBack(_ request: RollbackRequest, _ context: CallContext) async throws -> VersionSummary {
        let participant = try access.coordinator(context, on: today)
        return try await publisher.rollBack(request.number, of: request.kind, reason: request.reason, by: participant)
    }

    private var today: CivilDate { CivilDate(inStockholmAt: exchange.now()) }
}
