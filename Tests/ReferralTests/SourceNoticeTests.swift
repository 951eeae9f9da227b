import Referral
import Testing

@Suite struct SourceNoticeTests {
    private static let unit = InflowSource(SmallWorld.police)
    private static let pair = InflowSource(SmallWorld.police, to: SmallWorld.centre)
    private static let today = CivilDate(inStockholmAt: SmallWorld.morning)

    private static func pause(_ source: InflowSource = unit, from: Int? = nil, until: Int) -> SourceNotice {
        SourceNotice(
            id: CommandID("c"), source: source, kind: .paused, reason: .holidays, from: from.map { today.adding(days: $0) },
            until: today.adding(days: until))
    }

    @Test(
        arguments: [
            (nil, 1, []), (0, 1, []), (5, 6, []), (nil, 366, []), (nil, 0, ["until"]), (nil, -1, ["until"]), (-1, 1, ["from"]),
            (-1, 0, ["from", "until"]), (-1, 367, ["from", "until"]), (nil, 367, ["until"]), (6, 6, ["until"]),
            (400, 399, ["until", "until"]),
        ] as [(Int?, Int, [String])])
    func theDaysOfAPause(from: Int?, until: Int, faults: [String]) {
        #expect(Self.pause(from: from, until: until).faults(on: Self.today).map(\.field) == faults)
    }

    @Test func everyReasonFitsSomethingAndEveryKindHasReasons() {
        #expect(Set(SourceNotice.Kind.allCases.flatMap(\.reasons)) == Set(SourceNotice.Reason.allCases))
        #expect(SourceNotice.Kind.allCases.allSatisfy { !$0.reasons.isEmpty })
        // What hides a silence for good is not for the unit itself to say.
        #expect(SourceNotice.Kind.ofSenders == [.paused, .resumed])
    }

    @Test func aNoticeAboutAUnitIsAboutAllThatItSends() {
        let other = InflowSource(Participant(organisation: SmallWorld.police.organisation, unit: UnitID("norr")))
        #expect(Self.pause(until: 1).concerns(Self.unit) && Self.pause(until: 1).concerns(Self.pair))
        #expect(!Self.pause(until: 1).concerns(other))
        #expect(Self.pause(Self.pair, until: 1).concerns(Self.pair) && !Self.pause(Self.pair, until: 1).concerns(Self.unit))
        #expect(!Self.pause(Self.pair, until: 1).concerns(InflowSource(SmallWorld.police, to: SmallWorld.jour)))
    }

    @Test func inWords() throws {
        let directory = try SmallWorld.policy().routing.directory(on: Self.today)
        func text(
            _ kind: SourceNotice.Kind, _ reason: SourceNotice.Reason, _ source: InflowSource = Self.unit, until: Int = 30
        ) -> String {
            let notice =
                kind == .paused
                ? Self.pause(source, until: until) : SourceNotice(id: CommandID("c"), source: source, kind: kind, reason: reason)
            return StoredNotice(notice, by: SmallWorld.police, at: SmallWorld.morning).text(in: directory)
        }
        #expect(
            text(.paused, .holidays)
                == "soder väntas inte skicka något från och med 2 mars; väntas skicka igen från 1 april 2026 (ledigheter)")
        #expect(
            text(.paused, .holidays, until: 310)
                == "soder väntas inte skicka något från och med 2 mars 2026; väntas skicka igen från 6 januari 2027 (ledigheter)")
        #expect(text(.ended, .closed, Self.pair) == "soder skickar inte längre något till Stödcentrum (enheten finns inte längre)")
        #expect(text(.accepted, .fewerCases) == "soder: det som kommer nu är det som är att vänta (färre ärenden)")
        #expect(text(.resumed, .mistake, Self.pair) == "soder väntas skicka till Stödcentrum som vanligt (sades av misstag)")
        #expect(text(.resumed, .worksAgain) == "soder väntas skicka som vanligt (fungerar igen)")
        let cleared = StoredAlarm(
            source: Self.pair, state: .cleared, kind: .silence, since: Self.today, through: Self.today, expected: 3, seen: 0,
            at: SmallWorld.morning, clearance: .paused)
        #expect(cleared.text(in: directory) == "soder väntas inte skicka något till Stödcentrum för tillfället")
    }
}
