import Logging
public import Referral
import ReferralAPI

/// What senders, and for some of it the coordinator, do with whole referrals.
extension Exchange {
    /// The sender's own referral; nil when there is none of that id, or it is somebody else's.
    public func status(of id: ReferralID, for sender: Participant) async throws -> ReferralState? {
        try await read { reader in try reader.referral(id) }.flatMap { $0.sender == sender ? $0 : nil }
    }

    /// The sender's own referral by its message id.
    public func status(of message: MessageID, for sender: Participant) async throws -> ReferralState? {
        try await read { reader in try reader.referral(from: sender, message: message).flatMap { try reader.referral($0) } }
    }

    /// Does what is asked for, once however often it is. The content that is kept follows in the same transaction.
    /// - Returns: the referral right after it was done for the first time.
    func perform(_ request: SenderRequest, by participant: Participant) async throws -> ReferralState {
        let now = now()
        let policy = policy
        let decoder = decoder
        let fresh = Service.allCases.map { _ in AssignmentID(identifiers.random()) }
        let amendment = if case .amend(let contacts) = request.command { try decoder.digest(of: contacts) } else { ContentDigest?.none }
        let (after, isNew, offered) = try await write { transaction -> (ReferralState, Bool, [OrganisationID]) in
            let state = try transaction.referral(request.referralID)
            let command = SenderCommand(
                request.command, amendment, unused: state?.assignments(promisedBy: request.id, participant) ?? fresh)
            let events = try ReferralState.decide(
                .perform(CaseRequest(id: request.id, expecting: request.expecting, .referral(command))), on: state, by: participant,
                at: now, policy: policy)
            guard let state else { throw Self.damagedLog(of: request.referralID) }
            if events.isEmpty { return (try Self.answer(to: request.id, by: participant, on: state, in: transaction), false, []) }
            let content = try Self.content(of: state, after: request.command, events, decoder, in: transaction)
            let after = try Self.append(
                events, to: state, at: now, by: participant, policy: policy, content: content, in: transaction)
            return (after, true, after.fetchable(since: state))
        }
        if isNew {
            offers.ring(offered)
            logger.info(
                "referral changed",
                metadata: after.logged([
                    "referral": "\(after.id)", "by": "\(participant)", "command": "\(request.command.name)", "phase": "\(after.phase.name)",
                ]))
        }
        return after
    }

    /// What is kept from now on; nil: what was kept, or nothing.
    private static func content(
        of state: ReferralState, after command: SenderRequest.Command, _ events: [ReferralEvent], _ decoder: ReferralDecoder,
        in transaction: any ReferralTransaction
    ) throws -> [UInt8]? {
        if events.contains(where: { if case .erased = $0 { true } else { false } }) { return nil }
        let received = CivilDate(inStockholmAt: state.receivedAt)
        func stored() throws -> ReferralContent {
            guard let bytes = try transaction.content(of: state.id), let content = try? decoder.content(stored: bytes, received: received)
            else { throw StoreError(.damaged, "referral \(state.id): its content is missing or cannot be read") }
            return content
        }
        switch command {
        case .recall, .withdraw, .enterInError: return nil
        case .amend(let contacts):
            var content = try stored()
            content.contacts = contacts
            guard content.isReachable else {
                throw Faults([
                    Fault(path: "contacts", rule: "must have a phone, an email or a postal_address when consent was given")
                ])
            }
            return try content.packed()
        case .answerConsent(let consent):
            var content = try stored()
            content.consent = consent
            guard content.isReachable else {
                throw Rejection(.failedPrecondition, "nobody could reach the person: amend the contacts first")
            }
            return try content.packed()
        }
    }

    /// The referral as it was right after a command that has been done before.
    static func answer(
        to id: CommandID, by participant: Participant, on state: ReferralState, in reader: any ReferralReader
    ) throws -> ReferralState {
        guard let done = state.performed(id, by: participant) else { throw damagedLog(of: state.id) }
        return try fold(reader.log(of: state.id), to: done.version)
    }
}

extension SenderCommand {
    /// - Parameters:
    ///   - amendment: digest of the contacts of an amendment.
    ///   - unused: ids for the assignments that an answer leads to.
    fileprivate init(_ command: SenderRequest.Command, _ amendment: ContentDigest?, unused: [AssignmentID]) {
        self =
            switch command {
            case .amend: .amend(amendment ?? ContentDigest(hexadecimal: ""))
            case .answerConsent(let consent): .answerConsent(consent, assignments: unused)
            case .recall(let reason): .recall(reason)
            case .withdraw(let scope): .withdraw(scope)
            case .enterInError(let reason): .enterInError(reason)
            }
    }
}

extension ReferralState {
    /// The ids that an answer has used when it was given for the first time: the same answer again is the same command.
    fileprivate func assignments(promisedBy id: CommandID, _ participant: Participant) -> [AssignmentID]? {
        guard case .referral(.answerConsent(_, let assignments))? = performed(id, by: participant)?.record.command else { return nil }
        return assignments
    }
}

extension ReferralContent {
    /// Somebody who said yes is to be contacted. Behind a protected identity that may go through an authority instead.
    fileprivate var isReachable: Bool {
        guard consent.status.isYes, !protectedIdentity.isProtected else { return true }
        return contacts.contains { $0.phone != nil || $0.email != nil || $0.postalAddress != nil }
    }
}

extension SenderRequest.Command {
    /// As logged.
    fileprivate var name: String {
        switch self {
        case .amend: "amend"
        case .answerConsent: "answer consent"
        case .recall: "recall"
        case .withdraw: "withdraw"
        case .enterInError: "enter in error"
        }
    }
}
