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
        let history = try await history()
        return ListVersionsResponse(
            versions: VersionKind.allCases.flatMap { kind in
                let schedule = history.schedule(of: kind)
                return history.versions(of: kind).map { version in
                    var summary = VersionSummary(version, schedule)
                    // A thousand of up to a kilobyte each may not fit into one answer.
                    summary.accepted = []
                    return summary
                }
            })
    }

    public func version(_ request: GetVersionRequest, _ context: CallContext) async throws -> VersionTexts {
        _ = try access.overseer(context, on: today)
        let history = try await history()
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

    /// All that is published, without what this program cannot read, and what came after it.
    private func history() async throws -> RoutingHistory {
        do {
            try await exchange.refreshRules()
        } catch is RulesInForce.Unreadable {
            // The timer tells the operator.
        }
        return exchange.rules.history
    }

    private var today: CivilDate { CivilDate(inStockholmAt: exchange.now()) }
}
