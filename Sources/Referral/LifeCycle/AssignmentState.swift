/// How far the owner of an accepted case has come.
public enum Stage: String, Hashable, Codable, Sendable, CaseIterable {
    /// Antagen; a mediation is proposed now.
    case accepted
    // Support.
    case contacting, contacted
    case inSupport = "in support"
    // Mediation.
    case eligible
    /// The leader of the investigation has been asked.
    case leaderConsulted = "leader consulted"
    case askingParties = "asking parties"
    /// Förmöten: one per party.
    case preMeetings = "pre-meetings"
    case meeting
    case agreed
    case notAgreed = "not agreed"
    case interrupted

    /// A mediation of which only the report is missing.
    var isConcluding: Bool { self == .agreed || self == .notAgreed || self == .interrupted }
}

/// One service for one person: exactly one owner at every instant.
public struct AssignmentState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case review(ReviewReason)
        case offered
        case leased(Lease)
        case received
        case working(Stage)
        case onHold(Hold)
        case handoverOffered(HandoverOffer)
        case ended(Ending)

        public static let accepted = Phase.working(.accepted)

        /// As stored and logged.
        public var name: String {
            switch self {
            case .review: "review"
            case .offered: "offered"
            case .leased: "leased"
            case .received: "received"
            case .working(let stage): stage.rawValue
            case .onHold: "on hold"
            case .handoverOffered: "handover offered"
            case .ended(let ending): ending.name
            }
        }
    }

    /// What the present owner has done so far.
    public struct Progress: Hashable, Sendable {
        /// Of the case, by the present owner.
        public internal(set) var acceptedAt: Instant?
        public internal(set) var attempts: [Attempt] = []
        /// The first time the person was reached.
        public internal(set) var contactedAt: Instant?
        /// A first meeting was held, or the person wanted none.
        public internal(set) var meetingSettledAt: Instant?
        /// How long the case has been on hold in all: its clocks stood still.
        public internal(set) var paused: Duration = .zero
        /// What has been told of deadlines, until it is done.
        public internal(set) var alarms: Set<Deadline.Kind> = []
    }

    public let id: AssignmentID
    public internal(set) var decision: RoutingDecision
    /// Who answers for it; of an ended case, who did.
    public internal(set) var owner: OrganisationID
    public internal(set) var phase: Phase
    /// When the present owner became responsible: the clocks count from here.
    public internal(set) var availableAt: Instant
    /// When the present phase began.
    public internal(set) var since: Instant
    /// Who held the last lease from the present owner; may acknowledge late as long as nobody else holds one.
    public internal(set) var lastHolder: Participant?
    /// Who has given it back, in order.
    public internal(set) var returnedBy: [OrganisationID] = []
    /// Who has handed it over to others, in order.
    public internal(set) var handedOverBy: [OrganisationID] = []
    /// Who has refused a handover, in order.
    public internal(set) var handoverRefusedBy: [OrganisationID] = []
    public internal(set) var progress = Progress()
    /// When the first organisation accepted it since it was last offered.
    public internal(set) var takenAt: Instant?
    /// A person has decided that the present owner has it, not the rules.
    public internal(set) var isAssignedByHand = false
    /// The sender wants it back and waits for the owner's answer.
    public internal(set) var recallRequest: RecallReason?
    /// What an owner has said to the sender's last recall.
    public internal(set) var recallAnswer: RecallAnswer?
    /// From the acceptance of a mediation on. Goes along at a handover; whoever else gets the case begins anew.
    public internal(set) var mediation: MediationProceeding?
    /// What each unit of the owner was shown last by a look, and on which day in Sweden.
    var shown: [Participant: Shown] = [:]
    /// How many events have changed it. Reading it changes nothing.
    public internal(set) var version = 0

    struct Shown: Hashable, Sendable {
        let day: CivilDate
        let groups: [FieldGroup]
    }

    public var service: Service { decision.service }

    /// Promises that were not kept in time, and have not been kept since.
    public var overdue: [Deadline.Kind] {
        Deadline.Kind.allCases.filter { $0.isPromise && progress.alarms.contains($0) }
    }

    public var isOpen: Bool { if case .ended = phase { false } else { true } }

    /// How far the owner has come, also on hold or while a handover is offered; nil before the case is accepted and after its end.
    public internal(set) var stage: Stage? {
        get {
            switch phase {
            case .working(let stage): stage
            case .onHold(let hold): hold.stage
            case .handoverOffered(let offer): offer.stage
            case .review, .offered, .leased, .received, .ended: nil
            }
        }
        set {
            guard let newValue else { return }
            switch phase {
            case .working: phase = .working(newValue)
            case .handoverOffered(var offer):
                offer.stage = newValue
                phase = .handoverOffered(offer)
            case .review, .offered, .leased, .received, .onHold, .ended: break
            }
        }
    }
}
