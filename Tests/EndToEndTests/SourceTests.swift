import Exchange
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// What people say of those who send, and what becomes of their alarms.
@Suite(.timeLimit(.minutes(6))) struct SourceTests {
    private static let unit = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort"))
    private static let city = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("city"))
    private static let jour = OrganisationID("bojen-vasterort")
    private static let volunteers = "bojen-vasterort/stodsamordning"
    private static let coordinator = "stockholms-stad/samordnare"
    private static let whole = InflowSource(unit)
    private static let pair = InflowSource(unit, to: jour)
    private static let others = InflowSource(city)

    /// An exchange that knows three sources, on 2 March 2026.
    private static func with(_ carrier: Carrier, _ body: @Sendable (LiveExchange) async throws -> Void) async throws {
        try await LiveExchange.with(carrier) { exchange in
            try await exchange.store.seed([whole, pair, others], through: exchange.today.adding(days: -1))
            try await body(exchange)
        }
    }

    private static func notice(
        _ id: String, _ source: InflowSource, _ kind: SourceNotice.Kind, _ reason: SourceNotice.Reason, from: CivilDate? = nil,
        until: CivilDate? = nil
    ) -> SourceNotice {
        SourceNotice(id: CommandID(id), source: source, kind: kind, reason: reason, from: from, until: until)
    }

    @Test(arguments: Carrier.allCases) func anAnnouncedPauseRaisesNoAlarmAndAnUnannouncedSilenceDoes(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            let until = exchange.today.adding(days: 14)
            let sender = try await exchange.sources("\(Self.unit)")
            let pause = Self.notice("p", Self.whole, .paused, .holidays, until: until)
            let told = try await sender.announce(pause)
            #expect(told.by == Self.unit && told.from == exchange.today && told.until == until && told.at == exchange.clock.now)
            #expect(
                told.text
                    == "Västerorts polismästardistrikt väntas inte skicka något från och med 2 mars; väntas skicka igen från 16 mars 2026"
                    + " (ledigheter)")
            let states = try await sender.sources().sources
            #expect(states.map(\.source) == [Self.whole, Self.pair] && states.allSatisfy { $0.state == .paused && $0.until == until })
            #expect(states.allSatisfy { $0.notice == told })

            let alarms = try await exchange.pass(days: 14)
            #expect(!alarms.isEmpty && alarms.allSatisfy { $0.source == Self.others }, "\(alarms)")
            // Days later the same command gets the first answer, and another one of the same id none.
            #expect(try await sender.announce(pause) == told)
            let other = await failure { _ = try await sender.announce(Self.notice("p", Self.whole, .resumed, .mistake)) }
            #expect(other?.code == .alreadyExists)
            #expect(try await sender.sources().sources.map(\.state) == [.normal, .normal])
            // The pause is over.
            #expect(Set(try await exchange.pass(days: 8).filter { $0.state == .raised }.map(\.source)) == [Self.whole, Self.pair])
        }
    }

    @Test(arguments: Carrier.allCases) func aPauseToComeIsWatchedUntilItBegins(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            let coordinator = try await exchange.sources(Self.coordinator)
            let (from, until) = (exchange.today.adding(days: 8), exchange.today.adding(days: 30))
            let told = try await coordinator.announce(
                Self.notice("p", Self.whole, .paused, .reorganisation, from: from, until: until))
            #expect(told.from == from)
            #expect(try await coordinator.sources().sources.allSatisfy { $0.state == .normal })
            // A silence before it is none that was announced.
            let early = try await exchange.pass(days: 8)
            #expect(Set(early.filter { $0.state == .raised }.map(\.source)) == [Self.whole, Self.pair, Self.others])
            let later = try await exchange.pass(days: 10).filter { $0.source.sender == Self.unit }
            #expect(later.map(\.state) == [.cleared, .cleared] && later.allSatisfy { $0.clearance == .paused }, "\(later)")
            // It is taken back, and the silence is noticed again.
            #expect(try await coordinator.announce(Self.notice("r", Self.whole, .resumed, .mistake)).kind == .resumed)
            #expect(try await exchange.pass(days: 8).contains { $0.state == .raised && $0.source == Self.whole })
        }
    }

    @Test(arguments: Carrier.allCases) func theCoordinatorClearsAnAlarmAndAllWhoSawItAreTold(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            let coordinator = try await exchange.sources(Self.coordinator)
            _ = try await exchange.pass(days: 8)
            let silent = try await coordinator.sources(ListSourcesRequest(state: .silent)).sources
            #expect(silent.map(\.source) == [Self.others, Self.whole, Self.pair])
            #expect(silent.allSatisfy { ($0.alarm?.expected ?? 0) > 8 && $0.alarm?.seen == 0 && $0.notice == nil })
            // The unit cannot explain an alarm away.
            let own = await failure {
                _ = try await exchange.sources("\(Self.unit)").announce(
                    Self.notice("p", Self.whole, .paused, .workload, until: exchange.today.adding(days: 5)))
            }
            #expect(own?.code == .failedPrecondition && own?.message.contains("an alarm is on") == true)

            try await Watching.review(exchange.coordination()) { reviews in
                try await Watching.cases(exchange.recipient(Self.volunteers)) { cases in
                    try await Watching.statuses(exchange.sender()) { statuses in
                        let told = try await coordinator.announce(Self.notice("a", Self.whole, .accepted, .fewerCases))
                        for watch in [reviews, cases] {
                            try await watch.waitFor("the notice") { if case .notice(let notice) = $0 { notice == told } else { false } }
                            try await watch.waitFor("the end of both alarms") {
                                if case .alarm(let alarm) = $0 { alarm.state == .cleared && alarm.recipient == Self.jour } else { false }
                            }
                        }
                        try await statuses.waitFor("the notice") { if case .notice(let notice) = $0 { notice == told } else { false } }
                        // First why, then what follows from it; a watch goes on from either.
                        let rest = try await exchange.alarmNews(after: told.revision - 1)
                        #expect(rest.map(\.revision) == [told.revision, told.revision + 1, told.revision + 2])
                        #expect(try await exchange.alarmNews(after: told.revision).count == 2)
                    }
                }
            }
            #expect(try await coordinator.sources(ListSourcesRequest(state: .learning)).sources.map(\.source) == [Self.whole, Self.pair])
            // An end, and its undoing.
            #expect(try await coordinator.announce(Self.notice("e", Self.others, .ended, .closed)).text.contains("skickar inte längre"))
            #expect(try await coordinator.sources(ListSourcesRequest(state: .ended)).sources.map(\.source) == [Self.others])
            #expect(try await exchange.pass(days: 10).isEmpty)
            _ = try await coordinator.announce(Self.notice("r", Self.others, .resumed, .worksAgain))
            #expect(try await exchange.pass(days: 8).map(\.source) == [Self.others])
            let log = exchange.log.lines.filter { $0.hasPrefix("notice somebody said what is to be expected") }
            #expect(log.count == 3 && log.allSatisfy { $0.contains(Self.coordinator) && $0.contains("reason") }, "\(log)")
        }
    }

    @Test(arguments: Carrier.allCases) func everybodyListsWhatTheyAreToldOf(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            func listed(_ participant: String, limit: Int = 100) async throws -> [InflowSource] {
                let client = try await exchange.sources(participant)
                var sources: [InflowSource] = []
                var token: String?
                repeat {
                    let page = try await client.sources(ListSourcesRequest(limit: limit, pageToken: token))
                    #expect(page.sources.count <= limit)
                    sources += page.sources.map(\.source)
                    token = page.nextPageToken
                } while token != nil
                return sources
            }
            for limit in [1, 2, 3] { #expect(try await listed(Self.coordinator, limit: limit) == [Self.others, Self.whole, Self.pair]) }
            #expect(try await listed("\(Self.unit)") == [Self.whole, Self.pair])
            #expect(try await listed("\(Self.city)") == [Self.others])
            #expect(try await listed(Self.volunteers, limit: 1) == [Self.whole, Self.pair])
            #expect(try await listed("stodcentrum-nordvast/sollentuna").isEmpty)
            #expect(await failure { _ = try await listed("stadsrevisionen/revisor") }?.code == .permissionDenied)
            let client = try await exchange.sources(Self.coordinator)
            for token in ["x", "_", "1_1_", "9999999999999999999_1_ab", "-1_1_ab", "1_1_a", "64_64_ab", "0_0_"] {
                let bad = await failure { _ = try await client.sources(ListSourcesRequest(pageToken: token)) }
                #expect(bad?.code == .invalidArgument, "\(token)")
            }
        }
    }

    @Test(arguments: Carrier.allCases) func whoMayNotSayItIsRefusedAndNothingHappens(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            let today = exchange.today
            let pause = Self.notice("p", Self.whole, .paused, .holidays, until: today.adding(days: 9))
            let cases: [(String, SourceNotice, Status.Code)] = [
                ("\(Self.city)", pause, .permissionDenied),
                ("\(Self.unit)", Self.notice("e", Self.whole, .ended, .closed), .permissionDenied),
                ("\(Self.unit)", Self.notice("a", Self.pair, .accepted, .workload), .permissionDenied),
                (Self.volunteers, pause, .permissionDenied), ("stadsrevisionen/revisor", pause, .permissionDenied),
                (Self.coordinator, Self.notice("r", Self.whole, .resumed, .worksAgain), .failedPrecondition),
                (
                    Self.coordinator, Self.notice("n", InflowSource(Self.unit, to: OrganisationID("ingen")), .ended, .closed), .notFound
                ),
                (
                    "\(Self.unit)",
                    Self.notice(
                        "d", Self.whole, .paused, .workload, from: today.adding(days: -1), until: today.adding(days: 400)), .invalidArgument
                ),
            ]
            for (caller, notice, code) in cases {
                let refused = await failure { _ = try await exchange.sources(caller).announce(notice) }
                #expect(refused?.code == code, "\(caller): \(notice)")
                if code == .invalidArgument { #expect(refused?.faults.map(\.path) == ["from", "until"]) }
            }
            let news = try await exchange.alarmNews(after: 0)
            #expect(news.isEmpty)
            #expect(try await exchange.sources(Self.coordinator).sources().sources.allSatisfy { $0.state == .normal && $0.notice == nil })
            // A refused id may be used again.
            #expect(
                try await exchange.sources("\(Self.unit)").announce(
                    Self.notice("d", Self.whole, .paused, .workload, until: today.adding(days: 1))
                ).revision == 1)
        }
    }

    @Test func twoWhoSayTheSameAtOnceAreAnsweredAlike() async throws {
        try await Self.with(.memory) { exchange in
            let notice = Self.notice("e", Self.whole, .ended, .closed)
            let client = try await exchange.sources(Self.coordinator)
            let answers = try await withThrowingTaskGroup(of: ToldNotice.self) { group in
                for _ in 0..<8 { group.addTask { try await client.announce(notice) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 8 && Set(answers).count == 1)
            #expect(try await exchange.alarmNews(after: 0).count == 1)
            // An id is of whoever has used it.
            #expect(try await exchange.sources("\(Self.unit)").announce(Self.notice("e", Self.whole, .resumed, .worksAgain)).revision == 2)
        }
    }

    @Test(arguments: Carrier.allCases) func whatIsSaidAgainAndChangesNothingIsKeptOnce(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            func days(_ number: Int) -> CivilDate { exchange.today.adding(days: number) }
            let unit = try await exchange.sources("\(Self.unit)")
            let coordinator = try await exchange.sources(Self.coordinator)
            let first = try await unit.announce(Self.notice("a", Self.whole, .paused, .workload, until: days(20)))
            for id in ["b", "c", "d"] {
                #expect(try await unit.announce(Self.notice(id, Self.whole, .paused, .workload, until: days(20))) == first)
            }
            #expect(try await exchange.alarmNews(after: 0).count == 1)
            // Another reason or other days are something else, and so is what somebody else says.
            #expect(try await unit.announce(Self.notice("e", Self.whole, .paused, .holidays, until: days(20))).revision == 2)
            #expect(try await coordinator.announce(Self.notice("a", Self.whole, .paused, .holidays, until: days(20))).revision == 3)
            // It was undone meanwhile for one recipient: said again, it pauses that, too.
            #expect(try await coordinator.announce(Self.notice("b", Self.pair, .resumed, .mistake)).revision == 4)
            #expect(try await unit.announce(Self.notice("f", Self.whole, .paused, .holidays, until: days(20))).revision == 5)
            #expect(try await unit.sources().sources.allSatisfy { $0.state == .paused })
            // An end that cases have undone is said again.
            #expect(try await coordinator.announce(Self.notice("g", Self.others, .ended, .closed)).revision == 6)
            #expect(try await coordinator.announce(Self.notice("h", Self.others, .ended, .closed)).revision == 6)
            _ = try await exchange.pass(days: 1)
            #expect(try await coordinator.announce(Self.notice("i", Self.others, .ended, .closed)).revision == 7)
        }
    }

    @Test(arguments: Carrier.allCases) func aPauseToComeLeavesTheOneThatRunsAndAnEndIsNotPaused(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            func days(_ number: Int) -> CivilDate { exchange.today.adding(days: number) }
            let coordinator = try await exchange.sources(Self.coordinator)
            func states() async throws -> [SourceState] { try await coordinator.sources().sources.map(\.state) }
            _ = try await coordinator.announce(Self.notice("n", Self.whole, .paused, .holidays, until: days(12)))
            _ = try await coordinator.announce(Self.notice("l", Self.whole, .paused, .holidays, from: days(13), until: days(30)))
            _ = try await coordinator.announce(Self.notice("e", Self.pair, .ended, .otherRoute))
            #expect(try await states() == [.normal, .paused, .ended])
            // Of the unit as a whole it is paused, and the end of what it sends to one recipient stays.
            _ = try await coordinator.announce(Self.notice("m", Self.whole, .paused, .holidays, from: days(13), until: days(31)))
            #expect(try await states() == [.normal, .paused, .ended])
            #expect(try await exchange.pass(days: 30).allSatisfy { $0.source == Self.others })
            for from in [nil, days(5)] {
                let refused = await failure {
                    _ = try await coordinator.announce(Self.notice("p", Self.pair, .paused, .holidays, from: from, until: days(9)))
                }
                #expect(refused?.code == .failedPrecondition && refused?.message.contains("has ended") == true, "\(refused as Any)")
            }
            #expect(try await states().last == .ended)
        }
    }

    @Test func aStateThatCannotBeReadIsToldAndLearnedAnew() async throws {
        try await Self.with(.memory) { exchange in
            try await exchange.store.write {
                try $0.put(StoredInflowMonitor(source: Self.pair, state: Array("{}".utf8), alarm: nil))
            }
            _ = try await exchange.sources(Self.coordinator).announce(Self.notice("e", Self.whole, .ended, .closed))
            let log = exchange.log.lines.filter { $0.contains("cannot be read: it is learned anew") }
            #expect(log.count == 1 && log.allSatisfy { $0.hasPrefix("error") && $0.contains("\(Self.pair)") }, "\(exchange.log.lines)")
            #expect(try await exchange.sources("\(Self.unit)").sources().sources.allSatisfy { $0.state == .ended })
        }
    }

    /// Each daemon looks once in a while.
    @Test func whoWatchesAnotherExchangeIsToldToo() async throws {
        try await Self.with(.memory) { exchange in
            try await exchange.withAnother(.memory) { another in
                try await another.exchange.countInflow()
                try await Watching.review(another.coordination()) { watch in
                    try await watch.waitFor("caught up") { if case .caughtUp = $0 { true } else { false } }
                    let told = try await exchange.sources(Self.coordinator).announce(Self.notice("e", Self.whole, .ended, .closed))
                    try await another.exchange.countInflow()
                    try await watch.waitFor("the notice") { if case .notice(told) = $0 { true } else { false } }
                }
            }
        }
    }

    /// Another exchange on the database has nothing but what is stored.
    @Test(arguments: Carrier.allCases) func whatWasSaidOutlivesTheExchange(_ carrier: Carrier) async throws {
        try await Self.with(carrier) { exchange in
            let until = exchange.today.adding(days: 20)
            let notice = Self.notice("p", Self.pair, .paused, .technicalFault, until: until)
            let told = try await exchange.sources(Self.coordinator).announce(notice)
            try await exchange.withAnother(carrier) { another in
                let client = try await another.sources(Self.coordinator)
                let paused = try await client.sources(ListSourcesRequest(state: .paused)).sources
                #expect(paused == [SourceStatus(source: Self.pair, state: .paused, until: until, notice: told)])
                #expect(try await client.announce(notice) == told)
                let raised = Set(try await another.pass(days: 10).map(\.source))
                #expect(raised == [Self.whole, Self.others])
            }
        }
    }
}

extension LiveExchange {
    fileprivate var today: CivilDate { CivilDate(inStockholmAt: clock.now) }

    /// Nothing comes for some days; what is told of it.
    fileprivate func pass(days: Int) async throws -> [StoredAlarm] {
        var told: [StoredAlarm] = []
        for _ in 0..<days {
            clock.advance(by: .seconds(86_400))
            told += try await exchange.countInflow()
        }
        return told
    }

    fileprivate func alarmNews(after revision: Int64) async throws -> [InflowNews] {
        try await store.read { try $0.inflowNews(for: .coordinator, after: revision, limit: 1_000) }
    }
}
