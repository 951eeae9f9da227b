public import Referral

/// What one alarm says: figures of one source, and nothing of any case.
public struct InflowAlarm: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// As good as nothing comes: a tenth of what was usual, or less.
        case silence
        /// About half of what was usual comes.
        case half
    }

    public let kind: Kind
    /// The day on which the fall most likely began.
    public let since: CivilDate
    /// The last day that is counted here.
    public internal(set) var through: CivilDate
    /// Counted days from `since` to `through`; days of which nothing is known are not among them.
    public internal(set) var days: Int
    /// Cases to be expected on these days.
    public internal(set) var expected: Double
    /// Cases that came on these days.
    public internal(set) var seen: Int

    /// `Västerorts polismästardistrikt has sent 2 since 1 October; 31 were to be expected`
    public func text(source: String) -> String {
        let year = since.year == through.year ? "" : " \(since.year)"
        let number = Int(expected.rounded())
        return "\(source) has sent \(seen == 0 ? "nothing" : "\(seen)") since \(since.day) \(Self.months[since.month - 1])\(year); "
            + "\(number) \(number == 1 ? "was" : "were") to be expected"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
}

/// What is to be told. One incident is one `raised`, then `updated` any number of times, then one `cleared`.
public enum InflowEvent: Codable, Sendable, Equatable {
    public enum Clearance: String, Codable, Sendable, CaseIterable {
        /// The usual rate is back.
        case returned
        /// People said that the source sends nothing for a while.
        case paused
        /// People said that the source is no more.
        case ended
        /// People said that this is what is to be expected from now on.
        case accepted
    }

    case raised(InflowAlarm)
    case updated(InflowAlarm)
    case cleared(InflowAlarm, Clearance)
}

/// What people say about a source.
public enum InflowNotice: Sendable, Equatable {
    /// Nothing is to be expected, up to but not including a day; without one, until `resumed`. Begins with the day on which it is said, or a later one.
    case paused(from: CivilDate? = nil, until: CivilDate?)
    /// Nothing is to be expected any more. A source that sends again on a later day is watched again.
    case ended
    /// A pause, also one to come, or an end is over.
    case resumed
    /// The level is to be learned anew from here.
    case accepted
}
