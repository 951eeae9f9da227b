public import Figures
import Referral
public import ReferralAPI
public import TTRPC

/// Answers who asks for figures: a recipient about its own cases, a sender about what it sent, the coordinator and auditors about all.
public struct ReportEndpoint: ReportServing {
    private let exchange: Exchange
    private let access: Access
    /// A report reads every record of its days: one at a time, so that it holds up nobody else's reading.
    private let isReporting = Turn()

    public init(exchange: Exchange, trustDomain: String) {
        self.exchange = exchange
        access = Access(exchange, trustDomain: trustDomain)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
    }

    public func report(_ request: ReportRequest, _ context: CallContext) async throws -> Report {
        let organisation = try access.member(context, on: CivilDate(inStockholmAt: exchange.now()))
        let view: ReportView =
            if organisation.kind.mayReceive { .recipient(organisation.id) } else if organisation.kind.maySend {
                .sender(organisation.id)
            } else { .all }
        guard view.kinds.contains(request.kind) else {
            throw Status(.permissionDenied, "a sender has figures of the kinds year and partnership")
        }
        // Two spans that differ by a day would tell the figures of that day.
        guard view != .all || request.days.areWholeMonths else {
            throw Status(.failedPrecondition, "figures of all organisations are told for whole months")
        }
        guard isReporting.begin() else { throw Status.exhausted("another report is being made", retryAfter: .seconds(1)) }
        defer { isReporting.end() }
        return try await exchange.report(request.kind, of: view, on: request.days)
    }
}
