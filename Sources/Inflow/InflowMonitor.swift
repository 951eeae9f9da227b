import Foundation
public import Referral

/// Watches the inflow of one source (a sending unit, or a unit with one recipient), day by day.
///
/// A value: it is stored after each day and goes on after a restart. Feed it every day once the day is over in Europe/Stockholm, with the
/// number of cases that came, also when that is 0. A day that is left out counts as unknown.
public struct InflowMonitor: Codable, Sendable, Equatable {
    private enum Phase: Codable, Sendable, Equatable {
        case watching
        /// In the order of their first days: the one that runs, one to come, and those of which a day may still be counted.
        case paused([Pause])
        /// Cases on later days are those of a source that has begun again.
        case ended(on: CivilDate)
    }

    private struct Pause: Codable, Sendable, Equatable {
        var from: CivilDate
        var until: CivilDate?

        func isOver(on day: CivilDate) -> Bool { until.map { $0 <= day } ?? false }
        func covers(_ day: CivilDate) -> Bool { from <= day && !isOver(on: day) }
    }

    private struct Incident: Codable, Sendable, Equatable {
        var alarm: InflowAlarm
        var lastTold: CivilDate
        /// Nats for the usual rate against half of it.
        var evidenceOfReturn = 0.0
        var daysWithCases = 0
    }

    /// Learned from days that were above suspicion.
    public private(set) var expectation = Expectation()
    /// Learned from every day until now. Takes the place of `expectation` when no test suspects a fall, and is thrown away at an alarm.
    private var tentative = Expectation()
    private var silence = FallTest()
    private var half = FallTest()
    private var incident: Incident?
    private var phase = Phase.watching
    /// The last day that was counted.
    public private(set) var last: CivilDate?

    public init() {}

    /// The alarm that is on.
    public var alarm: InflowAlarm? { incident?.alarm }

    /// Counts a day. A day that is not after `last` was counted before, or the clock was corrected: it changes nothing.
    /// - Parameter count: cases that came on that day; below 0 is 0, above a million is a million
    public mutating func evolve(_ day: InflowDay, count: Int, policy: InflowPolicy = .standard) -> InflowEvent? {
        if let last, day.date <= last { return nil }
        last = day.date
        let count = min(max(count, 0), 1_000_000)
        switch phase {
        case .watching: break
        case .paused(let pauses):
            setPauses(pauses.filter { !$0.isOver(on: day.date) })
            if pauses.contains(where: { $0.covers(day.date) }) { return clear(.paused) }
        case .ended(let end):
            guard count > 0, end < day.date else { return nil }
            phase = .watching
        }
        return incident == nil ? test(day, count: count, policy) : follow(day, count: count, policy)
    }

    private mutating func test(_ day: InflowDay, count: Int, _ policy: InflowPolicy) -> InflowEvent? {
        guard expectation.isKnown else {
            tentative.learn(day, count: count)
            expectation = tentative
            return nil
        }
        let expected = expectation.expected(on: day)
        let (caution, dispersion) = (expectation.caution, expectation.dispersion)
        let price = Self.price(expectation, policy)
        func add(to test: inout FallTest, _ kind: InflowAlarm.Kind) {
            test.add(
                day.date, count: count, expected: expected, assured: expected * caution, dispersion: dispersion, fraction: kind.fraction,
                price: price)
        }
        add(to: &silence, .silence)
        let testsHalf = expectation.knowsSeasons
        if testsHalf { add(to: &half, .half) }
        if silence.hasAlarmed { return raise(.silence, silence, on: day.date) }
        if half.hasAlarmed { return raise(.half, half, on: day.date) }
        tentative.learn(day, count: count)
        if silence.isQuiet && half.isQuiet { expectation = tentative }
        return nil
    }

    private mutating func raise(_ kind: InflowAlarm.Kind, _ test: FallTest, on date: CivilDate) -> InflowEvent {
        let alarm = InflowAlarm(
            kind: kind, since: test.since ?? date, through: date, days: test.days, expected: test.expected, seen: test.seen)
        incident = Incident(alarm: alarm, lastTold: date)
        startAnew()
        return .raised(alarm)
    }

    /// While an alarm is on nothing is learned.
    private mutating func follow(_ day: InflowDay, count: Int, _ policy: InflowPolicy) -> InflowEvent? {
        guard var incident else { return nil }
        let expected = expectation.expected(on: day)
        incident.alarm.through = day.date
        incident.alarm.days += 1
        incident.alarm.expected += expected
        incident.alarm.seen += count
        // A day speaks for the usual rate as one that is usual or twice that, not as everything that was left over.
        let counted = min(count, Int(2 * expected) + 1)
        let surplus = FallTest.surplus(
            count: counted, expected: expected, dispersion: expectation.dispersion, fraction: InflowAlarm.Kind.half.fraction)
        incident.evidenceOfReturn = max(0, incident.evidenceOfReturn + surplus)
        if count > 0 { incident.daysWithCases += 1 }
        if incident.evidenceOfReturn >= InflowPolicy.evidenceOfReturn, incident.daysWithCases >= InflowPolicy.daysOfReturn {
            self.incident = nil
            return .cleared(incident.alarm, .returned)
        }
        let isDue = day.date.daysSince1970 - incident.lastTold.daysSince1970 >= Int64(policy.daysBetweenUpdates)
        if isDue { incident.lastTold = day.date }
        self.incident = incident
        return isDue ? .updated(incident.alarm) : nil
    }

    /// Takes what people say; clears the alarm that is on, except at `resumed` and at a pause to come, which clears it when it begins.
    ///
    /// A pause takes its own days out of the count and nothing else: what was suspected before it is still suspected. One to come leaves the
    /// one that runs, and takes the place of another to come. A pause of a source that has ended changes nothing.
    /// - Parameter today: the day on which it is said
    public mutating func hear(_ notice: InflowNotice, on today: CivilDate) -> InflowEvent? {
        switch notice {
        case .resumed:
            setPauses(pauses(before: today))
            return nil
        case .paused(let from, let until): return pause(from: from, until: until, on: today)
        case .ended:
            phase = .ended(on: today)
            startAnew()
            return clear(.ended)
        case .accepted:
            expectation.forgetLevel()
            startAnew()
            return clear(.accepted)
        }
    }

    private mutating func pause(from: CivilDate?, until: CivilDate?, on today: CivilDate) -> InflowEvent? {
        if case .ended = phase { return nil }
        if let from, today < from {
            setPauses(pauses.filter { $0.from <= today } + [Pause(from: from, until: until)])
            return nil
        }
        setPauses(pauses(before: today) + [Pause(from: today, until: until)] + pauses.filter { today < $0.from })
        return clear(.paused)
    }

    private var pauses: [Pause] {
        if case .paused(let pauses) = phase { pauses } else { [] }
    }

    /// With their days before a day alone.
    private func pauses(before day: CivilDate) -> [Pause] {
        pauses.filter { $0.from < day }.map { Pause(from: $0.from, until: min($0.until ?? day, day)) }
    }

    private mutating func setPauses(_ pauses: [Pause]) {
        phase = pauses.isEmpty ? .watching : .paused(pauses)
    }

    private mutating func clear(_ clearance: InflowEvent.Clearance) -> InflowEvent? {
        guard let alarm else { return nil }
        incident = nil
        return .cleared(alarm, clearance)
    }

    /// What was suspected, and learned meanwhile, is dropped.
    private mutating func startAnew() {
        silence = FallTest()
        half = FallTest()
        tentative = expectation
    }

    private static func price(_ expectation: Expectation, _ policy: InflowPolicy) -> Double {
        FallTest.price(perDay: expectation.perDay * expectation.caution, alarms: policy.falseAlarmsPerYear / 2)
    }
}

extension InflowAlarm.Kind {
    /// Of the usual rate, that the test holds against it.
    var fraction: Double {
        switch self {
        case .silence: 0.1
        case .half: 0.5
        }
    }
}

extension InflowMonitor {
    /// How well a source can be watched.
    public enum Watch: Sendable, Equatable {
        /// Too few days or cases to say what is to be expected.
        case learning
        /// People said that nothing is to be expected.
        case off
        /// A complete silence is noticed about this many days after it begins.
        case watched(days: Int)
        /// As `watched`, but later than is sensible.
        case tooSmall(days: Int)
    }

    /// What there is to be said of a source on a day.
    public enum Standing: Sendable, Equatable {
        /// Watched, and nothing is wrong; or too little is known to say so.
        case normal
        case alarmed(InflowAlarm)
        /// Up to but not including a day; nil: until people say so.
        case paused(until: CivilDate?)
        case ended
    }

    /// Whether there is a pause, also one to come, or an end that `resumed` takes back.
    public func isResumable(on today: CivilDate) -> Bool {
        if case .ended = phase { return true }
        return pauses.contains { !$0.isOver(on: today) }
    }

    public func standing(on today: CivilDate) -> Standing {
        if let alarm { return .alarmed(alarm) }
        if case .ended = phase { return .ended }
        // One pause may follow another without a day between.
        return pauses.reduce(.normal) { standing, pause in
            switch standing {
            case .paused(let until?) where pause.from <= until: .paused(until: pause.until.map { max($0, until) })
            case .normal where pause.covers(today): .paused(until: pause.until)
            default: standing
            }
        }
    }

    public func watch(policy: InflowPolicy = .standard) -> Watch {
        switch phase {
        case .watching: break
        case .ended: return .off
        case .paused(let pauses):
            guard let last, let first = pauses.first, last.adding(days: 1) < first.from else { return .off }
        }
        guard expectation.isKnown, expectation.perDay > 0 else { return .learning }
        let perDay = expectation.perDay * expectation.caution
        let cases =
            Self.price(expectation, policy)
            / FallTest.evidencePerMissingCase(dispersion: expectation.dispersion, fraction: InflowAlarm.Kind.silence.fraction)
        let days = Int(min(cases / perDay, 100_000).rounded(.up))
        return days > policy.sensibleDays ? .tooSmall(days: days) : .watched(days: days)
    }

    /// `sends 2 a month: a silence is noticed after 97 days at the earliest`
    public func text(source: String, policy: InflowPolicy = .standard) -> String {
        let month = Int((expectation.perDay * 30.4).rounded())
        let week = Int((expectation.perDay * 7).rounded())
        let rate = month == 0 ? "less than one a month" : month < 20 ? "\(month) a month" : "\(week) a week"
        return switch watch(policy: policy) {
        case .learning: "\(source) has sent too little to say what is to be expected"
        case .off: "\(source) is not watched: nothing is to be expected"
        case .watched(let days): "\(source) sends \(rate): a silence is noticed after about \(days) days"
        case .tooSmall(let days): "\(source) sends \(rate): a silence is noticed after \(days) days at the earliest"
        }
    }
}
