import Referral
public import ReferralAPI
public import TTRPC

/// Answers those who send referrals.
public struct ReferralEndpoint: ReferralServing {
    private let exchange: Exchange
    private let access: Access

    public init(exchange: Exchange, trustDomain: String) {
        self.exchange = exchange
        access = Access(exchange, trustDomain: trustDomain)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
        // A submission that cannot be stored in time is refused before it is read, which would cost most of what storing it costs.
        if context.method == .submit { try exchange.checkRoom() }
    }

    public func waitForRoom() async throws {
        try await exchange.waitForRoom()
    }

    public func submit(_ request: SubmitRequest, _ context: CallContext) async throws -> Receipt {
        let sender = try access.sender(context, on: CivilDate(inStockholmAt: exchange.now()))
        let origin: CommitQueue.Origin = context.method == .submitStream ? .hasWaited : .call
        let state: ReferralState
        do {
            state = try await exchange.submit(request, from: sender, origin)
            exchange.metrics.submitted(well: true)
        } catch {
            exchange.metrics.submitted(well: false)
            throw error
        }
        return Receipt(
            messageID: state.message, referralID: state.id, receivedAt: state.receivedAt, outcome: SubmissionOutcome(state.phase),
            services: state.assignments.map { assignment in
                let routing: ServiceOutcome.Routing = if case .review(let reason) = assignment.phase { .review(reason) } else { .offered }
                return ServiceOutcome(service: assignment.service, routing: routing)
            },
            digest: state.digest)
    }

    public func status(_ request: GetStatusRequest, _ context: CallContext) async throws -> ReferralStatus {
        let sender = try access.sender(context, on: CivilDate(inStockholmAt: exchange.now()))
        let state =
            switch request {
            case .referral(let id): try await exchange.status(of: id, for: sender)
            case .message(let id): try await exchange.status(of: id, for: sender)
            }
        guard let state else { throw Rejection(.notFound, "no referral with this id is yours") }
        return ReferralStatus(state)
    }

    public func perform(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus {
        let sender = try access.sender(context, on: CivilDate(inStockholmAt: exchange.now()))
        return ReferralStatus(try await exchange.perform(request, by: sender))
    }

    public func watch(_ request: WatchRequest, _ responses: WatchStatusResponses, _ context: CallContext) async throws {
        try await exchange.watchStatus(
            request, responses, drain: context.drain,
            access: { try access.sender(context, on: CivilDate(inStockholmAt: exchange.now())) })
    }

    public func preview(_ request: PreviewRequest, _ context: CallContext) async throws -> PreviewResponse {
        let today = CivilDate(inStockholmAt: exchange.now())
        _ = try access.previewer(context, on: today)
        let day = request.asOf ?? today
        let facts = CaseFacts(request.content, received: day)
        switch facts.consent.status {
        case .no: return PreviewResponse(outcome: .refused(.consentRefused))
        case .withdrawn: return PreviewResponse(outcome: .refused(.consentWithdrawn))
        case .notAsked: return PreviewResponse(outcome: .awaitingConsent)
        case .yes, .guardianYes:
            let routing = exchange.policy.routing
            let exclusions = request.whyNot.map { organisation in
                facts.services.compactMap { service in
                    routing.whyNot(facts, service: service, on: day, organisation: organisation).map {
                        Exclusion(service: service, code: $0.code.rawValue, text: $0.text)
                    }
                }
            }
            return PreviewResponse(
                outcome: .accepted, decisions: facts.services.map { routing.explain(facts, service: $0, on: day) },
                exclusions: exclusions ?? [])
        }
    }
}
