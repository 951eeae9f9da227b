import Logging
import NIOCore
import Referral
import ReferralAPI
import TTRPC

/// Who may call what, and how often: from the certificate's identity to the directory.
struct Access: Sendable {
    private let rules: RulesInForce
    private let trustDomain: String
    private let rate: RateLimit?
    private let metrics: ExchangeMetrics
    private let logger: Logger
    private let throttle = LogThrottle()

    init(_ exchange: Exchange, trustDomain: String) {
        rules = exchange.rules
        rate = exchange.rate
        metrics = exchange.metrics
        logger = exchange.logger
        self.trustDomain = trustDomain
    }

    /// - Throws: `permissionDenied` when the caller is not a unit of an organisation that may send referrals.
    func sender(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.maySend else { throw denied(context, "\(participant.organisation) does not send referrals") }
        return participant
    }

    /// - Throws: `permissionDenied` when the caller is not a unit of an organisation that receives cases.
    func recipient(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.mayReceive else { throw denied(context, "\(participant.organisation) does not receive cases") }
        return participant
    }

    /// Senders ask where a referral would go, and so does the coordinator.
    func previewer(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.maySend || organisation.kind.mayCoordinate else {
            throw denied(context, "\(participant.organisation) does not send referrals")
        }
        return participant
    }

    /// - Throws: `permissionDenied` when the caller is not a unit of the coordinator.
    func coordinator(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.mayCoordinate else { throw denied(context, "\(participant.organisation) is not the coordinator") }
        return participant
    }

    /// The coordinator, or who audits.
    func overseer(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.mayCoordinate || organisation.kind.mayAudit else {
            throw denied(context, "\(participant.organisation) is neither the coordinator nor an auditor")
        }
        return participant
    }

    /// Anybody who is told of alarms, and as whom: who sends, who receives, the coordinator.
    func party(_ context: CallContext, on day: CivilDate) throws(Status) -> (Participant, LogReader) {
        let (participant, organisation) = try caller(context, on: day)
        if organisation.kind.mayCoordinate { return (participant, .coordinator) }
        if organisation.kind.maySend { return (participant, .sender(participant)) }
        if organisation.kind.mayReceive { return (participant, .organisation(organisation.id)) }
        throw denied(context, "\(participant.organisation) neither sends nor receives cases, and is not the coordinator")
    }

    /// Anybody who takes part.
    func member(_ context: CallContext, on day: CivilDate) throws(Status) -> Organisation {
        try caller(context, on: day).1
    }

    private func caller(_ context: CallContext, on day: CivilDate) throws(Status) -> (Participant, Organisation) {
        guard let identity = context.peer.identity, let participant = participant(of: identity) else {
            throw denied(context, "the certificate is not of this exchange's participants")
        }
        // Looked up for every call: a directory that is put in force counts for connections that are open.
        guard let organisation = rules.policy.routing.directory(on: day).organisation(of: participant, on: day) else {
            throw denied(context, "the directory has no unit \(participant) today")
        }
        return (participant, organisation)
    }

    /// Counts a call, or an item of a stream, against the rate of the caller's organisation, before its message is read. Who is not of this
    /// exchange is refused later.
    /// - Throws: `resourceExhausted` when it makes too many.
    func admit(_ context: CallContext) throws(Status) {
        guard let organisation = context.peer.identity.flatMap({ participant(of: $0) })?.organisation else { return }
        do {
            try rate?.take(organisation)
        } catch {
            metrics.refused(.rate)
            if let suppressed = throttle.admit("rate \(organisation)", at: .now()) {
                logger.notice(
                    "an organisation makes too many calls",
                    metadata: ["organisation": "\(organisation)", "method": "\(context.method)", "suppressed": "\(suppressed)"])
            }
            throw error
        }
    }

    /// `permissionDenied`. The operator is told who it was, but not for every call of somebody who insists.
    private func denied(_ context: CallContext, _ reason: String) -> Status {
        let caller = context.peer.identity ?? "nobody"
        if let suppressed = throttle.admit(caller, at: .now()) {
            logger.notice(
                "a call was not permitted",
                metadata: [
                    "caller": "\(caller)", "address": "\(context.peer.address ?? "")", "method": "\(context.method)",
                    "reason": "\(reason)", "suppressed": "\(suppressed)",
                ])
        }
        return Status(.permissionDenied, reason)
    }

    /// `spiffe://<trust domain>/<organisation>/<unit>`
    private func participant(of identity: String) -> Participant? {
        let parts = identity.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "spiffe:", parts[1].isEmpty, parts[2] == trustDomain else { return nil }
        return Participant(organisation: OrganisationID(String(parts[3])), unit: UnitID(String(parts[4])))
    }
}

extension Policy {
    /// Whether a unit may have cases of people with a protected identity.
    func readsProtected(_ participant: Participant, at moment: Instant) -> Bool {
        let day = CivilDate(inStockholmAt: moment)
        return routing.directory(on: day).readsProtected(participant, on: day)
    }
}
