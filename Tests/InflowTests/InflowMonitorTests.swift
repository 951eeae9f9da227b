import Foundation
import Referral
import Testing

@testable import Inflow

struct InflowMonitorTests {
    /// Events of a source whose mean is given for each day.
    private func run(
        _ monitor: inout InflowMonitor, _ calendar: some Sequence<InflowDay>, seed: UInt64 = 1, mean: (InflowDay) -> Double
    ) -> [InflowEvent] {
        var stream = Stream(seed: seed)
        return calendar.compactMap { monitor.evolve($0, count: stream.count(mean: mean($0))) }
    }

    private func office(_ day: InflowDay) -> Double { 20.0 / 7 * officeWeek[weekIndex(day)] }

    @Test("One incident is one alarm, told again at most weekly, until the rate is back; an upload of the backlog alone is no return")
    func incident() {
        let calendar = days(500)
        var monitor = InflowMonitor()
        #expect(run(&monitor, calendar[..<400], mean: office).isEmpty)
        let before = monitor.expectation.perDay
        var events: [(Int, InflowEvent)] = []
        for index in 400..<430 {
            if let event = monitor.evolve(calendar[index], count: 0) { events.append((index, event)) }
        }
        // Everything at once, and silence again.
        for index in 430..<437 {
            if let event = monitor.evolve(calendar[index], count: index == 430 ? 85 : 0) { events.append((index, event)) }
        }
        guard case .raised(let alarm)? = events.first?.1 else {
            Issue.record("not raised")
            return
        }
        #expect(alarm.kind == .silence && abs(alarm.since.daysSince1970 - calendar[400].date.daysSince1970) <= 3)
        #expect(alarm.days == Int(alarm.through.daysSince1970 - alarm.since.daysSince1970) + 1)
        for (earlier, later) in zip(events, events.dropFirst()) {
            guard case .updated = later.1 else {
                Issue.record("\(later)")
                continue
            }
            #expect(later.0 - earlier.0 == 7)
        }
        #expect(events.count >= 4)
        let back = run(&monitor, calendar[437...], mean: office)
        guard case .cleared(let last, .returned)? = back.last else {
            Issue.record("not cleared: \(back)")
            return
        }
        #expect(last.since == alarm.since && last.seen >= 85)
        #expect(monitor.alarm == nil)
        #expect(abs(monitor.expectation.perDay / before - 1) < 0.15)
    }

    @Test("What is stored and read again each day goes on alike; a day that was counted changes nothing")
    func restart() throws {
        let calendar = days(420)
        var (one, other) = (InflowMonitor(), InflowMonitor())
        var stream = Stream(seed: 3)
        for (index, day) in calendar.enumerated() {
            let count = index < 400 ? stream.count(mean: office(day)) : 0
            let event = one.evolve(day, count: count)
            if index % 20 == 0 || index > 395 {
                other = try JSONDecoder().decode(InflowMonitor.self, from: JSONEncoder().encode(other))
            }
            #expect(other.evolve(day, count: count) == event)
            let unchanged = other
            #expect(other.evolve(day, count: 1_000) == nil)
            if index > 10 { #expect(other.evolve(calendar[index - 10], count: 0) == nil) }
            #expect(other == unchanged)
        }
        #expect(one == other && one.alarm != nil)
    }

    @Test("A stored state that cannot be is refused")
    func spoiled() throws {
        var monitor = InflowMonitor()
        _ = run(&monitor, days(40), mean: office)
        let text = String(decoding: try JSONEncoder().encode(monitor), as: UTF8.self)
        let spoiled = text.replacing("\"days\":40", with: "\"days\":-40")
        #expect(spoiled != text)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(InflowMonitor.self, from: Data(spoiled.utf8)) }
    }

    @Test("Unknown days are no silence, and zero history is no alarm")
    func unknown() {
        let calendar = days(500)
        var monitor = InflowMonitor()
        #expect(run(&monitor, calendar[..<400], mean: office).isEmpty)
        #expect(run(&monitor, calendar[430...], mean: office).isEmpty)
        var empty = InflowMonitor()
        #expect(run(&empty, calendar) { _ in 0 }.isEmpty)
        #expect(empty.watch() == .learning)
    }

    @Test("Summer and Christmas dips raise no alarm, also in the first year", arguments: 1...5)
    func seasons(seed: Int) {
        var monitor = InflowMonitor()
        let events = run(&monitor, days(4 * 365), seed: UInt64(seed)) { day in
            let dip = day.date.month == 7 ? 0.6 : day.season == InflowDay.christmas ? 0.4 : 1
            return office(day) * dip
        }
        #expect(events.isEmpty)
    }

    @Test("A unit that grows or shrinks by a fifth in a year raises no alarm", arguments: [-0.2, 0.2, 1], 1...3)
    func drift(rate: Double, seed: Int) {
        var monitor = InflowMonitor()
        let events = run(&monitor, days(4 * 365), seed: UInt64(seed)) { day in
            office(day) * pow(1 + rate, Double(day.date.daysSince1970 - CivilDate.start.daysSince1970) / 365)
        }
        #expect(events.isEmpty)
    }

    @Test("A unit that sends at weekends alone is learned within weeks, and its silence noticed at the second weekend")
    func weekends() {
        let calendar = days(220)
        func mean(_ day: InflowDay) -> Double { day.date.weekday.rawValue >= 6 ? 10 : 0 }
        var monitor = InflowMonitor()
        #expect(run(&monitor, calendar[..<200], mean: mean).isEmpty)
        #expect(monitor.expectation.expected(on: calendar[200]) < 0.5 || calendar[200].date.weekday.rawValue >= 6)
        var raised: Int?
        for (index, day) in calendar[200...].enumerated() where raised == nil {
            if case .raised = monitor.evolve(day, count: 0) { raised = index + 1 }
        }
        #expect((raised ?? 99) <= 14)
    }

    @Test("A unit of 2 a month is told to be too small")
    func small() {
        var monitor = InflowMonitor()
        #expect(run(&monitor, days(1_000)) { _ in 24 / 365 }.isEmpty)
        guard case .tooSmall(let days) = monitor.watch() else {
            Issue.record("\(monitor.watch())")
            return
        }
        #expect((61...200).contains(days))
        #expect(monitor.text(source: "X").contains("a month: a silence is noticed after \(days) days at the earliest"))
        // From the last case on.
        let next = CivilDate.start.adding(days: 1_000)
        _ = monitor.evolve(InflowDay(next), count: 2)
        let raised = (1...1_000).first { monitor.evolve(InflowDay(next.adding(days: $0)), count: 0) != nil } ?? 0
        print(monitor.text(source: "X"), "- raised after", raised)
        #expect(raised >= days && raised < days * 2)
    }

    @Test("People end, pause and accept; each clears the alarm once")
    func notices() {
        let calendar = days(600)
        var silent = InflowMonitor()
        _ = run(&silent, calendar[..<400], mean: office)
        for day in calendar[400..<410] { _ = silent.evolve(day, count: 0) }
        let cases: [(InflowNotice, InflowEvent.Clearance)] = [
            (.ended, .ended), (.paused(until: calendar[450].date), .paused), (.accepted, .accepted),
        ]
        for (notice, clearance) in cases {
            var monitor = silent
            guard case .cleared(_, clearance)? = monitor.hear(notice) else {
                Issue.record("\(notice)")
                continue
            }
            #expect(monitor.hear(notice) == nil)
            #expect(run(&monitor, calendar[410..<450]) { _ in 0 }.isEmpty)
            #expect(monitor.watch() == (clearance == .accepted ? .learning : .off))
            #expect(run(&monitor, calendar[450..<550], mean: office).isEmpty)
            if clearance != .accepted {
                let events = run(&monitor, calendar[550..<560]) { _ in 0 }
                guard case .raised? = events.first, events.count <= 2 else {
                    Issue.record("\(notice): \(events)")
                    continue
                }
            }
        }
    }

    @Test("A pause to come is watched until it begins, clears the alarm then, and raises none until it is over")
    func planned() throws {
        let calendar = days(600)
        var monitor = InflowMonitor()
        _ = run(&monitor, calendar[..<400], mean: office)
        let usual = monitor
        #expect(monitor.hear(.paused(from: calendar[410].date, until: calendar[450].date)) == nil)
        #expect(monitor.isResumable && monitor.standing(on: calendar[409].date) == .normal)
        #expect(monitor.standing(on: calendar[410].date) == .paused(until: calendar[450].date))
        #expect(monitor.standing(on: calendar[450].date) == .normal)
        if case .off = monitor.watch() { Issue.record("it is watched until then") }
        monitor = try JSONDecoder().decode(InflowMonitor.self, from: JSONEncoder().encode(monitor))

        // Announced and kept: nothing is told.
        var quiet = monitor
        #expect(run(&quiet, calendar[400..<410], mean: office).isEmpty)
        #expect(run(&quiet, calendar[410..<450]) { _ in 0 }.isEmpty && quiet.watch() == .off)
        #expect(run(&quiet, calendar[450..<550], mean: office).isEmpty)

        // Silent before it begins.
        var early = monitor
        let events = run(&early, calendar[400..<450]) { _ in 0 }
        guard events.count == 2, case .raised = events[0], case .cleared(let alarm, .paused) = events[1] else {
            Issue.record("\(events)")
            return
        }
        #expect(alarm.through < calendar[410].date && early.alarm == nil)

        // Taken back before it begins; and all its days unknown.
        #expect(monitor.hear(.resumed) == nil && monitor == usual)
        _ = monitor.hear(.paused(from: calendar[410].date, until: calendar[420].date))
        #expect(run(&monitor, calendar[425..<440]) { _ in 0 }.contains { if case .raised = $0 { true } else { false } })
    }

    @Test("The alarm in words")
    func words() throws {
        let since = try #require(CivilDate("2017-10-01"))
        let through = try #require(CivilDate("2017-11-15"))
        let alarm = InflowAlarm(kind: .silence, since: since, through: through, days: 46, expected: 31.3, seen: 2)
        #expect(
            alarm.text(source: "Västerorts polismästardistrikt")
                == "Västerorts polismästardistrikt has sent 2 since 1 October; 31 were to be expected")
    }
}
