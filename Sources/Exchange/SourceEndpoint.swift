public import Referral
public import ReferralAPI
public import TTRPC

/// Answers about those who send: the coordinator about every source, a sending unit about itself, an organisation about what is sent to it.
public struct SourceEndpoint: SourceServing {
    private let exchange: Exchange
    private let access: Access

    public init(exchange: Exchange, trustDomain: String) {
        self.exchange = exchange
        access = Access(exchange, trustDomain: trustDomain)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
    }

    public func sources(_ request: ListSourcesRequest, _ context: CallContext) async throws -> ListSourcesResponse {
        let (_, reader) = try access.party(context, on: CivilDate(inStockholmAt: exchange.now()))
        return try await exchange.sources(request, for: reader)
    }

    public func announce(_ notice: SourceNotice, _ context: CallContext) async throws -> ToldNotice {
        let (participant, reader) = try access.party(context, on: CivilDate(inStockholmAt: exchange.now()))
        switch reader {
        case .coordinator: break
        case .sender:
            guard notice.source.sender == participant else {
                throw Rejection(.notPermitted, "a unit says it of itself; of others the coordinator does")
            }
            guard SourceNotice.Kind.ofSenders.contains(notice.kind) else {
                throw Rejection(.notPermitted, "a unit says that it pauses or goes on; anything else the coordinator does")
            }
        case .organisation: throw Rejection(.notPermitted, "the unit that sends says it, or the coordinator")
        }
        return try await exchange.hear(notice, by: participant, as: reader)
    }
}
