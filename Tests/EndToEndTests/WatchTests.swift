import Exchange
import GRDB
import Referral
import ReferralAPI
import SQLiteStore
import Synchronization
import TTRPC
import TestSupport
import Testing

/// The three watches: who is told of what, once each and in order, whatever happens in between.
@Suite(.timeLimit(.minutes(6))) struct WatchTests {
    private let boj = "bojen-vasterort/stodsamordning"
    private let centre = "stodcentrum-vasterort/vallingby"

    @Test(arguments: Carrier.allCases) func everybodyIsToldOfWhatIsTheirs(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let volunteers = try await exchange.recipient(boj)
            let youngPeoples = try await exchange.recipient(centre)
            let coordinator = try await exchange.coordination()
            try await Watching.statuses(sender) { statuses in
                try await Watching.cases(volunteers) { bojs in
                    try await Watching.cases(youngPeoples) { centres in
                        try await Watching.review(coordinator) { reviews in
                            for watch in [bojs, centres, reviews] { try await watch.waitFor(1) }
                            #expect(bojs.told.caughtUp.count == 1 && bojs.changes.isEmpty)
                            try await statuses.waitFor(1)

                            let receipt = try await sender.submit(Sample.submission("m", Sample.young()))
                            try await centres.waitFor(2)
                            let id = try #require(centres.changes.first).assignmentID
                            _ = try await youngPeoples.fetch()
                            _ = try await youngPeoples.giveBack(id, reason: .noCapacity)
                            try await bojs.waitFor(2)
                            _ = try await volunteers.fetch()
                            _ = try await volunteers.accept(id)
                            _ = try await volunteers.giveBack(id, reason: .conflictOfInterest)
                            try await reviews.waitFor(2)
                            try await statuses.waitFor(4)
                            try await bojs.waitFor(5)

                            // The support centre knows that it has given the case back, and nothing after that.
                            #expect(centres.changes.map(\.what) == [["offered"], ["handed out"], ["returned"]])
                            #expect(centres.changes.map { $0.state?.phase } == [.offered, .leased, nil])
                            #expect(
                                bojs.changes.map(\.what) == [["offered"], ["handed out"], ["received", "accepted"], ["returned"]])
                            #expect(bojs.changes.last?.state == nil)
                            #expect(reviews.changes.map(\.what) == [["returned", "review: returned-twice"]])
                            #expect(reviews.changes.first?.state?.phase == .review)
                            // Routed, routed again elsewhere at the same moment tells nothing new, taken, returned.
                            #expect(statuses.changes.allSatisfy { $0.status.referralID == receipt.referralID })
                            #expect(statuses.changes.flatMap(\.status.services).map(\.status).first == .routed)
                            #expect(statuses.changes.last?.status.services.map(\.status) == [.returned])
                            for changes in [bojs.changes, centres.changes, reviews.changes] {
                                #expect(changes.map(\.sequence) == changes.map(\.sequence).sorted())
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aWatchGoesOnWhereItBrokeOff(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            for number in 0..<150 { _ = try await sender.submit(Sample.submission("m\(number)")) }
            let whole = try await Watching.cases(recipient) { watch in
                try await watch.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            #expect(whole.changes.count == 150)
            let end = try #require(whole.caughtUp.first)

            // Broken off after every change in turn, what follows is the rest.
            for count in [1, 63, 64, 65, 149, 150] {
                let rest = try await Watching.cases(recipient, after: whole.changes[count - 1].sequence) { watch in
                    try await watch.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
                }
                #expect(rest.changes == Array(whole.changes.dropFirst(count)))
                #expect(rest.caughtUp == [end])
            }
            let nothing = try await Watching.cases(recipient, after: end.after) { try await $0.waitFor(1) }
            #expect(nothing == [.caughtUp(end)])

            // A place that this exchange has never told.
            let refused = await failure {
                try await recipient.watch(WatchRequest(after: end.after + 1_000)) { for try await _ in $0 {} }
            }
            #expect(refused?.code == .failedPrecondition)
        }
    }

    /// Stopped and started again and again while cases come: every change is told once, in order, whoever tells it.
    @Test(arguments: Carrier.allCases) func aRestartLosesNothingAndTellsNothingTwice(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var told: [CaseChange] = []
            var place: Int64 = 0
            for round in 0..<4 {
                // What comes while nobody watches.
                for number in 0..<3 { _ = try await exchange.sender().submit(Sample.submission("before-\(round)-\(number)")) }
                let after = place
                let responses = try await exchange.withAnother(carrier) { other in
                    try await Watching.cases(other.recipient(boj), after: after) { watch in
                        try await watch.waitFor(3)
                        for number in 0..<5 { _ = try await other.sender().submit(Sample.submission("during-\(round)-\(number)")) }
                        // Broken off in the middle of it.
                        try await watch.waitFor(5 + round)
                        other.exchange.stopWaiting()
                        _ = try await eventually("the watch ends") { watch.hasEnded ? true : nil }
                        #expect(watch.failure?.code == .unavailable)
                        return watch.told
                    }
                }
                told += responses.changes
                place = told.last?.sequence ?? 0
            }
            let rest = try await Watching.cases(exchange.recipient(boj), after: place) {
                try await $0.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            told += rest.changes
            let whole = try await Watching.cases(exchange.recipient(boj)) {
                try await $0.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            #expect(told.count == 4 * 8)
            #expect(told == whole.changes)
        }
    }

    @Test func bothServicesOfOneReferralAreToldAndNeitherTwice() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(centre)
            var content = Sample.young()
            content.services = [.support, .mediation]
            content.consent.coversMediation = true
            content.mediation = Mediation(
                offenders: [Offender(age: 16, residence: content.residence, admitted: .yes, takesPart: .yes)], investigation: .concluded,
                personTakesPart: .yes, suitable: .yes)
            _ = try await sender.submit(Sample.submission("m", content))
            let all = try await Watching.cases(recipient) { try await $0.waitFor(3) }
            #expect(all.changes.map { $0.state?.service } == [.support, .mediation])
            let first = try #require(all.changes.first)
            // Broken off between the two.
            let rest = try await Watching.cases(recipient, after: first.sequence) { try await $0.waitFor(2) }
            #expect(rest.changes == Array(all.changes.dropFirst()))
        }
    }

    @Test(arguments: Carrier.allCases) func commitsOfAnotherExchangeOnTheSameStoreAreTold(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient(boj)
            try await Watching.cases(recipient) { watch in
                try await watch.waitFor(1)
                try await exchange.withAnother(carrier) { other in
                    _ = try await other.sender().submit(Sample.submission("m"))
                }
                #expect(watch.changes.isEmpty)
                await exchange.noticing.waitForSleeper()
                exchange.noticing.advance(by: .seconds(1))
                try await watch.waitFor(2)
                #expect(watch.changes.map(\.what) == [["offered"]])
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aWatchEndsWhenTheExchangeStops(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            try await Watching.cases(exchange.recipient(boj)) { watch in
                try await watch.waitFor(1)
                exchange.exchange.stopWaiting()
                _ = try await eventually("the watch ends") { watch.hasEnded ? true : nil }
                #expect(watch.failure?.code == .unavailable)
            }
            // Nor does another begin.
            let late = await failure { try await exchange.recipient(boj).watch { for try await _ in $0 {} } }
            #expect(late?.code == .unavailable)
            #expect(exchange.exchange.changes.watching == 0)
        }
    }

    @Test(arguments: Carrier.allCases) func onlyThoseWhoseTheyAreMayWatch(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let asSender = await failure { try await exchange.sender(boj).watch { for try await _ in $0 {} } }
            #expect(asSender?.code == .permissionDenied)
            let asRecipient = await failure {
                try await exchange.recipient("polisen-stockholm/vasterort").watch { for try await _ in $0 {} }
            }
            #expect(asRecipient?.code == .permissionDenied)
            for stranger in [boj, "polisen-stockholm/vasterort"] {
                let asCoordinator = await failure { try await exchange.coordination(stranger).watch { for try await _ in $0 {} } }
                #expect(asCoordinator?.code == .permissionDenied)
            }
        }
    }

    @Test(arguments: Carrier.allCases) func anotherUnitOfTheSenderIsToldNothing(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let own = try await exchange.sender()
            let other = try await exchange.sender("polisen-stockholm/city")
            _ = try await own.submit(Sample.submission("m"))
            try await Watching.statuses(other) { watch in
                #expect(try await watch.waitFor(1).changes.isEmpty)
                _ = try await other.submit(Sample.submission("m"))
                try await watch.waitFor(2)
                #expect(watch.changes.map(\.status.messageID) == [MessageID("m")])
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aWatcherThatDoesNotReadHoldsUpNobody(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let slow = try await exchange.recipient(boj)
            let quick = try await exchange.recipient(boj)
            // Takes the first and then nothing more until it is let go.
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let count = 400
            try await Watching.cases(quick) { others in
                try await Watching<WatchResponse>.with({ each in
                    try await slow.watch { responses in
                        for try await response in responses {
                            each(response)
                            var iterator = gate.makeAsyncIterator()
                            _ = await iterator.next()
                        }
                    }
                }) { stuck in
                    try await stuck.waitFor(1)
                    for number in 0..<count { _ = try await sender.submit(Sample.submission("m\(number)")) }
                    try await others.waitFor(count + 1)
                    #expect(stuck.told.count == 1)
                    // And when it reads again, nothing is missing.
                    open.finish()
                    try await stuck.waitFor(count + 1)
                    #expect(stuck.changes == others.changes)
                }
            }
        }
    }

    /// Everything that a brottsofferjour or a sender may not know, said in every way in which it can be said, is in none of their streams,
    /// statuses and refusals.
    @Test(arguments: Carrier.allCases) func whatMayNotBeKnownIsInNoStreamStatusOrRefusal(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let volunteers = try await exchange.recipient(boj)
            let mediators = try await exchange.recipient(centre)
            let coordinator = try await exchange.coordination()
            var content = Sample.adult(age: 45)
            content.services = [.support, .mediation]
            content.consent.coversMediation = true
            content.event.crimeCode = "0365"
            content.event.crimeCodeYear = 2026
            content.event.policeReference = "5000-K987654-26"
            content.freeText = "Fritext om den misstänkte"
            content.conflictGroup = "torget-2026"
            content.mediation = Mediation(
                offenders: [Offender(age: 17, residence: content.residence, admitted: .yes, takesPart: .yes)], investigation: .concluded,
                personTakesPart: .yes, suitable: .yes)
            let receipt = try await sender.submit(Sample.submission("m", content))
            let support = try #require(try await volunteers.fetch().first).id
            let mediation = try #require(try await mediators.fetch().first).id
            _ = try await volunteers.accept(support)
            _ = try await mediators.accept(mediation)
            var count = 0
            func mediate(_ command: MediationCommand) async throws {
                count += 1
                _ = try await mediators.perform(.mediate(command), on: mediation, id: CommandID("m\(count)"))
            }
            try await mediate(.confirmEligible)
            try await mediate(.interrupt(.partyNotReached))
            _ = try await coordinator.read(support, because: .danger, id: CommandID("r"))
            _ = try await volunteers.perform(
                .recordContact(ContactMade(channel: .call, at: exchange.clock.now)), on: support, id: CommandID("1"))
            _ = try await sender.perform(
                SenderRequest(id: CommandID("a"), referralID: receipt.referralID, .amend([Contact(phone: "+46701740699", holder: .person)]))
            )
            var refusals: [String] = []
            for id in [mediation, AssignmentID("nothing")] {
                for command: AssignmentCommand in [
                    .complete(.supported), .mediate(.ask(PartyID("victim-1"))), .withdraw(.everything), .resume,
                ] {
                    refusals.append(
                        "\(await failure { _ = try await volunteers.perform(command, on: id, id: CommandID("x")) }?.message ?? "")")
                }
                refusals.append("\(await failure { _ = try await volunteers.file(id) }?.message ?? "")")
            }
            // Whose case it is makes no difference to those whose it is not.
            #expect(refusals.prefix(5) == refusals.suffix(5))

            let stream = try await Watching.cases(volunteers) {
                try await $0.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            #expect(stream.changes.count == 6, "\(stream.changes.map(\.what))")
            #expect(Set(stream.changes.map(\.assignmentID)) == [support])
            let listed = try await volunteers.cases().cases
            let told = "\(stream) \(refusals) \(listed)"
            let personal = ["Exempla", "Påhittad", "701740605", "701740699", "Fritext"]
            for secret in personal + ["0365", "K987654", "torget", mediation.rawValue, receipt.referralID.rawValue, "offender", "leader"] {
                #expect(!told.contains(secret), "\(secret)")
            }
            let statuses = try await Watching.statuses(sender) {
                try await $0.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            let senders = "\(statuses) \(try await sender.status(.message(MessageID("m"))))"
            for secret in personal + [
                "bojen", "stodcentrum", "attempt", "contact", "read", support.rawValue, mediation.rawValue, "partyNotReached",
            ] {
                #expect(!senders.contains(secret), "\(secret)")
            }
            // Taken twice, and new contacts; not the reading, the leader, or the contact.
            #expect(statuses.changes.count == 4, "\(statuses.changes)")
        }
    }

    @Test func aDamagedCaseKeepsNoOtherFromBeingTold() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            var damaged = ""
            for number in 0..<4 {
                let receipt = try await sender.submit(Sample.submission("m\(number)"))
                if number == 1 { damaged = receipt.referralID.rawValue }
            }
            let database = try DatabaseQueue(path: exchange.database)
            try await database.write { [damaged] in
                try $0.execute(
                    sql: "DROP TRIGGER log_is_not_changed; UPDATE log SET events = '[' WHERE referral = ?", arguments: [damaged])
            }
            let all = try await Watching.cases(exchange.recipient(boj)) {
                try await $0.waitFor("it has caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            #expect(all.changes.count == 3)
        }
    }

    /// SIGTERM while watches are open: they end at once, and the daemon with them.
    @Test func theDaemonStopsThoughSomebodyWatches() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                let recipient = AssignmentClient(try await daemon.client(boj))
                let sender = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                try await Watching.cases(recipient) { cases in
                    try await Watching.statuses(sender) { statuses in
                        try await cases.waitFor(1)
                        try await statuses.waitFor(1)
                        #expect(await daemon.stop() == .exit(0))
                        _ = try await eventually("both end") { cases.hasEnded && statuses.hasEnded ? true : nil }
                        #expect(cases.failure?.code == .unavailable && statuses.failure?.code == .unavailable)
                    }
                }
            }
        }
    }

    /// Alarms come from wherever the exchange is told to take them, with revisions of their own.
    @Test func alarmsComeWithTheChangesAndGoOnWhereTheyBrokeOff() async throws {
        let alarms = InventedAlarms()
        try await LiveExchange.with(alarms: alarms) { exchange in
            alarms.add(.coordinator)
            alarms.add(.organisation(OrganisationID("bojen-vasterort")))
            alarms.add(.coordinator)
            try await Watching.review(exchange.coordination()) { watch in
                let first = try await watch.waitFor(3)
                #expect(first.alarms.map(\.revision) == [1, 3])
                #expect(first.caughtUp.map(\.afterAlarm) == [3])
                alarms.add(.coordinator)
                exchange.exchange.changes.ringAll()
                #expect(try await watch.waitFor(4).alarms.map(\.revision) == [1, 3, 4])
            }
            let rest = try await Watching<WatchResponse>.with({ each in
                let request = WatchRequest(after: 0, afterAlarm: 3)
                try await exchange.coordination().watch(request) { for try await response in $0 { each(response) } }
            }) { try await $0.waitFor(2) }
            #expect(rest.alarms.map(\.revision) == [4])
        }
    }
}

/// Alarms that tests raise.
private final class InventedAlarms: AlarmSource {
    private let told = Mutex<[(reader: LogReader, alarm: SilenceAlarm)]>([])

    func add(_ reader: LogReader) {
        told.withLock { told in
            let day = CivilDate(inStockholmAt: Instant(milliseconds: 0))
            let sender = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("city"))
            let alarm = SilenceAlarm(
                revision: Int64(told.count + 1), id: "a\(told.count)", state: .raised, sender: sender, kind: .silence, since: day,
                through: day, expected: 4, seen: 0, at: Instant(milliseconds: 0), text: "tyst")
            told.append((reader, alarm))
        }
    }

    func news(for reader: LogReader, after revision: Int64, limit: Int) -> [AlarmNews] {
        Array(told.withLock { $0.filter { $0.reader == reader && $0.alarm.revision > revision }.map { .alarm($0.alarm) } }.prefix(limit))
    }
}

extension [WatchResponse] {
    fileprivate var alarms: [SilenceAlarm] { compactMap { if case .alarm(let alarm) = $0 { alarm } else { nil } } }
}
