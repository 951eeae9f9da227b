import Foundation
public import Referral

/// By completed years on the day a referral was received, with the limits that the agreements of the organisations name.
public typealias AgeGroup = RoutingComparison.AgeGroup

/// What is counted of one referral: codes, days and minutes. It names nobody, has no id of a person, a case or a message, and no age.
///
/// A fold of the referral's log alone: it depends on no rule, no directory and no clock.
public struct ReferralRecord: Hashable, Codable, Sendable {
    public let sender: Participant
    public let received: CivilDate
    /// Should never have been: counted as such and nowhere else.
    public internal(set) var isInError = false
    /// Nil for a protected identity: the referral is one of the number of referrals, and in no other figure.
    public internal(set) var counted: CountedReferral?

    /// The first and the last day on which it has something to count; the last that can be written while something is open.
    public var days: ClosedRange<CivilDate> {
        guard let counted else { return received...received }
        return received...max(received, counted.lastDay ?? received)
    }
}

/// What may be counted of a referral.
public struct CountedReferral: Hashable, Codable, Sendable {
    /// Where the referral as a whole stands; its cases tell the rest.
    public enum Standing: String, Hashable, Codable, Sendable, CaseIterable {
        case routed, refused, expired, withdrawn, recalled
        case awaitingConsent = "awaiting consent"
    }

    public let sex: Sex
    public let ages: AgeGroup
    /// SCB's four digits; nil: unknown.
    public let municipality: String?
    public let role: Role
    public let category: CrimeCategory
    /// The answer to the question of consent that came with the referral.
    public let consent: ConsentStatus
    /// The answer that came later, when the question had not been asked.
    public internal(set) var laterConsent: ConsentStatus?
    public internal(set) var standing = Standing.routed
    /// One per service, in the order in which they were placed.
    public internal(set) var cases: [CaseRecord] = []
    /// Of what is told of the referral as a whole.
    var lastOwnDay: CivilDate

    var lastDay: CivilDate? {
        if standing == .awaitingConsent || cases.contains(where: \.isOpen) { return CivilDate(year: 9_999, month: 12, day: 31) }
        return (cases.flatMap(\.days) + [lastOwnDay]).max()
    }
}

/// One service for one person, with everybody who has had it.
public struct CaseRecord: Hashable, Codable, Sendable {
    public let service: Service
    /// When it was placed for the first time.
    public let opened: CivilDate
    /// In order; never two at a time.
    public internal(set) var stints: [StintRecord] = []
    /// The times when people had to decide where it goes, in order.
    public internal(set) var reviews: [ReviewRecord] = []
    /// How it ended for good.
    public internal(set) var end: StintEnd?
    public internal(set) var ended: CivilDate?

    public var isOpen: Bool { end == nil }

    var days: [CivilDate] { stints.flatMap(\.days) + [opened, ended].compactMap(\.self) }

    /// The first time that the person was reached, by whomever.
    public var reachedOn: CivilDate? { stints.compactMap(\.reachedOn).min() }
}

/// The time in which one organisation answered for a case.
public struct StintRecord: Hashable, Codable, Sendable {
    public let owner: OrganisationID
    /// Its clocks count from here.
    public let available: Instant
    public internal(set) var accepted: Instant?
    /// Support: when the person was reached for the first time.
    public internal(set) var contacted: Instant?
    /// Support: a first meeting was held, or the person wanted none.
    public internal(set) var meetingSettled: Instant?
    /// Mediation: the first day on which a party answered.
    public internal(set) var answered: CivilDate?
    /// In vain, until the person was reached.
    public internal(set) var attempts = 0
    /// Of the attempts, those between 17 and 21.
    public internal(set) var eveningAttempts = 0
    public internal(set) var help: [HelpGiven] = []
    /// Mediation: the days of the pre-meetings, one per party.
    public internal(set) var preMeetings: [CivilDate] = []
    /// Mediation: the day of the first meeting of the parties.
    public internal(set) var mediated: CivilDate?
    /// Mediation: whether they agreed.
    public internal(set) var agreed: Bool?
    /// Handovers that this organisation offered, by how they were answered.
    public internal(set) var handovers: [HandoverResult] = []
    /// On hold so far, in milliseconds: its clocks stood still; before the contact and before the meeting.
    public internal(set) var paused: Int64 = 0
    public internal(set) var pausedBeforeContact: Int64 = 0
    public internal(set) var pausedBeforeMeeting: Int64 = 0
    public internal(set) var heldSince: Instant?
    public internal(set) var end: StintEnd?
    public internal(set) var ended: Instant?

    public var availableOn: CivilDate { CivilDate(inStockholmAt: available) }
    /// Support: contact with the person; mediation: an answer of a party.
    public var reachedOn: CivilDate? { contacted.map { CivilDate(inStockholmAt: $0) } ?? answered }

    var days: [CivilDate] {
        let moments = [available, accepted, contacted, meetingSettled, ended].compactMap(\.self).map { CivilDate(inStockholmAt: $0) }
        return moments + help.map(\.day) + preMeetings + [answered, mediated].compactMap(\.self)
    }

    init(owner: OrganisationID, available: Instant, accepted: Instant? = nil) {
        self.owner = owner
        self.available = available
        self.accepted = accepted
    }
}

/// Help that was given on a day.
public struct HelpGiven: Hashable, Codable, Sendable {
    public let day: CivilDate
    public let kind: ServiceGiven.Kind
    public let minutes: Int
    public let municipality: String
}

public enum HandoverResult: String, Hashable, Codable, Sendable, CaseIterable {
    case accepted, refused
    /// Nobody answered in time.
    case expired
}

/// The time in which people had to decide where a case goes.
public struct ReviewRecord: Hashable, Codable, Sendable {
    public let owner: OrganisationID
    public let from: Instant
    public internal(set) var until: Instant?
    /// Not decided in time.
    public internal(set) var isOverdue = false
}

/// How an organisation's time with a case ended.
public enum StintEnd: Hashable, Codable, Sendable {
    case completed(SupportOutcome)
    /// A mediation, with its report.
    case agreed
    case notAgreed
    case interrupted(Interruption)
    case unreachable, declined, withdrawn, recalled, enteredInError
    // The case goes on with others.
    case returned(ReturnReason)
    case handedOver(to: OrganisationID, HandoverReason)
    /// Nobody of the organisation took it in time.
    case untaken
    case reassigned(AssigningReason)
    case rerouted
}

extension ReferralRecord {
    /// For the store. Equal records give equal bytes.
    /// - Throws: `EncodingError`, never for a record that was made from a log.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try [UInt8](encoder.encode(self))
    }

    /// - Throws: `DecodingError` when the bytes are not what `encoded` writes.
    public init(encoded bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(ReferralRecord.self, from: Data(bytes))
    }
}
