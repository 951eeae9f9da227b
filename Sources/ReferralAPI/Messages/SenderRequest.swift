public import Referral

/// What a sender, or for some of it the coordinator, asks for of a whole referral.
public struct SenderRequest: Hashable, Sendable {
    public enum Command: Hashable, Sendable {
        /// All ways to reach the person, with their rules: they replace those that were there.
        case amend([Contact])
        /// What the person said when they were asked after all.
        case answerConsent(Consent)
        case recall(RecallReason)
        case withdraw(WithdrawalScope)
        case enterInError(ErrorReason)
    }

    /// The caller's own, unique per referral. The same request again gets the first answer.
    public var id: CommandID
    public var referralID: ReferralID
    /// The version of the referral as the caller saw it; nil: whatever it is. A withdrawal is taken in any case.
    public var expecting: Int?
    public var command: Command

    public init(id: CommandID, referralID: ReferralID, expecting: Int? = nil, _ command: Command) {
        self.id = id
        self.referralID = referralID
        self.expecting = expecting
        self.command = command
    }
}

/// What comes down a watch of a sender's own referrals.
public enum WatchStatusResponse: Hashable, Sendable {
    case change(StatusChange)
    case alarm(SilenceAlarm)
    case notice(ToldNotice)
    /// All that had happened when the call began has been told.
    case caughtUp(CaughtUp)
}

/// Something happened to a referral that `GetStatus` tells.
public struct StatusChange: Hashable, Sendable {
    /// Where to go on from after it.
    public var sequence: Int64
    public var at: Instant
    /// Right after it.
    public var status: ReferralStatus

    public init(sequence: Int64, at: Instant, status: ReferralStatus) {
        self.sequence = sequence
        self.at = at
        self.status = status
    }
}
