import FigureSamples
import Figures
import Referral
import SeededRandom
import StoreContract
import Testing

@Suite(.timeLimit(.minutes(3))) struct ReferralRecordTests {
    /// 2017-03-06, a Monday morning.
    private static let morning = Instant(milliseconds: 1_488_787_200_000)
    private static let centre = FigureWorld.centre.organisation
    private static let jour = FigureWorld.jour.organisation

    private func content(age: Int = 17, consent: ConsentStatus = .yes, protected: ProtectedIdentity = .none) -> ReferralContent {
        ReferralContent(
            person: Person(age: age, sex: .female), role: .victim, residence: Area(municipality: "0123"),
            contacts: [Contact(phone: "+46701740605", holder: .person)],
            consent: Consent(status: consent, coversSupport: true, coversMediation: true), legalBasis: .consent,
            protectedIdentity: protected, event: CrimeEvent(category: .assault, reported: .yes), services: [.support], isTest: true)
    }

    private func life(_ content: ReferralContent, number: Int = 1) throws -> DrivenReferral {
        try DrivenReferral(number, content, from: FigureWorld.police, at: Self.morning, policy: FigureWorld.policy())
    }

    private func report(_ kind: ReportKind, _ view: ReportView, _ lives: DrivenReferral..., now: Instant? = nil) throws -> Report {
        let days = try #require(ClosedRange<CivilDate>.year(2_017))
        var writer = try ReportWriter(kind, of: view, on: days, policy: FigureWorld.policy(), now: now ?? lives[0].now)
        for life in lives { writer.add(try #require(ReferralRecord(log: life.log))) }
        return writer.report(through: 1)
    }

    private func handedOver() throws -> DrivenReferral {
        var life = try life(content(age: 21))
        try life.take()
        try life.act(.recordContact(ContactMade(channel: .call, at: life.now)))
        try life.act(.recordService(ServiceGiven(.conversation, minutes: 30, municipality: "0123")))
        try life.act(.offerHandover(to: Self.jour, reason: .age, personAgrees: true))
        try life.pass(days: 1)
        try life.act(.answerHandover(.accepted), by: FigureWorld.jour)
        try life.pass(days: 1)
        try life.act(.recordContact(ContactMade(channel: .sms, at: life.now)), by: FigureWorld.jour)
        try life.act(.recordService(ServiceGiven(.accompaniment, minutes: 120, municipality: "0123")), by: FigureWorld.jour)
        try life.act(.complete(.supported), by: FigureWorld.jour)
        return life
    }

    @Test func aCaseThatIsHandedOverCountsOnceAndEachStintForWhoeverDidIt() throws {
        let life = try handedOver()
        let record = try #require(ReferralRecord(log: life.log))
        let item = try #require(record.counted?.cases.first)
        #expect(record.counted?.cases.count == 1 && item.stints.map(\.owner) == [Self.centre, Self.jour])
        #expect(item.stints.map(\.end) == [.handedOver(to: Self.jour, .age), .completed(.supported)])
        #expect(item.stints.map { $0.help.map(\.minutes) } == [[30], [120]])
        #expect(item.stints[0].handovers == [.accepted])

        // Of each organisation its own; the case is one of each, and one of all.
        for (view, owner, minutes) in [
            (ReportView.recipient(Self.centre), "Stödcentrum Nordväst", 30.0), (.recipient(Self.jour), "Brottsofferjouren", 120),
        ] {
            #expect(try report(.year, view, life)["key-figures"]?["Stödärenden", "now"] == .value(1))
            let costs = try report(.costs, view, life)
            #expect(costs.tables.count == 1 && costs.tables[0].title == "Minuter hos \(owner)")
            #expect(costs.tables[0]["0123", "total"] == .value(minutes))
        }
        let ends = try report(.year, .recipient(Self.centre), life)["endings"]
        #expect(ends?["överlämnat till en annan organisation", "support"] == .value(1))
        #expect(
            try report(.partnership, .recipient(Self.centre), life)["handovers"]?["Stödcentrum Nordväst", Self.jour.rawValue] == .value(1))
        let six = try (1...6).map { _ in try handedOver() }
        let all = try report(.year, .all, six[0], six[1], six[2], six[3], six[4], six[5])
        #expect(all["key-figures"]?["Stödärenden", "now"] == .value(6))
        #expect(all["reached-by-sex"]?[ReportTable.total, "total"] == .value(6))
    }

    @Test func aProtectedIdentityIsOneOfTheNumberOfReferralsAndNothingElse() throws {
        let plain = try life(content())
        let protected = try life(content(protected: .confidentialityMarking), number: 2)
        let record = try #require(ReferralRecord(log: protected.log))
        #expect(record.counted == nil)
        #expect(try !String(decoding: record.encoded(), as: UTF8.self).contains("0123"))
        let year = try report(.year, .sender(FigureWorld.police.organisation), plain, protected)
        #expect(year["key-figures"]?["Hänvisningar", "now"] == .value(2))
        #expect(year["referrals-by-sex"]?["kvinna", "referrals"] == .value(1))
        #expect(year["referrals-by-sender"]?["redovisas inte", "referrals"] == .value(1))
        let partnership = try report(.partnership, .sender(FigureWorld.police.organisation), plain, protected)
        #expect(partnership["consent-by-sender"]?[ReportTable.total, "total"] == .value(1))
    }

    @Test func aRecordNamesNobody() throws {
        let text = try String(decoding: #require(ReferralRecord(log: handedOver().log)).encoded(), as: UTF8.self)
        for telling in ["R1", "A1a", "m1", "abab", "years", "+4670", "\"c1\""] { #expect(!text.contains(telling), "\(telling)") }
        #expect(text.contains("\"ages\":\"21\""))
    }

    @Test func whatWasEnteredInErrorIsNoReferral() throws {
        var life = try life(content())
        try life.act(.enterInError(.wrongPerson))
        let year = try report(.year, .all, life)
        #expect(year["key-figures"]?["Hänvisningar", "now"] == .value(0))
        #expect(try report(.year, .sender(FigureWorld.police.organisation), life)["key-figures"]?.rows.last?.cells.last == .value(1))
    }

    @Test func questionsAndAnswersOfConsentAreCountedApart() throws {
        var asked = try life(content(consent: .notAsked))
        try asked.pass(days: 1)
        try asked.act(.answerConsent(Consent(status: .yes, coversSupport: true), assignments: [AssignmentID("A9")]))
        var expired = try life(content(consent: .notAsked), number: 2)
        try expired.pass(days: 15)
        let refused = try life(content(consent: .no), number: 3)
        let sender = try report(.partnership, .sender(FigureWorld.police.organisation), asked, expired, refused)
        let table = try #require(sender["consent-by-sender"])
        #expect(table["Polisen", "not-asked"] == .value(2) && table["Polisen", "no"] == .value(1))
        #expect(table["Polisen", "asked"] == .value(1.0 / 3))
        #expect(sender["later-answers-by-sender"]?["Polisen", "yes"] == .value(1))
        #expect(sender["later-answers-by-sender"]?["Polisen", "expired"] == .value(1))
        #expect(sender["placing-by-sender"]?["Polisen", "not-placed"] == .value(2))
        let record = try #require(ReferralRecord(log: asked.log))
        #expect(record.counted?.cases.first?.opened == CivilDate(year: 2_017, month: 3, day: 7))
    }

    @Test func returnsAndThoseWhomNobodyTookAreToldByRecipient() throws {
        var returned = try life(content())
        try returned.take()
        try returned.send(.giveBack(returned.id(.support), reason: .noCapacity), by: FigureWorld.centre)
        var untaken = try life(content(), number: 2)
        try untaken.pass(days: 4)
        let waiting = try life(content(), number: 3)
        let centre = ReportView.recipient(Self.centre)
        let now = Self.morning + .seconds(3 * 3_600)
        let taken = try #require(report(.partnership, centre, returned, untaken, waiting, now: now)["recipients"])
        #expect(taken["Stödcentrum Nordväst", "returned-no-capacity"] == .value(1))
        #expect(taken["Stödcentrum Nordväst", "untaken"] == .value(1) && taken["Stödcentrum Nordväst", "waiting"] == .value(1))
        #expect(taken["Stödcentrum Nordväst", "total"] == .value(3))
        let open = try #require(report(.partnership, centre, waiting, now: now)["untaken-now"])
        #expect(open["Stödcentrum Nordväst", "cases"] == .value(1) && open["Stödcentrum Nordväst", "oldest"] == .value(3))
        // The jour got what the centre gave back.
        #expect(try report(.partnership, .recipient(Self.jour), returned)["recipients"]?["Brottsofferjouren", "waiting"] == .value(1))
        let clocks = try report(.clocks, centre, untaken)
        #expect(clocks["taken-in-time/stodcentrum-nordvast"]?["2017-03", "broken"] == .value(1))
        #expect(clocks["contact-in-time/stodcentrum-nordvast"]?["2017-03", "over"] == .value(1))
    }

    @Test func clocksStandStillOnHold() throws {
        func standing(hold: Bool) throws -> PromiseStanding? {
            var life = try life(content())
            try life.take()
            if hold {
                try life.act(.hold(.personAway, until: #require(CivilDate(year: 2_017, month: 3, day: 20))))
                try life.pass(days: 15)
            } else {
                try life.pass(days: 3, hours: 1)
            }
            try life.act(.recordContact(ContactMade(channel: .call, at: life.now)))
            let stint = try #require(ReferralRecord(log: life.log)?.counted?.cases.first?.stints.first)
            return try stint.contactPromise(FigureWorld.policy().agreement(with: Self.centre, at: Self.morning), .support, at: life.now)
        }
        #expect(try standing(hold: true) == .kept)
        #expect(try standing(hold: false) == .broken)
    }

    /// Attempts until the person was reached, those in the evening among them.
    @Test func attemptsCountUntilThePersonIsReached() throws {
        var life = try life(content())
        try life.take()
        for hours in [1, 9] {
            try life.wait(until: Self.morning + .seconds(hours * 3_600))
            try life.act(.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer)))
        }
        try life.pass(days: 1)
        try life.act(.recordContact(ContactMade(channel: .call, at: life.now)))
        try life.pass(days: 1)
        try life.act(.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer)))
        let stint = try #require(ReferralRecord(log: life.log)?.counted?.cases.first?.stints.first)
        #expect(stint.attempts == 2 && stint.eveningAttempts == 1)
        let clocks = try report(.clocks, .recipient(Self.centre), life)
        #expect(clocks["attempts"]?["Stödcentrum Nordväst", "2"] == .value(1))
        #expect(clocks["attempts"]?["Stödcentrum Nordväst", "median"] == .value(33))
    }

    /// Whatever happens, the record agrees with the state that follows from the same log, at every place in it.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func theRecordAgreesWithTheState(seed: UInt64) throws {
        var lives = LifeCycles(seed: seed)
        for _ in 0..<300 { _ = try lives.next() }
        var logs: [ReferralID: [LogEntry]] = [:]
        for (index, step) in lives.steps.enumerated() {
            let id = step.state.id
            logs[id, default: []].append(
                LogEntry(sequence: Int64(index + 1), referral: id, at: step.at, actor: step.actor, events: step.events))
            let record = try #require(ReferralRecord(log: logs[id] ?? []))
            #expect(try ReferralRecord(encoded: record.encoded()) == record)
            guard let counted = record.counted else { continue }
            #expect(counted.cases.count == step.state.assignments.count)
            for assignment in step.state.assignments {
                let item = try #require(counted.cases.first { $0.service == assignment.service })
                #expect(item.isOpen == assignment.isOpen)
                let open = item.stints.filter { $0.ended == nil }
                #expect(open.count <= 1 && open.allSatisfy { $0.owner == assignment.owner && $0.available == assignment.availableAt })
                let reviews = item.reviews.filter { $0.until == nil }
                #expect(open.count + reviews.count == (assignment.isOpen ? 1 : 0))
            }
        }
    }
}
