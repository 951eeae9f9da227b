/// When an office is staffed: the same hours on every working day.
public struct WorkingHours: Hashable, Sendable {
    public let hours: LocalHours

    public init(_ hours: LocalHours = .office) { self.hours = hours }

    public func contains(_ instant: Instant) -> Bool {
        CivilDate(inStockholmAt: instant).isWorkingDay && hours.contains(instant)
    }

    /// The first moment by which `time` of working hours has passed since `start`; `start` itself when there is nothing to wait for.
    public func deadline(after time: Duration, from start: Instant) -> Instant {
        if time <= .zero { return start }
        var missing = time
        var day = CivilDate(inStockholmAt: start)
        while day < Self.end {
            if day.isWorkingDay {
                let open = hours.interval(on: day)
                let from = max(open.start, start)
                if from < open.end {
                    let length = open.end - from
                    if missing <= length { return from + missing }
                    missing -= length
                }
            }
            day = day.adding(days: 1)
        }
        return Instant(milliseconds: .max)
    }

    /// The working time that lies between two moments.
    public func time(from start: Instant, to end: Instant) -> Duration {
        var total = Duration.zero
        var day = CivilDate(inStockholmAt: start)
        let last = CivilDate(inStockholmAt: end)
        while day <= last, day < Self.end {
            if day.isWorkingDay {
                let open = hours.interval(on: day)
                let (from, to) = (max(open.start, start), min(open.end, end))
                if from < to { total += to - from }
            }
            day = day.adding(days: 1)
        }
        return total
    }

    /// No day follows the last that can be written.
    private static let end = CivilDate(daysSince1970: .max)
}

/// How long a promise runs.
public enum TimeSpan: Hashable, Sendable, CustomStringConvertible {
    /// Whatever the clocks on the walls do.
    case elapsed(Duration)
    /// Until the same time of day that many days later in Sweden: an hour more or less when summer time ends or begins between.
    case days(Int)
    /// While offices are open.
    case workingHours(Int)

    /// That many times 60 minutes, at most 10 000.
    public static func hours(_ count: Int) -> TimeSpan { .elapsed(.seconds(min(max(count, 0), 10_000) * 3_600)) }

    /// Its length when no clock is changed; of working hours that of as many hours.
    public var nominal: Duration {
        switch self {
        case .elapsed(let time): time
        case .days(let count): .seconds(86_400) * count
        case .workingHours(let count): .seconds(3_600) * count
        }
    }

    public func deadline(from start: Instant, _ office: WorkingHours = WorkingHours()) -> Instant {
        switch self {
        case .elapsed(let time): start + time
        case .days(let count): LocalTime(inStockholmAt: start).adding(days: count).instant(notBefore: start)
        case .workingHours(let count): office.deadline(after: .seconds(min(max(count, 0), 10_000) * 3_600), from: start)
        }
    }

    /// That many days more; of hours, 24 hours each.
    func adding(days: Int) -> TimeSpan {
        switch self {
        case .elapsed(let time): .elapsed(time + .seconds(86_400) * days)
        case .days(let count): .days(count + days)
        case .workingHours(let count): .workingHours(count + 24 * days)
        }
    }

    public var description: String {
        func counted(_ count: Int, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
        return switch self {
        case .elapsed(let time):
            time.components.seconds % 3_600 == 0
                ? counted(Int(time.components.seconds / 3_600), "hour") : counted(Int(time.components.seconds / 60), "minute")
        case .days(let count): counted(count, "day")
        case .workingHours(let count): counted(count, "working hour")
        }
    }
}

extension LocalTime {
    /// Zero days after a moment in the repeated hour is that moment, not the hour before.
    fileprivate func instant(notBefore start: Instant) -> Instant { max(instant, start) }
}
