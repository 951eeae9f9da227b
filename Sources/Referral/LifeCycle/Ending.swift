/// How an assignment has ended. There is no way back.
public enum Ending: Hashable, Codable, Sendable {
    case completed(SupportOutcome)
    /// The prosecutor or the police has been told how a mediation went.
    case reported(MediationOutcome)
    case unreachable
    /// The person wanted no support.
    case declined
    /// The person took back their consent.
    case withdrawn
    case recalled
    case enteredInError

    /// As stored and logged.
    public var name: String {
        switch self {
        case .completed: "completed"
        case .reported: "reported"
        case .unreachable: "unreachable"
        case .declined: "declined"
        case .withdrawn: "withdrawn"
        case .recalled: "recalled"
        case .enteredInError: "entered in error"
        }
    }

    /// Nil when the content is kept for the grace period.
    var erasesBecause: ErasureReason? {
        switch self {
        case .declined: .declined
        case .withdrawn: .consentWithdrawn
        case .enteredInError: .enteredInError
        case .completed, .reported, .unreachable, .recalled: nil
        }
    }
}

/// How a whole referral has ended that no assignment tells of, or that was never meant to be.
public enum ReferralEnding: String, Codable, Sendable, CaseIterable {
    case consentExpired = "consent expired"
    case consentWithdrawn = "consent withdrawn"
    case recalled
    case enteredInError = "entered in error"
}

/// What must be erased.
public struct Erasure: Hashable, Codable, Sendable {
    public enum Extent: Hashable, Codable, Sendable {
        /// Everything that the sender has sent. Facts, events and hashes stay.
        case content
        /// The organisation of this assignment may see the content no longer; what is needed for other assignments stays.
        case assignment(AssignmentID)
    }

    public let extent: Extent
    public let reason: ErasureReason

    public init(_ extent: Extent, _ reason: ErasureReason) {
        self.extent = extent
        self.reason = reason
    }
}

public enum ErasureReason: String, Codable, Sendable, CaseIterable {
    case consentRefused = "consent refused"
    case consentWithdrawn = "consent withdrawn"
    case consentExpired = "consent expired"
    case declined
    case recalled
    case enteredInError = "entered in error"
    /// The grace period after the last assignment has passed.
    case noLongerNeeded = "no longer needed"
}

extension ReferralState {
    /// The events that end assignments, with what has to be erased: nothing, what these showed, or everything when nobody needs it.
    func ending(_ ids: [AssignmentID], _ ending: Ending) -> [ReferralEvent] {
        let ended = ids.map { ReferralEvent.ended($0, ending) }
        guard let reason = ending.erasesBecause, erasedAt == nil else { return ended }
        let isNeeded = assignments.contains { assignment in
            guard !ids.contains(assignment.id) else { return false }
            guard case .ended(let other) = assignment.phase else { return true }
            return other.erasesBecause == nil
        }
        return ended + (isNeeded ? ids.map { .erased(Erasure(.assignment($0), reason)) } : [.erased(Erasure(.content, reason))])
    }
}
