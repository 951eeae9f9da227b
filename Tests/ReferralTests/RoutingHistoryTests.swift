import Referral
import SeededRandom
import Testing

/// What may be published and rolled back when, and what is in force on each day then.
@Suite struct RoutingHistoryTests {
    @Test func aVersionIsInForceUntilTheNextOneBegins() throws {
        var book = try Book(importing: [(1, "2004-01-01", "2004-12-31"), (2, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.publish("2027-06-01", on: "2026-11-21")
        #expect(
            book.schedule == [
                "1: 2004-01-01 to 2004-12-31", "2: 2023-07-01 to 2026-11-30", "3: 2026-12-01 to 2027-05-31", "4: from 2027-06-01",
            ])
        for (day, number) in [
            ("2003-12-31", nil), ("2004-01-01", 1), ("2004-12-31", 1), ("2005-01-01", nil), ("2026-11-30", 2), ("2026-12-01", 3),
            ("2027-05-31", 3), ("2027-06-01", 4), ("9999-12-31", 4),
        ] { #expect(book.number(on: day) == number, "\(day)") }
    }

    @Test func aVersionMayBeginBeforeOneThatWasPublishedEarlier() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2027-06-01", on: "2026-11-20")
        try book.publish("2026-12-01", on: "2026-11-20")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "3: 2026-12-01 to 2027-05-31", "2: from 2027-06-01"])
    }

    /// What ends before another one follows leaves days without; nothing that was replaced comes back by itself.
    @Test func aLastDayIsKept() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", until: "2026-12-31", on: "2026-11-20")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-31"])
        try book.publish("2026-12-24", on: "2026-11-20")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-23", "3: from 2026-12-24"])
    }

    @Test func aDirectoryMayBeginWithAllDaysOfThePast() throws {
        var book = try Book(.directory, importing: [(1, nil, nil)])
        #expect(book.schedule == ["1: always"])
        try book.publish("2026-12-01", on: "2026-11-20")
        #expect(book.schedule == ["1: until 2026-11-30", "2: from 2026-12-01"])
        #expect(book.number(on: "1850-01-01") == 1)
    }

    // MARK: What may not be published

    @Test func theFirstDayMayBeTodayAndNotBefore() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        #expect(book.refusal { try $0.publish("2026-11-19", on: "2026-11-20") }?.contains("2026-11-19 has passed") == true)
        #expect(book.refusal { try $0.publish(nil, on: "2026-11-20") }?.contains("needs a first day") == true)
        try book.publish("2026-11-20", on: "2026-11-20")
        #expect(book.number(on: "2026-11-20") == 2)
    }

    /// Half an hour after midnight in Sweden it is still yesterday in UTC.
    @Test func theDayIsTheOneInSweden() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        let evening = Instant(milliseconds: 1_795_212_000_000)
        #expect(CivilDate(inStockholmAt: evening).description == "2026-11-20")
        #expect(book.refusal { try $0.publish("2026-11-19", at: evening) } != nil)
        #expect(book.refusal { try $0.publish("2026-11-20", at: evening) } == nil)
        let afterMidnight = evening + .seconds(3_600)
        #expect(book.refusal { try $0.publish("2026-11-20", name: "late", at: afterMidnight) }?.contains("has passed") == true)
    }

    @Test func theSameFirstDayIsGivenOnce() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        let refusal = book.refusal { try $0.publish("2026-12-01", name: "other", on: "2026-11-20") }
        #expect(refusal?.contains("rule set 2 v 2026-12-01 has the same first day") == true)
        try book.rollBack(2, on: "2026-11-21")
        try book.publish("2026-12-01", name: "other", on: "2026-11-21")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "3: from 2026-12-01"])
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        var rules = try Book(importing: [(1, "2023-07-01", nil)])
        #expect(rules.refusal { try $0.publish("2026-12-01", until: "2026-11-30", on: "2026-11-20") }?.contains("valid_until") == true)
        #expect(rules.refusal { try $0.publish("2026-12-01", texts: ["support.dmn"], on: "2026-11-20") }?.contains("mediation.dmn") == true)
        let large = String(repeating: "x", count: PublicationContent.textLimit + 1)
        #expect(rules.refusal { try $0.publish("2026-12-01", text: large, on: "2026-11-20") }?.contains("support.dmn: is larger") == true)
        try rules.publish("2026-12-01", text: String(large.dropLast()), on: "2026-11-20")
        var directories = try Book(.directory, importing: [(1, nil, nil)])
        #expect(
            directories.refusal { try $0.publish("2026-12-01", until: "2027-01-01", on: "2026-11-20") }?.contains("valid_until") == true)
    }

    @Test func theSameContentAgainIsTheSameVersion() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        let before = book.history
        #expect(try book.publish("2026-12-01", on: "2026-11-20") == .done(2))
        // Also when its day has passed, or it was rolled back.
        #expect(try book.publish("2026-12-01", on: "2027-01-01") == .done(2))
        #expect(book.history == before)
        try book.rollBack(2, on: "2027-01-01")
        #expect(try book.publish("2026-12-01", on: "2027-01-02") == .done(2))
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-31", "1: from 2027-01-01"])
    }

    // MARK: Rolling back

    @Test func theFormerComesBackAndTheDaysBeforeStay() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.rollBack(2, on: "2026-12-10")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-09", "1: from 2026-12-10"])
        // And again.
        try book.publish("2026-12-20", on: "2026-12-11")
        try book.rollBack(3, on: "2026-12-20")
        #expect(book.number(on: "2026-12-20") == 1)
        try book.publish("2026-12-20", name: "third try", on: "2026-12-20")
        #expect(book.number(on: "2026-12-20") == 4)
        #expect(book.number(on: "2026-12-19") == 1)
        #expect(book.number(on: "2026-12-09") == 2)
    }

    @Test func whatHasNotBegunFallsAway() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.publish("2026-12-10", on: "2026-11-20")
        try book.rollBack(2, on: "2026-11-21")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-12-09", "3: from 2026-12-10"])
        try book.rollBack(3, on: "2026-12-09")
        #expect(book.schedule == ["1: from 2023-07-01"])
    }

    /// The former comes back until the next planned one begins.
    @Test func whatIsPlannedStaysPlanned() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.publish("2027-01-01", on: "2026-11-20")
        try book.rollBack(2, on: "2026-12-05")
        #expect(
            book.schedule == [
                "1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-04", "1: 2026-12-05 to 2026-12-31", "3: from 2027-01-01",
            ])
    }

    @Test func twoThatAreRolledBackUncoverTheThird() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.publish("2026-12-05", on: "2026-11-20")
        #expect(book.refusal { try $0.rollBack(2, on: "2026-12-06") }?.contains("rule set 3 v 2026-12-05 is in force") == true)
        try book.rollBack(3, on: "2026-12-06")
        #expect(book.number(on: "2026-12-06") == 2)
        try book.rollBack(2, on: "2026-12-07")
        #expect(
            book.schedule == [
                "1: 2023-07-01 to 2026-11-30", "2: 2026-12-01 to 2026-12-04", "3: 2026-12-05 to 2026-12-05",
                "2: 2026-12-06 to 2026-12-06", "1: from 2026-12-07",
            ])
    }

    @Test(arguments: VersionKind.allCases) func theFirstIsNotRolledBack(_ kind: VersionKind) throws {
        var book = try Book(kind, importing: [(1, kind == .directory ? nil : "2023-07-01", nil)])
        #expect(book.refusal { try $0.rollBack(1, on: "2026-11-20") }?.contains("there was none before it") == true)
        #expect(book.refusal { try $0.rollBack(2, on: "2026-11-20") } == "there is no \(kind.rawValue) 2")
    }

    @Test func aFormerThatHasEndedDoesNotComeBack() throws {
        var book = try Book(importing: [(1, "2023-07-01", "2026-11-30"), (2, "2026-12-01", nil)])
        let refusal = book.refusal { try $0.rollBack(2, on: "2026-12-10") }
        #expect(refusal?.contains("no rule set would be in force on 2026-12-10, since the one before it has ended") == true)
        // One that ends while it would stand in for the other is told, too.
        book = try Book(importing: [(1, "2023-07-01", "2027-01-31")])
        try book.publish("2026-12-01", on: "2026-11-20")
        #expect(book.refusal { try $0.rollBack(2, on: "2026-12-10") }?.contains("on 2027-02-01") == true)
    }

    /// Also before it begins: a rollback must not leave days without rules.
    @Test func whatHasNotBegunStaysWhenNothingTakesItsDays() throws {
        var book = try Book(importing: [(1, "2023-07-01", "2026-11-30"), (2, "2026-12-01", nil)])
        let refusal = book.refusal { try $0.rollBack(2, on: "2026-11-20") }
        #expect(refusal?.contains("no rule set would be in force on 2026-12-01, since the one before it has ended") == true)
        #expect(book.number(on: "2026-12-01") == 2)
        // As soon as another one is there for its days it may go.
        try book.publish("2026-11-30", on: "2026-11-20")
        try book.rollBack(2, on: "2026-11-20")
        #expect(book.schedule == ["1: 2023-07-01 to 2026-11-29", "3: from 2026-11-30"])
    }

    @Test func rollingBackTwiceIsOnce() throws {
        var book = try Book(importing: [(1, "2023-07-01", nil)])
        try book.publish("2026-12-01", on: "2026-11-20")
        try book.rollBack(2, on: "2026-12-10")
        #expect(try book.rollBack(2, on: "2026-12-11") == .done(2))
        #expect(book.refusal { try $0.rollBack(2, reason: "another", on: "2026-12-12") }?.contains("was rolled back on 2026-12-10") == true)
    }

    // MARK: The beginning

    @Test func anImportIsTheFirstThingOrNothing() throws {
        let book = try Book(importing: [(2, "2023-07-01", nil)])
        #expect(throws: Rejection.self) { try book.history.decideImport(of: [Book.item(3, nil, nil, .ruleSet)]) }
        #expect(throws: Rejection.self) {
            try RoutingHistory().decideImport(of: [Book.item(2, nil, nil, .ruleSet), Book.item(1, nil, nil, .ruleSet)])
        }
        var later = book
        try later.publish("2026-12-01", on: "2026-11-20")
        #expect(later.history.versions(of: .ruleSet).map(\.number) == [2, 3])
    }

    /// Whatever is published and rolled back: the days that have passed keep what they had, no day has two, and numbers only grow.
    @Test(arguments: 0..<200 as Range<UInt64>) func thePastNeverChanges(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var book = try Book(importing: [(1, "2025-12-15", nil), (2, "2026-01-02", Bool.random(using: &random) ? "2026-01-20" : nil)])
        let days = (1...28).map { day("2026-01-\($0 < 10 ? "0" : "")\($0)") }
        for (index, today) in days.enumerated() {
            let past = days[..<index].map { book.history.inForce(.ruleSet, on: $0)?.number }
            for attempt in 0..<Int.random(in: 0...3, using: &random) {
                if Bool.random(using: &random) {
                    let first = days[Int.random(in: max(0, index - 1)..<days.count, using: &random)]
                    let last = Bool.random(using: &random) ? days.filter { $0 >= first }.randomElement(using: &random) : nil
                    _ = try? book.publish("\(first)", until: last.map { "\($0)" }, name: "\(index) \(attempt)", on: "\(today)")
                } else {
                    let number = Int.random(in: 1...book.history.versions(of: .ruleSet).count, using: &random)
                    let before = book
                    if (try? book.rollBack(number, reason: "\(index) \(attempt)", on: "\(today)")) != nil {
                        #expect(book.history.inForce(.ruleSet, on: today)?.number != number)
                        // Who has a rule set today has one afterwards.
                        let had = before.history.inForce(.ruleSet, on: today) != nil
                        #expect(!had || book.history.inForce(.ruleSet, on: today) != nil)
                    }
                }
            }
            #expect(days[..<index].map { book.history.inForce(.ruleSet, on: $0)?.number } == past)
            let schedule = book.history.schedule(of: .ruleSet)
            for day in days {
                let spans = schedule.filter { $0.period.contains(day) }
                #expect(spans.count <= 1)
                #expect(spans.first?.number == book.history.inForce(.ruleSet, on: day)?.number, "\(day) \(book.schedule)")
            }
            for (left, right) in zip(schedule, schedule.dropFirst()) { #expect(!left.period.overlaps(right.period)) }
        }
        let numbers = book.history.versions(of: .ruleSet).map(\.number)
        #expect(numbers == Array(1...numbers.count))
    }

    // MARK: What decides then

    @Test func decisionsAreMadeByTheVersionsOfTheDay() throws {
        let policy = try SmallWorld.policy()
        let old = policy.routing.directory
        // The support centre is gone, the jour serves everybody.
        let new = try Directory(organisations: old.organisations.filter { $0.id != SmallWorld.centre }, areas: old.areas)
        var history = RoutingHistory()
        func evolve(_ change: Publication.Change, _ day: String) {
            history.evolve(Publication(sequence: history.lastSequence + 1, at: noon(day), by: nil, change: change))
        }
        func publish(_ kind: VersionKind, _ number: Int, _ first: String?, at day: String) {
            let item = Book.item(number, first, nil, kind)
            evolve(.published(number: number, item.content, digest: item.digest), day)
        }
        func routing() throws -> Routing {
            try #require(Routing(history, ruleSets: [1: policy.routing.ruleSets[0]], directories: [1: old, 2: new]))
        }
        publish(.directory, 1, nil, at: "2026-01-01")
        publish(.ruleSet, 1, "2026-01-01", at: "2026-01-01")
        publish(.directory, 2, "2026-03-01", at: "2026-01-01")

        let facts = CaseFacts(SmallWorld.content(), received: day("2026-02-01"))
        func decision(_ text: String) throws -> RoutingDecision { try routing().decide(facts, service: .support, on: day(text)) }
        #expect(try decision("2025-12-31").outcome == .review(.noRuleSet))
        #expect(try decision("2025-12-31").directoryVersion == 1)
        #expect(try decision("2026-02-28").outcome == .recipient(SmallWorld.centre))
        #expect(try decision("2026-02-28").directoryVersion == 1)
        #expect(try decision("2026-03-01").outcome == .recipient(SmallWorld.jour))
        #expect(try decision("2026-03-01").directoryVersion == 2)
        #expect(try decision("2026-03-01").ruleSet == "1 Small")
        #expect(try routing().directory(on: day("2026-03-01")).organisation(SmallWorld.centre) == nil)

        evolve(.rolledBack(.directory, number: 2, reason: "x"), "2026-03-10")
        #expect(try decision("2026-03-09").outcome == .recipient(SmallWorld.jour))
        #expect(try decision("2026-03-10").outcome == .recipient(SmallWorld.centre))
        #expect(try decision("2026-03-10").directoryVersion == 1)
        // What is not there cannot decide.
        #expect(Routing(history, ruleSets: [:], directories: [1: old, 2: new]) == nil)
        #expect(Routing(history, ruleSets: [1: policy.routing.ruleSets[0]], directories: [1: old]) == nil)
        #expect(Routing(RoutingHistory(), ruleSets: [:], directories: [:]) == nil)
    }

    /// The directory without the support centre leaves mediation to nobody, from its day on; who puts it in force may accept that.
    @Test func theCheckLooksAtEachDirectoryOnItsDays() throws {
        let policy = try SmallWorld.policy()
        let old = policy.routing.directory
        let new = try Directory(organisations: old.organisations.filter { $0.id != SmallWorld.centre }, areas: old.areas)
        func routing(accepting accepted: [AcceptedFinding], again: [AcceptedFinding]? = nil) throws -> Routing {
            func later(_ first: String, _ accepted: [AcceptedFinding]) -> PublicationContent {
                PublicationContent(kind: .directory, name: "later", first: day(first), texts: [], signedOffBy: "Åsa", accepted: accepted)
            }
            var changes: [Publication.Change] = [
                .published(number: 1, Book.item(1, nil, nil, .directory).content, digest: ContentDigest(hexadecimal: "d")),
                .published(number: 1, Book.item(1, "2026-01-01", nil, .ruleSet).content, digest: ContentDigest(hexadecimal: "d")),
                .published(number: 2, later("2026-03-01", accepted), digest: ContentDigest(hexadecimal: "d")),
            ]
            if let again { changes.append(.published(number: 3, later("2026-04-01", again), digest: ContentDigest(hexadecimal: "d"))) }
            let history = RoutingHistory(
                changes.enumerated().map { Publication(sequence: Int64($0 + 1), at: noon("2026-01-01"), by: nil, change: $1) })
            return try #require(Routing(history, ruleSets: [1: policy.routing.ruleSets[0]], directories: [1: old, 2: new, 3: new]))
        }
        func unserved(_ findings: [RoutingFinding]) -> [RoutingFinding] {
            findings.filter { $0.service == .mediation && [.noRecipient, .unservedArea].contains($0.kind) }
        }
        let found = try unserved(routing(accepting: []).check().unaccepted)
        #expect(!found.isEmpty && found.allSatisfy { $0.days.first == day("2026-03-01") }, "\(found)")
        let accepted = found.map { AcceptedFinding(finding: $0.id, by: "Åsa", reason: "known") }
        let check = try routing(accepting: accepted).check()
        #expect(unserved(check.unaccepted).isEmpty && unserved(check.findings) == found)
        // The next directory, which leaves the same to nobody, does not inherit that; the days of the former stay accepted.
        let next = try routing(accepting: accepted, again: [])
        #expect(unserved(next.check().unaccepted) == found)
        let both = try routing(accepting: accepted, again: accepted)
        #expect(unserved(both.check().unaccepted).isEmpty)
        let onlyNext = try routing(accepting: [], again: accepted)
        #expect(unserved(onlyNext.check().unaccepted) == found)
        #expect(unserved(onlyNext.check(from: day("2026-04-01")).unaccepted).isEmpty)
        // A directory says nothing about tables.
        let gaps = check.findings.filter { $0.kind == .gap }
        #expect(!gaps.isEmpty)
        let everything = check.findings.map { AcceptedFinding(finding: $0.id, by: "Åsa", reason: "known") }
        #expect(try routing(accepting: everything).check().unaccepted.filter { $0.kind == .gap } == gaps)
        // Rules that are not asked for are not looked at.
        #expect(try unserved(routing(accepting: []).check(only: [7]).findings).isEmpty)
    }
}

/// One kind's versions, written by day.
private struct Book {
    let kind: VersionKind
    var history = RoutingHistory()

    init(_ kind: VersionKind = .ruleSet, importing versions: [(number: Int, first: String?, last: String?)]) throws {
        self.kind = kind
        let changes = try history.decideImport(of: versions.map { Self.item($0.number, $0.first, $0.last, kind) })
        for change in changes { evolve(change, noon("2026-01-01")) }
    }

    static func item(
        _ number: Int, _ first: String?, _ last: String?, _ kind: VersionKind
    ) -> (number: Int, content: PublicationContent, digest: ContentDigest) {
        (number, content(kind, first, last, name: "v \(first ?? "")"), ContentDigest(hexadecimal: "d"))
    }

    static func content(
        _ kind: VersionKind, _ first: String?, _ last: String?, name: String, texts: [String]? = nil, text: String = "x"
    ) -> PublicationContent {
        PublicationContent(
            kind: kind, name: name, first: first.map(day), last: last.map(day),
            texts: (texts ?? PublicationContent.names(of: kind)).map { .init(name: $0, text: text) }, signedOffBy: "Åsa")
    }

    @discardableResult mutating func publish(
        _ first: String?, until last: String? = nil, name: String? = nil, texts: [String]? = nil, text: String = "x",
        on today: String = "", at now: Instant? = nil
    ) throws -> RoutingHistory.Outcome {
        let content = Self.content(kind, first, last, name: name ?? "v \(first ?? "")", texts: texts, text: text)
        return try perform(.publish(content, digest: ContentDigest(hexadecimal: "d")), now ?? noon(today))
    }

    @discardableResult mutating func rollBack(
        _ number: Int, reason: String = "wrong", on today: String
    ) throws -> RoutingHistory.Outcome {
        try perform(.rollBack(kind, number: number, reason: reason), noon(today))
    }

    private mutating func perform(_ command: RoutingCommand, _ now: Instant) throws -> RoutingHistory.Outcome {
        let outcome = try history.decide(command, at: now)
        if case .change(let change) = outcome { evolve(change, now) }
        return outcome
    }

    private mutating func evolve(_ change: Publication.Change, _ now: Instant) {
        history.evolve(Publication(sequence: history.lastSequence + 1, at: now, by: nil, change: change))
    }

    mutating func refusal(_ body: (inout Book) throws -> Void) -> String? {
        do {
            try body(&self)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func number(on day: String) -> Int? { history.inForce(kind, on: ReferralTests.day(day))?.number }

    /// `2: 2023-07-01 to 2026-11-30`
    var schedule: [String] { history.schedule(of: kind).map { "\($0.number): \($0.period)" } }
}

private func day(_ text: String) -> CivilDate {
    guard let day = CivilDate(text) else { preconditionFailure("\(text) is no day") }
    return day
}

/// Noon in Sweden, or an hour beside it.
private func noon(_ text: String) -> Instant {
    let date = day(text)
    var days = 0
    for year in 1970..<date.year { days += CivilDate(year: year, month: 2, day: 29) == nil ? 365 : 366 }
    for month in 1..<date.month { days += (28...31).last { CivilDate(year: date.year, month: month, day: $0) != nil } ?? 0 }
    return Instant(milliseconds: Int64(days + date.day - 1) * 86_400_000 + 39_600_000)
}
