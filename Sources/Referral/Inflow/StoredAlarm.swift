/// What there is to be told of a source that sends less than is to be expected. One incident is one id: raised, updated any number of times,
/// cleared. Figures and ids only.
public struct StoredAlarm: Hashable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case raised, updated, cleared
    }

    public enum Kind: String, Sendable, CaseIterable {
        /// As good as nothing comes.
        case silence
        /// About half of what was usual comes.
        case half
    }

    /// Why an alarm is over.
    public enum Clearance: String, Sendable, CaseIterable {
        /// The usual rate is back.
        case returned
        /// People said that nothing is to be expected for a while.
        case paused
        /// People said that the source is no more.
        case ended
        /// People said that this is what is to be expected from now on.
        case accepted
    }

    /// Grows with every change of any alarm of the exchange, from 1; 0 before it is stored.
    public let revision: Int64
    /// Empty before the first state of the incident is stored.
    public let id: String
    public let source: InflowSource
    public let state: State
    public let kind: Kind
    /// The day on which the fall most likely began, and the last that is counted.
    public let since: CivilDate
    public let through: CivilDate
    /// Cases that were to be expected in this time, and that came.
    public let expected: Double
    public let seen: Int
    public let at: Instant
    /// Set when it is cleared.
    public let clearance: Clearance?

    public init(
        revision: Int64 = 0, id: String = "", source: InflowSource, state: State, kind: Kind, since: CivilDate, through: CivilDate,
        expected: Double, seen: Int, at: Instant, clearance: Clearance? = nil
    ) {
        self.revision = revision
        self.id = id
        self.source = source
        self.state = state
        self.kind = kind
        self.since = since
        self.through = through
        self.expected = expected
        self.seen = seen
        self.at = at
        self.clearance = clearance
    }

    /// As it was stored.
    public func stored(as revision: Int64, id: String) -> StoredAlarm {
        StoredAlarm(
            revision: revision, id: id, source: source, state: state, kind: kind, since: since, through: through, expected: expected,
            seen: seen, at: at, clearance: clearance)
    }

    /// For people, in Swedish: `Västerorts polismästardistrikt har skickat 2 ärenden sedan 1 oktober; 31 var att vänta`.
    public func text(in directory: Directory) -> String {
        let (who, toWhom) = source.words(in: directory)
        switch clearance {
        case .returned: return "\(who) skickar igen som vanligt\(toWhom)"
        case .paused: return "\(who) väntas inte skicka något\(toWhom) för tillfället"
        case .ended: return "\(who) skickar inte längre något\(toWhom)"
        case .accepted: return "\(who): det som kommer nu\(toWhom) är det som är att vänta"
        case nil: break
        }
        let number = Int(expected.rounded())
        let cases = seen == 0 ? "inte skickat något\(toWhom)" : "skickat \(seen) ärende\(seen == 1 ? "" : "n")\(toWhom)"
        let year = since.year == through.year ? "" : " \(since.year)"
        return "\(who) har \(cases) sedan \(since.swedish)\(year); \(number) var att vänta"
    }
}

extension InflowSource {
    /// For people, in Swedish: who, and where it is of one recipient ` till Stödcentrum Nordväst`.
    func words(in directory: Directory) -> (who: String, toWhom: String) {
        let unit = directory.organisation(sender.organisation)?.units.first { $0.id == sender.unit }?.name
        let name = recipient.map { directory.organisation($0)?.name ?? $0.rawValue }
        return (unit ?? sender.description, name.map { " till \($0)" } ?? "")
    }
}

extension CivilDate {
    /// `1 oktober`
    var swedish: String { "\(day) \(Self.swedishMonths[month - 1])" }

    private static let swedishMonths = [
        "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december",
    ]
}
