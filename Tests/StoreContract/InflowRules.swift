import Referral
import Testing

extension StoreContract {
    /// What came on which day, the monitors of it, and their alarms.
    static let inflowRules = [
        Rule("each submission counts on its day in Sweden, for its unit and for each organisation that gets it") { store in
            // 22:59:59 and 23:00 UTC are two days in winter.
            let last = Instant(milliseconds: 1_709_333_999_000)
            let next = last + .seconds(1)
            let (one, two) = (Sample.recipients[0], Sample.recipients[1])
            let both = try Sample.offered(1, at: last, services: [.support, .mediation], to: [one, two])
            try await store.append(both)
            try await store.append(Sample.offered(2, at: last, services: [.support, .mediation], to: [one, one]))
            try await store.append(Sample.offered(3, at: next))
            // What happens later to a referral is no inflow.
            try await store.append(Sample.leased(both.state, at: next, until: next))
            let day = CivilDate(inStockholmAt: last)
            try await store.read { reader throws in
                let unit = InflowSource(Sample.police)
                #expect(
                    try reader.inflow(on: day) == [
                        unit: 2, InflowSource(Sample.police, to: one): 2, InflowSource(Sample.police, to: two): 1,
                    ])
                #expect(try reader.inflow(on: day.adding(days: 1)) == [unit: 1, InflowSource(Sample.police, to: one): 1])
                #expect(try reader.inflow(on: day.adding(days: 2)) == [:])
                #expect(try reader.nextInflowDay() == day)
            }
        },
        Rule("the days that the monitors know go on from the last") { store in
            #expect(try await store.read { try $0.nextInflowDay() } == nil)
            try await store.write { try $0.setInflowCounted(through: Sample.day) }
            #expect(try await store.read { try $0.nextInflowDay() } == Sample.day.adding(days: 1))
            try await store.write { try $0.setInflowCounted(through: Sample.day.adding(days: 1)) }
            #expect(try await store.read { try $0.nextInflowDay() } == Sample.day.adding(days: 2))
        },
        Rule("a monitor takes the place of the one before") { store in
            let unit = InflowSource(Sample.police)
            let pair = InflowSource(Sample.police, to: Sample.recipients[0])
            for monitor in [
                StoredInflowMonitor(source: pair, state: Array("{}".utf8), alarm: nil),
                StoredInflowMonitor(source: unit, state: Array("{\"a\":1}".utf8), alarm: "silence-1"),
                StoredInflowMonitor(source: pair, state: Array("{\"b\":2}".utf8), alarm: "silence-2"),
            ] { try await store.write { try $0.put(monitor) } }
            #expect(
                try await store.read { try $0.inflowMonitors() } == [
                    StoredInflowMonitor(source: unit, state: Array("{\"a\":1}".utf8), alarm: "silence-1"),
                    StoredInflowMonitor(source: pair, state: Array("{\"b\":2}".utf8), alarm: "silence-2"),
                ])
        },
        Rule("alarms have growing revisions and one id an incident, and each reader gets its own") { store in
            let (mine, others) = (Sample.recipients[0], Sample.recipients[1])
            let city = Participant(organisation: OrganisationID("polisen"), unit: UnitID("city"))
            @Sendable func alarm(_ source: InflowSource, _ state: StoredAlarm.State, id: String = "") -> StoredAlarm {
                StoredAlarm(
                    id: id, source: source, state: state, kind: .half, since: Sample.day, through: Sample.day.adding(days: 3),
                    expected: 12.25, seen: 3, at: Sample.noon, clearance: state == .cleared ? .returned : nil)
            }
            let unit = InflowSource(Sample.police)
            let pair = InflowSource(Sample.police, to: mine)
            // The organisation gets cases of this unit, and none of the other.
            try await store.write { try $0.put(StoredInflowMonitor(source: pair, state: Array("{}".utf8), alarm: nil)) }
            let stored = try await store.write { transaction in
                let first = try transaction.append(alarm(unit, .raised))
                return try [
                    first, transaction.append(alarm(pair, .raised)), transaction.append(alarm(InflowSource(city), .raised)),
                    transaction.append(alarm(InflowSource(city, to: others), .raised)),
                    transaction.append(alarm(unit, .updated, id: first.id)), transaction.append(alarm(unit, .cleared, id: first.id)),
                ]
            }
            #expect(stored.map(\.revision) == [1, 2, 3, 4, 5, 6])
            #expect(Set(stored.map(\.id)).count == 4 && Set([0, 4, 5].map { stored[$0].id }).count == 1)
            try await store.read { reader throws in
                func revisions(_ one: LogReader, after: Int64 = 0, limit: Int = 9) throws -> [Int64] {
                    try reader.inflowNews(for: one, after: after, limit: limit).map(\.revision)
                }
                #expect(try reader.inflowNews(for: .coordinator, after: 0, limit: 9) == stored.map { .alarm($0) })
                #expect(try revisions(.coordinator, after: 2, limit: 2) == [3, 4])
                #expect(try revisions(.sender(Sample.police)) == [1, 2, 5, 6])
                #expect(try revisions(.sender(city)) == [3, 4])
                #expect(try revisions(.organisation(mine)) == [1, 2, 5, 6])
                #expect(try revisions(.organisation(others)) == [4])
                #expect(try revisions(.organisation(Sample.recipients[2])) == [])
                for limit in [0, -1] { #expect(try revisions(.coordinator, limit: limit) == []) }
            }
        },
        Rule("notices stand in one row with alarms, are found by their ids, and are never taken twice") { store in
            let unit = InflowSource(Sample.police)
            let pair = InflowSource(Sample.police, to: Sample.recipients[0])
            let coordinator = Participant(organisation: Sample.coordinator, unit: UnitID("u"))
            func notice(_ id: String, _ source: InflowSource, _ kind: SourceNotice.Kind, by actor: Participant) -> StoredNotice {
                let isPause = kind == .paused
                let notice = SourceNotice(
                    id: CommandID(id), source: source, kind: kind, reason: kind.reasons[0], from: isPause ? Sample.day : nil,
                    until: isPause ? Sample.day.adding(days: 2) : nil)
                return StoredNotice(notice, by: actor, at: Sample.noon)
            }
            let given =
                SourceNotice.Kind.allCases.map { notice("c-\($0)", unit, $0, by: coordinator) }
                + [notice("c-paused", pair, .paused, by: Sample.police), notice("c-x", pair, .resumed, by: Sample.police)]
            let alarm = StoredAlarm(
                source: pair, state: .raised, kind: .silence, since: Sample.day, through: Sample.day, expected: 3, seen: 0, at: Sample.noon)
            let (stored, raised) = try await store.write { transaction in
                let first = try transaction.append(given[0])
                let raised = try transaction.append(alarm)
                return (try [first] + given.dropFirst().map { try transaction.append($0) }, raised)
            }
            #expect(stored.map(\.revision) == [1, 3, 4, 5, 6, 7] && raised.revision == 2)
            #expect(stored.map(\.notice) == given.map(\.notice))
            // Nothing happens, and the transaction goes on.
            let after = try await store.write { transaction in
                let error = #expect(throws: StoreError.self) { _ = try transaction.append(given[1]) }
                #expect(error?.code == .duplicate)
                return try transaction.append(alarm)
            }
            #expect(after.revision == 8)
            #expect(try await store.read { try $0.lastInflowRevision() } == 8)
            try await store.read { reader throws in
                #expect(try reader.notice(CommandID("c-paused"), by: coordinator) == stored[0])
                #expect(try reader.notice(CommandID("c-paused"), by: Sample.police) == stored[4])
                #expect(try reader.notice(CommandID("c-x"), by: coordinator) == nil)
                #expect(try reader.lastNotices() == [stored[3], stored[5]])
                #expect(try reader.lastNotice(about: unit, by: coordinator) == stored[3])
                #expect(try reader.lastNotice(about: pair, by: Sample.police) == stored[5])
                #expect(try reader.lastNotice(about: unit, by: Sample.police) == nil)
                #expect(try reader.lastNotice(about: pair, by: coordinator) == nil)
                let news = [InflowNews.notice(stored[0]), .alarm(raised)] + stored.dropFirst().map { .notice($0) } + [.alarm(after)]
                #expect(try reader.inflowNews(for: .coordinator, after: 0, limit: 99) == news)
                #expect(try reader.inflowNews(for: .sender(Sample.police), after: 1, limit: 2) == Array(news[1...2]))
                // Nothing of the unit as a whole without having been sent anything by it.
                #expect(
                    try reader.inflowNews(for: .organisation(Sample.recipients[0]), after: 0, limit: 99).map(\.revision) == [2, 6, 7, 8])
                #expect(try reader.inflowNews(for: .organisation(Sample.recipients[1]), after: 0, limit: 99).isEmpty)
            }
        },
    ]
}
