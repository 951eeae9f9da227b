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
            guard case .cleared(_, clearance)? = monitor.hear(notice, on: calendar[410].date) else {
                Issue.record("\(notice)")
                continue
            }
            #expect(monitor.hear(notice, on: calendar[410].date) == nil)
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
        let today = calendar[400].date
        #expect(!monitor.isResumable(on: today))
        #expect(monitor.hear(.paused(from: calendar[410].date, until: calendar[450].date), on: today) == nil)
        #expect(monitor.isResumable(on: today) && !monitor.isResumable(on: calendar[450].date))
        #expect(monitor.standing(on: calendar[409].date) == .normal)
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
        #expect(monitor.hear(.resumed, on: today) == nil && monitor == usual)
        _ = monitor.hear(.paused(from: calendar[410].date, until: calendar[420].date), on: today)
        #expect(run(&monitor, calendar[425..<440]) { _ in 0 }.contains { if case .raised = $0 { true } else { false } })
    }

    @Test("A pause takes its own days out of the count and nothing else: a silence before it and after it is noticed", arguments: [0, 1])
    func pausesOfADay(ahead: Int) {
        let calendar = days(600)
        var monitor = InflowMonitor()
        _ = run(&monitor, calendar[..<400], mean: office)
        var events: [InflowEvent] = []
        for index in 400..<430 where events.isEmpty {
            if index % 3 == 0 {
                let day = calendar[index + ahead].date
                let event = monitor.hear(.paused(from: ahead == 0 ? nil : day, until: day.adding(days: 1)), on: calendar[index].date)
                #expect(event == nil)
            }
            if let event = monitor.evolve(calendar[index], count: 0) { events.append(event) }
        }
        guard case .raised(let alarm)? = events.first else {
            Issue.record("not raised")
            return
        }
        #expect(alarm.since <= calendar[402].date && alarm.days < Int(alarm.through.daysSince1970 - alarm.since.daysSince1970) + 1)
    }

    @Test("A pause to come leaves the one that runs, and one that begins at once leaves the one to come")
    func twoPauses() throws {
        let calendar = days(700)
        func date(_ index: Int) -> CivilDate { calendar[index].date }
        var usual = InflowMonitor()
        _ = run(&usual, calendar[..<400], mean: office)

        var monitor = usual
        _ = monitor.hear(.paused(until: date(430)), on: date(400))
        _ = run(&monitor, calendar[400..<405]) { _ in 0 }
        #expect(monitor.hear(.paused(from: date(500), until: date(540)), on: date(405)) == nil)
        #expect(monitor.standing(on: date(405)) == .paused(until: date(430)) && monitor.standing(on: date(430)) == .normal)
        #expect(monitor.standing(on: date(500)) == .paused(until: date(540)))
        #expect(run(&monitor, calendar[405..<430]) { _ in 0 }.isEmpty)
        #expect(run(&monitor, calendar[430..<450], mean: office).isEmpty)
        // Another that begins at once, and is replaced by a shorter one.
        _ = monitor.hear(.paused(until: date(490)), on: date(450))
        _ = monitor.hear(.paused(until: date(460)), on: date(450))
        monitor = try JSONDecoder().decode(InflowMonitor.self, from: JSONEncoder().encode(monitor))
        #expect(monitor.standing(on: date(450)) == .paused(until: date(460)) && monitor.standing(on: date(460)) == .normal)
        #expect(run(&monitor, calendar[450..<460]) { _ in 0 }.isEmpty)
        #expect(run(&monitor, calendar[460..<500], mean: office).isEmpty)
        #expect(run(&monitor, calendar[500..<540]) { _ in 0 }.isEmpty)
        #expect(run(&monitor, calendar[540..<600], mean: office).isEmpty)
        #expect(run(&monitor, calendar[600..<615]) { _ in 0 }.count >= 1)

        // Of those to come the last said counts, and one that follows at once is one with the other.
        var other = usual
        _ = other.hear(.paused(until: date(410)), on: date(400))
        _ = other.hear(.paused(from: date(600), until: date(620)), on: date(400))
        _ = other.hear(.paused(from: date(410), until: date(440)), on: date(400))
        #expect(other.standing(on: date(400)) == .paused(until: date(440)) && other.standing(on: date(600)) == .normal)
        #expect(run(&other, calendar[400..<440]) { _ in 0 }.isEmpty)

        // An end is not undone by a pause.
        _ = other.hear(.ended, on: date(440))
        let ended = other
        #expect(other.hear(.paused(from: date(450), until: date(460)), on: date(440)) == nil && other == ended)
        #expect(other.hear(.paused(until: date(460)), on: date(440)) == nil && other == ended)
    }

    @Test("What is said holds from the day on which it is said, also when the days before it are counted later")
    func missedDays() {
        let calendar = days(600)
        var usual = InflowMonitor()
        _ = run(&usual, calendar[..<400], mean: office)
        // Cases of the day, and of the days before it, do not begin the watch again; a later one does.
        var ended = usual
        _ = ended.hear(.ended, on: calendar[403].date)
        for index in 400...403 { #expect(ended.evolve(calendar[index], count: 2) == nil) }
        #expect(ended.standing(on: calendar[404].date) == .ended && ended.watch() == .off)
        #expect(run(&ended, calendar[404..<440]) { _ in 0 }.isEmpty)
        _ = ended.evolve(calendar[440], count: 1)
        #expect(ended.standing(on: calendar[441].date) == .normal)
        // The days before a pause are none of it, and those of a pause that was taken back are.
        var paused = usual
        _ = paused.hear(.paused(until: calendar[440].date), on: calendar[415].date)
        #expect(run(&paused, calendar[400..<415]) { _ in 0 }.contains { if case .raised = $0 { true } else { false } })
        var resumed = usual
        _ = resumed.hear(.paused(until: calendar[440].date), on: calendar[400].date)
        _ = resumed.hear(.resumed, on: calendar[415].date)
        #expect(run(&resumed, calendar[400..<415]) { _ in 0 }.isEmpty && resumed.standing(on: calendar[415].date) == .normal)
        #expect(!run(&resumed, calendar[415..<430]) { _ in 0 }.isEmpty)
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
