/// Why a case rests.
public enum HoldReason: String, Codable, Sendable, CaseIterable {
    case personsWish = "person's wish"
    case personAway = "person away"
    case illness
    case investigation
    case trial
}

/// A case that rests until a day, with what it returns to.
public struct Hold: Hashable, Codable, Sendable {
    public let reason: HoldReason
    public let from: Instant
    /// On the morning of this day it goes on.
    public let until: CivilDate
    public let stage: Stage

    public init(reason: HoldReason, from: Instant, until: CivilDate, stage: Stage) {
        self.reason = reason
        self.from = from
        self.until = until
        self.stage = stage
    }

    /// When offices open on the last day.
    func end(_ office: WorkingHours) -> Instant { office.hours.interval(on: until).start }

    /// No longer than this at a time.
    static let longest = 366
}

extension CaseDecision {
    func hold(_ reason: HoldReason, until day: CivilDate) throws(Rejection) -> [ReferralEvent] {
        let stage = try stageUndisturbed()
        guard !stage.isConcluding else { throw .mediationOver }
        let today = CivilDate(inStockholmAt: now)
        guard day > today else { throw Rejection(.invalid, "until: must be a day after today") }
        guard day <= today.adding(days: Hold.longest) else { throw Rejection(.invalid, "until: must lie within \(Hold.longest) days") }
        return [.held(id, Hold(reason: reason, from: now, until: day, stage: stage))]
    }

    func resume() throws(Rejection) -> [ReferralEvent] {
        guard case .onHold = assignment.phase else {
            _ = try stageAtWork()
            throw .forbidden("the case is not on hold")
        }
        return [.resumed(id)]
    }
}
