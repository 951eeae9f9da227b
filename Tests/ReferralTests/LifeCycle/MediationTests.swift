public import Referral
import Testing

@Suite struct MediationTests {
    private typealias World = SmallWorld
    private static let offender = PartyID("offender-1")
    private static let victim = PartyID("victim-1")

    @Test func everythingThatIsMissingIsToldAtOnce() throws {
        var life = try Life.mediating { content in
            content.event.reported = .no
            content.mediation = Mediation(
                offenders: [
                    Offender(age: 11, residence: World.farsta), Offender(age: 15, residence: World.farsta, admitted: .yes, takesPart: .no),
                    Offender(residence: World.farsta, admitted: .no),
                ], investigation: .running)
        } toOwner: { life in
            // With an offender under 12 people decide.
            try life.act(.assign(to: World.centre, reason: .reviewed), by: World.coordinatorOne)
        }
        let gaps = try #require(try life.assignment.mediation).gaps
        #expect(
            gaps == [
                .notReported, .notAdmitted("offender-1"), .tooYoung("offender-1"), .doesNotTakePart("offender-2"),
                .notAdmitted("offender-3"), .ageUnknown("offender-3"), .notSuitable, .leaderNotAsked,
            ])
        #expect(
            try life.refusal(.mediate(.confirmEligible)) == """
                not eligible: the event is not known to be reported to the police; \
                offender-1 is not known to have admitted the act or taking part; \
                offender-1 is under 12 and no exceptional reasons are recorded; offender-2 does not want to take part; \
                offender-3 is not known to have admitted the act or taking part; the age of offender-3 is unknown; \
                mediation is not known to be suitable; the investigation runs and its leader has not been asked
                """)
        for finding: MediationFinding in [
            .reported(.yes), .admitted("offender-1", .yes), .exceptionalReasons(true), .admitted("offender-3", .yes),
            .age("offender-3", 17),
            .suitable(.yes),
        ] {
            try life.act(.mediate(.find(finding)))
        }
        #expect(try life.refusal(.mediate(.confirmEligible))?.hasPrefix("not eligible: offender-2 does not want to take part") == true)
    }

    @Test func oneMediationFromTheProposalToTheReport() throws {
        var life = try Life.mediating { $0.mediation?.investigation = .running }
        #expect(try life.refusal(.mediate(.ask(Self.offender))) == "the mediation has to be found eligible before a party is asked")
        try life.act(.mediate(.confirmEligible))
        #expect(
            try life.refusal(.mediate(.ask(Self.offender)))
                == "not eligible: the investigation runs and its leader has not been asked")
        try life.act(.mediate(.consultLeader(.noObjection)))
        #expect(try life.phase == "leader consulted")
        try life.act(.mediate(.ask(Self.offender)))
        #expect(try life.refusal(.mediate(.ask(Self.victim))) == "the parties are asked one at a time: offender-1 has not answered")
        try life.act(.mediate(.recordAnswer(Self.offender, agrees: true)))
        #expect(try life.refusal(.mediate(.recordPreMeeting(Self.offender, at: life.now))) != nil)
        try life.act(.mediate(.ask(Self.victim)))
        try life.act(.mediate(.recordAnswer(Self.victim, agrees: true)))
        #expect(try life.phase == "pre-meetings")
        #expect(
            try life.refusal(.mediate(.recordMediation(at: life.now))) == "the meeting comes when every party has had its pre-meeting")
        for party in [Self.victim, Self.offender] { try life.act(.mediate(.recordPreMeeting(party, at: life.now))) }
        #expect(try life.phase == "meeting")
        #expect(try life.refusal(.mediate(.conclude(agreed: true))) == "the outcome comes after a meeting")
        try life.act(.mediate(.recordMediation(at: life.now)))
        #expect(try life.refusal(.mediate(.report(to: .prosecutor))) == "a mediation is reported when it is over or interrupted")
        try life.act(.mediate(.conclude(agreed: true)))
        #expect(
            try life.act(.mediate(.report(to: .prosecutor))) == [
                .mediation(Life.support, .reported(to: .prosecutor)), .ended(Life.support, .reported(.agreed)),
            ])
        #expect(try life.phase == "reported")
    }

    @Test func noMediationHasMorePartiesThanAnAnswerCanCarry() throws {
        var life = try Life.mediating()
        let known = try #require(try life.assignment.mediation).parties.count
        for _ in known..<40 { try life.act(.mediate(.addParty(.victim, age: nil, admitted: .unknown))) }
        #expect(try life.refusal(.mediate(.addParty(.victim, age: nil, admitted: .unknown))) == "a mediation has at most 40 parties")
    }

    @Test func severalOffendersAndVictims() throws {
        var life = try Life.mediating()
        try life.act(.mediate(.addParty(.offender, age: 16, admitted: .yes)))
        try life.act(.mediate(.addParty(.victim, age: nil, admitted: .unknown)))
        try life.act(.mediate(.confirmEligible))
        // Who joins later must be eligible, too.
        #expect(
            try life.refusal(.mediate(.addParty(.offender, age: nil, admitted: .no)))
                == "not eligible: offender-3 is not known to have admitted the act or taking part; the age of offender-3 is unknown")
        try life.act(.mediate(.addParty(.victim, age: 70, admitted: .unknown)))
        let parties = try #require(try life.assignment.mediation).parties.map(\.id)
        #expect(Set(parties) == ["offender-1", "offender-2", "victim-1", "victim-2", "victim-3"])
        for party in parties {
            #expect(try life.phase != "pre-meetings")
            try life.act(.mediate(.ask(party)))
            try life.act(.mediate(.recordAnswer(party, agrees: true)))
        }
        #expect(
            try life.refusal(.mediate(.addParty(.victim, age: 30, admitted: .unknown))) == "no party can join once all have said yes")
        for party in parties {
            #expect(try life.phase == "pre-meetings")
            try life.act(.mediate(.recordPreMeeting(party, at: life.now)))
            #expect(try life.refusal(.mediate(.recordPreMeeting(party, at: life.now))) != nil)
        }
        #expect(try life.phase == "meeting")
    }

    @Test func aNoInterruptsWheneverItComes() throws {
        let steps: [AssignmentCommand] = [
            .mediate(.confirmEligible), .mediate(.ask(Self.offender)), .mediate(.recordAnswer(Self.offender, agrees: true)),
            .mediate(.ask(Self.victim)), .mediate(.recordAnswer(Self.victim, agrees: true)),
            .mediate(.recordPreMeeting(Self.offender, at: World.morning)), .mediate(.recordPreMeeting(Self.victim, at: World.morning)),
            .mediate(.recordMediation(at: World.morning)),
        ]
        for count in 0...steps.count {
            for party in [Self.offender, Self.victim] {
                var life = try Life.mediating()
                for step in steps[..<count] { try life.act(step) }
                #expect(
                    try life.act(.mediate(.recordAnswer(party, agrees: false))) == [
                        .mediation(Life.support, .answered(party, agrees: false)), .mediation(Life.support, .interrupted(.partyDeclined)),
                    ])
                #expect(try life.phase == "interrupted")
                #expect(try life.refusal(.mediate(.ask(party))) == "the mediation is over; report it")
                try life.act(.mediate(.report(to: .police)))
                #expect(try life.assignment.phase == .ended(.reported(.interrupted(.partyDeclined))))
            }
        }
    }

    @Test func aNoIsTakenOnHoldAndDuringAHandover() throws {
        var held = try Life.mediating()
        try held.act(.hold(.trial, until: CivilDate(inStockholmAt: held.now).adding(days: 5)))
        try held.act(.mediate(.recordAnswer(Self.victim, agrees: false)))
        #expect(try held.phase == "interrupted")
        var offered = try Life.mediating()
        try offered.act(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
        try offered.act(.mediate(.recordAnswer(Self.victim, agrees: false)))
        try offered.act(.answerHandover(.accepted), by: World.neighbourOne)
        #expect(try offered.phase == "interrupted")
        try offered.act(.mediate(.report(to: .police)), by: World.neighbourOne)
        #expect(try offered.phase == "reported")
    }

    @Test func whoGetsItFromTheCoordinatorBeginsAnew() throws {
        var life = try Life.mediating()
        try life.act(.mediate(.confirmEligible))
        try life.act(.mediate(.ask(Self.offender)))
        try life.act(.assign(to: World.neighbour, reason: .ownerUnavailable), by: World.coordinatorOne)
        try life.take(by: World.neighbourOne)
        #expect(try life.phase == "accepted")
        try life.act(.mediate(.confirmEligible), by: World.neighbourOne)
        #expect(try life.refusal(.mediate(.ask(Self.offender)), by: World.neighbourOne) == nil)
    }

    @Test func theLeaderMayStopIt() throws {
        var life = try Life.mediating { $0.mediation?.investigation = .running }
        try life.act(.mediate(.consultLeader(.objects)))
        try life.act(.mediate(.report(to: .prosecutor)))
        #expect(try life.assignment.phase == .ended(.reported(.interrupted(.leaderObjects))))
        var none = try Life.mediating()
        #expect(try none.refusal(.mediate(.consultLeader(.noObjection))) == "no investigation is running whose leader could be asked")
    }

    @Test func whoHasAskedTheLeaderBeforeNeedNotAskAgain() throws {
        var life = try Life.mediating {
            $0.mediation?.investigation = .running
            $0.mediation?.leaderConsulted = .yes
        }
        try life.act(.mediate(.confirmEligible))
        #expect(try life.phase == "leader consulted")
        #expect(try life.refusal(.mediate(.ask(Self.offender))) == nil)
    }

    @Test func mediationAndSupportAreKeptApart() throws {
        var life = try Life(World.content(services: [.support, .mediation]))
        try life.take()
        try life.take(Life.mediation)
        let support = try life.assignment
        try life.act(.mediate(.confirmEligible), on: Life.mediation)
        try life.act(.mediate(.ask(Self.victim)), on: Life.mediation)
        try life.act(.mediate(.recordAnswer(Self.victim, agrees: false)), on: Life.mediation)
        try life.act(.mediate(.report(to: .police)), on: Life.mediation)
        #expect(try life.assignment == support)
        #expect(try life.refusal(.mediate(.confirmEligible)) == "this is support: what belongs to a mediation is recorded there")
        let mediation = "a mediation records its own steps: parties, pre-meetings, meeting"
        var other = try Life.mediating()
        for command: AssignmentCommand in [
            .recordAttempt(Attempt(channel: .call, at: other.now, result: .noAnswer)),
            .recordContact(ContactMade(channel: .call, at: other.now)), .recordMeeting(Meeting(.held, form: .call, at: other.now)),
            .complete(.supported), .closeUnreachable, .decline,
        ] {
            #expect(try other.refusal(command) == mediation)
        }
        // The time it takes is counted alike: the municipalities pay by it.
        #expect(try other.refusal(.recordService(ServiceGiven(.mediation, minutes: 90, municipality: "0180"))) == nil)
    }
}

extension PartyID: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text) }
}
