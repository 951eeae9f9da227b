/// Where cases come from, as far as somebody would notice that they do not: a sending unit, or a unit with one recipient.
public struct InflowSource: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let sender: Participant
    /// Nil: whatever the unit sends.
    public let recipient: OrganisationID?

    public init(_ sender: Participant, to recipient: OrganisationID? = nil) {
        self.sender = sender
        self.recipient = recipient
    }

    /// `polisen-stockholm/vasterort`, `polisen-stockholm/vasterort to stodcentrum-nordvast`
    public var description: String { recipient.map { "\(sender) to \($0)" } ?? "\(sender)" }

    public static func < (left: InflowSource, right: InflowSource) -> Bool {
        (left.sender, left.recipient?.rawValue ?? "") < (right.sender, right.recipient?.rawValue ?? "")
    }

    /// Of which sources a submission is one case: of its unit, whatever became of it, and of the unit with each organisation that it was
    /// offered to at once. Later entries of a referral are of none.
    public static func sources(of events: [ReferralEvent]) -> [InflowSource] {
        guard case .submitted(let submitted)? = events.first else { return [] }
        var sources = [InflowSource(submitted.sender)]
        for case .offered(_, let recipient) in events {
            let source = InflowSource(submitted.sender, to: recipient)
            if !sources.contains(source) { sources.append(source) }
        }
        return sources
    }
}

/// What the watch over one source has come to, as it is stored after each day.
public struct StoredInflowMonitor: Hashable, Sendable {
    public let source: InflowSource
    /// JSON; written and read by the watch alone.
    public let state: [UInt8]
    /// The id of the alarm that is on.
    public let alarm: String?

    public init(source: InflowSource, state: [UInt8], alarm: String?) {
        self.source = source
        self.state = state
        self.alarm = alarm
    }
}
