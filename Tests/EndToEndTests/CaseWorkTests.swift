import Exchange
import GRDB
import NIOCore
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// What organisations do with a case after they have taken it, from the first call to the end.
@Suite(.timeLimit(.minutes(6))) struct CaseWorkTests {
    private static let volunteers = "bojen-vasterort/stodsamordning"
    private static let centre = "stodcentrum-vasterort/vallingby"

    // MARK: Whole cases

    @Test(arguments: Carrier.allCases) func aSupportFromTheFirstCallToItsEnd(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let taken = try await work.client.file(work.id).state
            #expect(taken.phase == .accepted && taken.service == .support && taken.overdue == [])
            #expect(taken.owner == OrganisationID("bojen-vasterort"))
            #expect(taken.sender == Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort")))
            #expect(taken.deadlines == [CaseDeadline(kind: .contact, due: taken.availableAt + .seconds(3 * 86_400))])

            let tried = try await work.does(.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .noAnswer)))
            #expect(tried.phase == .contacting && tried.attempts == 1 && tried.version > taken.version)
            // The promise is broken; that is seen until it is kept.
            exchange.clock.advance(by: .seconds(4 * 86_400))
            while try await exchange.exchange.fireDeadlines() > 0 {}
            let overdue = try await work.client.cases(ListCasesRequest(filter: .overdue)).cases
            #expect(overdue.map(\.id) == [work.id] && overdue.map(\.overdue) == [[.contact]])
            let reached = try await work.does(.recordContact(ContactMade(channel: .sms, at: exchange.clock.now)))
            #expect(reached.phase == .contacted && reached.contactedAt == exchange.clock.now && reached.overdue == [])
            #expect(try await work.client.cases(ListCasesRequest(filter: .overdue)).cases == [])

            try await work.does(.recordMeeting(Meeting(.offered, form: .inPerson, at: exchange.clock.now)))
            let met = try await work.does(.recordMeeting(Meeting(.held, form: .inPerson, at: exchange.clock.now)))
            #expect(met.phase == .inSupport && met.meetingSettledAt == exchange.clock.now)
            try await work.does(.recordService(ServiceGiven(.accompaniment, minutes: 90, municipality: "0180")))
            let until = CivilDate(inStockholmAt: exchange.clock.now).adding(days: 7)
            let resting = try await work.does(.hold(.trial, until: until))
            #expect(resting.phase == .onHold && resting.hold == CaseHold(reason: .trial, until: until) && resting.stage == .inSupport)
            #expect(resting.deadlines.map(\.kind) == [.resume])
            #expect(try await work.does(.resume).phase == .inSupport)
            let ended = try await work.does(.complete(.linked))
            #expect(ended.phase == .completed && ended.ending == .completed(.linked) && ended.deadlines == [])
            #expect(try await work.client.cases().cases == [])

            // The content stays for the grace period and not longer.
            #expect(try await work.client.file(work.id).content != nil)
            exchange.clock.advance(by: .seconds(91 * 86_400))
            while try await exchange.exchange.fireDeadlines() > 0 {}
            let file = try await work.client.file(work.id)
            #expect(file.content == nil && file.decision == nil && file.state.ending == .completed(.linked))
        }
    }

    @Test(arguments: Carrier.allCases) func unreachableNeedsTheAttemptsThatWerePromised(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            for _ in 0..<3 { try await work.does(.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .noAnswer))) }
            let missing = await work.refusal(.closeUnreachable)
            #expect(missing?.code == .failedPrecondition)
            #expect(missing?.message == "needs three call attempts with one between 17 and 21; recorded: 3, none in the evening")
            exchange.clock.advance(by: .seconds(11 * 3_600))
            try await work.does(.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .messageLeft)))
            #expect(try await work.does(.closeUnreachable).ending == .unreachable)
        }
    }

    @Test(arguments: Carrier.allCases) func aMediationFromTheProposalToTheReport(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.centre, Planted.mediation)
            let (offender, victim) = (PartyID("offender-1"), PartyID("victim-1"))
            let proposed = try #require(try await work.client.file(work.id).state.mediation)
            #expect(proposed.parties.map(\.id) == [offender, victim])
            #expect(proposed.missing == [])
            let second = PartyID("offender-2")
            let added = try await work.does(.mediate(.addParty(.offender, age: nil, admitted: .unknown)))
            let missing = ["offender-2 is not known to have admitted the act or taking part", "the age of offender-2 is unknown"]
            #expect(added.mediation?.missing == missing)
            let early = await work.refusal(.mediate(.confirmEligible))
            #expect(early?.code == .failedPrecondition && early?.message == "not eligible: \(missing.joined(separator: "; "))")
            try await work.does(.mediate(.find(.admitted(second, .yes))))
            try await work.does(.mediate(.find(.age(second, 16))))
            #expect(try await work.does(.mediate(.confirmEligible)).phase == .leaderConsulted)
            let parties = [offender, second, victim]
            for party in parties {
                try await work.does(.mediate(.ask(party)))
                try await work.does(.mediate(.recordAnswer(party, agrees: true)))
            }
            for party in parties { try await work.does(.mediate(.recordPreMeeting(party, at: exchange.clock.now))) }
            #expect(try await work.does(.mediate(.recordMediation(at: exchange.clock.now))).mediation?.metAt == exchange.clock.now)
            #expect(try await work.does(.mediate(.conclude(agreed: true))).phase == .agreed)
            let reported = try await work.does(.mediate(.report(to: .prosecutor)))
            #expect(reported.phase == .reported && reported.ending == .reported(.agreed))

            // What belongs to a support is refused for a mediation.
            #expect(await work.refusal(.complete(.supported))?.code == .failedPrecondition)
        }
    }

    @Test(arguments: Carrier.allCases) func anyNoInterruptsAMediation(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.centre, Planted.mediation)
            let state = try await work.does(.mediate(.recordAnswer(PartyID("victim-1"), agrees: false)))
            #expect(state.phase == .interrupted && state.mediation?.interruption == .partyDeclined)
            #expect(try await work.does(.mediate(.report(to: .police))).ending == .reported(.interrupted(.partyDeclined)))
        }
    }

    // MARK: Handover

    @Test(arguments: Carrier.allCases) func aHandoverChangesTheOwnerAndWhatIsShown(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var content = Planted.content
            content.person = Person(name: "Exempla Påhittad", personalNumber: Planted.youngNumber, sex: .female)
            var work = try await Work.accepted(in: exchange, by: Self.centre, content)
            #expect(try await work.client.file(work.id).content?.freeText == Planted.freeText)
            let offer = AssignmentCommand.offerHandover(to: OrganisationID("bojen-vasterort"), reason: .personsWish, personAgrees: true)
            let offered = try await work.does(offer, id: "offer")
            #expect(offered.phase == .handoverOffered && offered.owner == OrganisationID("stodcentrum-vasterort"))
            #expect(offered.handover?.until == exchange.clock.now + .seconds(2 * 86_400))

            let connection = try await exchange.client(Self.volunteers)
            var other = Work(client: AssignmentClient(connection), id: work.id)
            #expect(try await other.client.cases(ListCasesRequest(filter: .handovers)).cases.map(\.id) == [work.id])
            #expect(try await other.client.cases().cases == [], "not theirs yet")
            let asked = try await other.client.file(work.id)
            #expect(asked.state.handover?.to == OrganisationID("bojen-vasterort") && asked.content == nil && asked.decision == nil)
            // The owner answers until it is accepted.
            try await work.does(.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .noAnswer)))
            #expect(await other.refusal(.resume)?.code == .permissionDenied)
            exchange.clock.advance(by: .seconds(3_600))
            let accepted = try await other.does(.answerHandover(.accepted))
            #expect(accepted.owner == OrganisationID("bojen-vasterort") && accepted.availableAt == exchange.clock.now)
            #expect(accepted.phase == .accepted && accepted.attempts == 0)

            // Decided anew by the class of the new owner, in every answer.
            let file = try await other.client.file(work.id)
            #expect(file.content?.contacts == content.contacts && file.content?.person.age == 17)
            let request = ByteBuffer(bytes: [0x0A, UInt8(work.id.rawValue.utf8.count)] + Array(work.id.rawValue.utf8))
            for answer in [try await connection.unary(.getCase, request), try await connection.unary(.listCases, ByteBuffer())] {
                #expect(answer.readableBytes > 60)
                for marker in Planted.all { #expect(!answer.contains(marker), "\(marker)") }
            }
            let shown = try await exchange.events().flatMap(\.events).compactMap { event -> ContentReading? in
                if case .read(_, let reading) = event { reading } else { nil }
            }
            #expect(shown.last?.by == Participant(organisation: OrganisationID("bojen-vasterort"), unit: UnitID("stodsamordning")))
            #expect(shown.last?.disclosed.contains(.freeText) == false && shown.first?.disclosed.contains(.freeText) == true)

            // To the former owner only its own answer is left.
            #expect(await failure { _ = try await work.client.file(work.id) }?.code == .notFound)
            #expect(await work.refusal(.resume)?.code == .notFound)
            #expect(try await work.does(offer, id: "offer") == offered)
            #expect(try await work.client.cases().cases == [])
        }
    }

    @Test(arguments: Carrier.allCases) func aHandoverThatIsRefusedGoesBackAndIsNotOfferedAgain(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.centre, Sample.young())
            var other = Work(client: try await exchange.recipient(Self.volunteers), id: work.id)
            let offer = AssignmentCommand.offerHandover(to: OrganisationID("bojen-vasterort"), reason: .age, personAgrees: true)
            let without = AssignmentCommand.offerHandover(to: OrganisationID("bojen-vasterort"), reason: .age, personAgrees: false)
            #expect(await work.refusal(without)?.message == "a handover needs the person's consent")
            try await work.does(offer)
            let refused = try await other.does(.answerHandover(.refused(.noCapacity)), id: "no")
            #expect(refused.phase == .accepted && refused.owner == OrganisationID("stodcentrum-vasterort"))
            #expect(await failure { _ = try await other.client.file(work.id) }?.code == .notFound)
            #expect(try await other.does(.answerHandover(.refused(.noCapacity)), id: "no") == refused)
            #expect(await work.refusal(offer)?.code == .failedPrecondition)
            #expect(try await work.client.file(work.id).content != nil)
        }
    }

    @Test(arguments: Carrier.allCases) func aHandoverThatNobodyAnswersIsOff(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.centre, Sample.young())
            let other = Work(client: try await exchange.recipient(Self.volunteers), id: work.id)
            try await work.does(.offerHandover(to: OrganisationID("bojen-vasterort"), reason: .age, personAgrees: true))
            exchange.clock.advance(by: .seconds(2 * 86_400))
            while try await exchange.exchange.fireDeadlines() > 0 {}
            #expect(try await work.client.file(work.id).state.phase == .accepted)
            #expect(await other.refusal(.answerHandover(.accepted))?.code == .notFound)
            #expect(try await other.client.cases(ListCasesRequest(filter: .handovers)).cases == [])
        }
    }

    // MARK: Repeats, conflicts, refusals

    @Test(arguments: Carrier.allCases) func theSameCommandAgainGetsTheFirstAnswerForEver(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let attempt = AssignmentCommand.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .noAnswer))
            let first = try await work.does(attempt, id: "one")
            let count = try await exchange.events().count
            #expect(try await work.does(attempt, id: "one") == first)
            try await work.does(.recordContact(ContactMade(channel: .call, at: exchange.clock.now)), id: "two")
            try await work.does(.complete(.informed), id: "three")
            #expect(try await work.does(attempt, id: "one") == first, "also after all that came later")
            #expect(try await work.does(attempt, id: "one", expecting: 1) == first, "whatever version is expected")
            #expect(try await exchange.events().count == count + 2)
            #expect(await work.refusal(.resume, id: "one")?.code == .alreadyExists)
            // The id is the unit's own.
            let stranger = Work(client: try await exchange.recipient(Self.centre), id: work.id)
            #expect(await stranger.refusal(attempt, id: "one")?.code == .notFound)
        }
    }

    @Test(arguments: Carrier.allCases) func whoHasNotSeenTheLatestIsTold(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let seen = try await work.client.file(work.id).state.version
            #expect(try await work.client.file(work.id).state.version == seen, "looking changes nothing")
            let changed = try await work.does(
                .recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .notNow)), expecting: seen)
            let conflict = await work.refusal(.hold(.illness, until: Self.day(exchange, 3)), expecting: seen)
            #expect(conflict?.code == .aborted)
            #expect(conflict?.message == "the case has changed: its version is \(changed.version), not \(seen); look at it again")
            #expect(try await work.does(.hold(.illness, until: Self.day(exchange, 3)), expecting: changed.version).phase == .onHold)
            // The person's no is taken by who has seen nothing of that.
            #expect(try await work.does(.withdraw(.everything), expecting: 1).phase == .withdrawn)
        }
    }

    @Test(arguments: Carrier.allCases) func everyRefusalHasItsCode(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let now = exchange.clock.now
            let refused: [(AssignmentCommand, Status.Code, String)] = [
                (
                    .recordContact(ContactMade(channel: .call, at: now + .seconds(1))), .invalidArgument, "at: lies in the future"
                ),
                (
                    .recordContact(ContactMade(channel: .call, at: now + .seconds(-86_400))), .invalidArgument,
                    "at: lies before the organisation got the case"
                ),
                (.hold(.trial, until: Self.day(exchange, 0)), .invalidArgument, "until: must be a day after today"),
                (.resume, .failedPrecondition, "the case is not on hold"),
                (.complete(.supported), .failedPrecondition, "the person has not been reached"),
                (
                    .recordMeeting(Meeting(.held, form: .call, at: now)), .failedPrecondition,
                    "the contact has to be recorded before a meeting"
                ),
                (.answerRecall(.granted), .failedPrecondition, "the sender has not asked for the case back"),
                (.answerHandover(.accepted), .permissionDenied, "only the asked organisation of the case may do this"),
                (.mediate(.confirmEligible), .failedPrecondition, "this is support"),
                (
                    .offerHandover(to: OrganisationID("nobody"), reason: .moved, personAgrees: true), .invalidArgument,
                    "to: the directory has no organisation of this id"
                ),
            ]
            for (command, code, message) in refused {
                let status = await work.refusal(command)
                #expect(status?.code == code && status?.message.hasPrefix(message) == true, "\(command): \(status?.message ?? "taken")")
            }
            let unknown = Work(client: work.client, id: AssignmentID("unknown"))
            let foreign = Work(client: try await exchange.recipient(Self.centre), id: work.id)
            let answers = [await unknown.refusal(.resume), await foreign.refusal(.resume)]
            #expect(answers.map { $0?.code } == [.notFound, .notFound] && answers[0]?.message == answers[1]?.message)
            let police = AssignmentClient(try await exchange.client("polisen-stockholm/vasterort"))
            #expect(await Work(client: police, id: work.id).refusal(.withdraw(.everything))?.code == .permissionDenied)
            #expect(await failure { _ = try await police.cases() }?.code == .permissionDenied)
            #expect(await failure { _ = try await police.file(work.id) }?.code == .permissionDenied)
            let noReader = try await exchange.recipient("bojen-stockholm-gotland/gotland")
            #expect(await failure { _ = try await noReader.cases(ListCasesRequest(filter: .protected)) }?.code == .permissionDenied)
            #expect(await failure { _ = try await work.client.cases(ListCasesRequest(pageToken: "x")) }?.code == .invalidArgument)
            #expect(await failure { _ = try await foreign.client.file(work.id) }?.code == .notFound)
            // None of that has left a trace.
            #expect(try await work.does(.decline).ending == .declined)
            #expect(await work.refusal(.resume)?.message == "the case is closed: declined")
            #expect(try await work.client.file(work.id).content == nil)
        }
    }

    @Test(arguments: Carrier.allCases) func theOwnerAnswersWhoWantsACaseBack(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let sender = try await exchange.sender()
            _ = try await sender.perform(SenderRequest(id: CommandID("r"), referralID: work.referral, .recall(.otherHelp)))
            #expect(try await work.client.file(work.id).state.recallRequested == .otherHelp)
            #expect(try await work.does(.answerRecall(.refused(.personWantsSupport))).recallRequested == nil)
            _ = try await sender.perform(SenderRequest(id: CommandID("r2"), referralID: work.referral, .recall(.duplicate)))
            #expect(try await work.does(.answerRecall(.granted)).ending == .recalled)
        }
    }

    // MARK: Races

    /// Of those who act on the same sight of a case one is taken; the others look again.
    @Test(arguments: Carrier.allCases) func ofManyWhoSawTheSameOneIsTaken(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let work = try await Work.accepted(in: exchange, by: Self.volunteers)
            let (client, id) = (work.client, work.id)
            let seen = try await client.file(id).state.version
            let attempt = AssignmentCommand.recordAttempt(Attempt(channel: .call, at: exchange.clock.now, result: .noAnswer))
            let codes = await Self.all(8) { number in
                await failure { _ = try await client.perform(attempt, on: id, id: CommandID("c\(number)"), expecting: seen) }?.code
            }
            #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .aborted } == 7, "\(codes)")
            #expect(try await client.file(id).state.attempts == 1)

            // The same command many times at once is one.
            let entries = try await exchange.events().count
            let answers = await Self.all(8) { _ in try? await client.perform(attempt, on: id, id: CommandID("same")) }
            #expect(Set(answers).count == 1 && answers[0]?.attempts == 2)
            #expect(try await exchange.events().count == entries + 1)
        }
    }

    /// Whoever comes first, in the end there is neither a case nor its content.
    @Test(arguments: Carrier.allCases) func aWithdrawalWinsWhileOthersAct(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            for round in 0..<4 {
                let work = try await Work.accepted(in: exchange, by: Self.volunteers, message: "m-\(round)")
                let (client, id, now) = (work.client, work.id, exchange.clock.now)
                let day = Self.day(exchange, 2)
                let others: [AssignmentCommand] = [
                    .recordAttempt(Attempt(channel: .call, at: now, result: .noAnswer)),
                    .recordContact(ContactMade(channel: .call, at: now)), .hold(.illness, until: day), .decline,
                    .offerHandover(to: OrganisationID("stodcentrum-vasterort"), reason: .age, personAgrees: true),
                ]
                await withTaskGroup(of: Void.self) { group in
                    for (number, command) in others.enumerated() {
                        group.addTask { _ = try? await client.perform(command, on: id, id: CommandID("c\(number)")) }
                    }
                    group.addTask { _ = try? await client.perform(.withdraw(.everything), on: id, id: CommandID("w")) }
                }
                let file = try await client.file(id)
                #expect(file.content == nil)
                #expect([.withdrawn, .declined].contains(file.state.phase))
                #expect(try await client.perform(.withdraw(.everything), on: id, id: CommandID("w")).phase == file.state.phase)
                let referral = work.referral
                let kept = try await exchange.store.read { try $0.content(of: referral) }
                #expect(kept == nil)
            }
        }
    }

    /// A case that the coordinator gives to an organisation wakes the fetch that waits there.
    @Test func anAssignedCaseWakesWhoWaitsForIt() async throws {
        try await LiveExchange.with { exchange in
            _ = try await exchange.sender().submit(Sample.submission("m"))
            let id = try #require(try await exchange.events().flatMap(\.events).compactMap(\.assignment).first)
            let centre = try await exchange.recipient(Self.centre)
            async let waiting = centre.fetch(FetchRequest(wait: .seconds(60)))
            await exchange.waiting.waitForSleeper()
            let assign = AssignmentCommand.assign(to: OrganisationID("stodcentrum-vasterort"), reason: .language)
            let coordinator = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))
            _ = try await exchange.exchange.perform(CaseRequest(id: CommandID("a"), .assignment(id, assign)), by: coordinator)
            #expect(try await waiting.map(\.id) == [id])
        }
    }

    // MARK: Lists

    @Test(arguments: Carrier.allCases) func casesAreListedPageByPageWithoutThoseThatMayBeProtected(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            for number in 0..<5 {
                _ = try await sender.submit(Sample.submission("m-\(number)"))
                exchange.clock.advance(by: .seconds(1))
            }
            var unknown = Sample.adult()
            unknown.protectedIdentity = .unknown
            _ = try await sender.submit(Sample.submission("unknown", unknown))
            let recipient = try await exchange.recipient(Self.volunteers)
            var (listed, token): ([CaseState], String?) = ([], nil)
            repeat {
                let page = try await recipient.cases(ListCasesRequest(limit: 2, pageToken: token))
                #expect(page.cases.count <= 2)
                listed += page.cases
                token = page.nextPageToken
            } while token != nil
            #expect(listed.count == 5 && listed.allSatisfy { $0.phase == .offered })
            #expect(listed.map(\.availableAt) == listed.map(\.availableAt).sorted())
            #expect(Set(listed.map(\.id)).count == 5)
            #expect(try await exchange.recipient(Self.centre).cases().cases == [])
            #expect(try await recipient.file(listed[0].id).content == nil, "nothing is shown before it is fetched")
            let fetched = try await recipient.fetch(FetchRequest(limit: 100))
            #expect(try await recipient.file(listed[0].id).content == fetched.first { $0.id == listed[0].id }?.content)
        }
    }

    /// Only the units that the directory names have anything to do with a case of somebody whose identity is protected.
    @Test(arguments: Carrier.allCases) func protectedCasesAreListedAndWorkedOnByTheirReadersOnly(_ carrier: Carrier) async throws {
        var content = Sample.adult()
        content.protectedIdentity = .confidentialityMarking
        let protected = content
        try await LiveExchange.with(carrier, installation: .withProtectedReader) { exchange in
            var work = try await Work.accepted(in: exchange, by: Self.volunteers, protected)
            #expect(try await work.client.cases().cases == [])
            #expect(try await work.client.cases(ListCasesRequest(filter: .protected)).cases.map(\.id) == [work.id])
            #expect(try await work.client.file(work.id).content?.person.name == "Exempla Påhittad")
            #expect(try await work.does(.recordContact(ContactMade(channel: .call, at: exchange.clock.now))).phase == .contacted)
            // Nor does the log say which case it is.
            #expect(!exchange.log.lines.contains { $0.contains(work.id.rawValue) })
            // The centre has no reader.
            let offer = AssignmentCommand.offerHandover(to: OrganisationID("stodcentrum-vasterort"), reason: .age, personAgrees: true)
            #expect(await work.refusal(offer)?.code == .failedPrecondition)
        }
        try await LiveExchange.with(carrier, installation: .small) { exchange in
            _ = try await exchange.sender().submit(Sample.submission("m", protected))
            let id = try #require(try await exchange.events().flatMap(\.events).compactMap(\.assignment).first)
            let client = try await exchange.recipient(Self.volunteers)
            #expect(try await client.fetch().isEmpty)
            #expect(await failure { _ = try await client.file(id) }?.code == .notFound)
            #expect(await failure { _ = try await client.cases(ListCasesRequest(filter: .protected)) }?.code == .permissionDenied)
        }
    }

    /// A disk that has lost something does not keep an organisation from seeing its other cases.
    @Test func aDamagedCaseKeepsNoOtherFromBeingListed() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            var damaged = ""
            for number in 0..<4 {
                let receipt = try await sender.submit(Sample.submission("m-\(number)"))
                if number == 1 { damaged = receipt.referralID.rawValue }
                exchange.clock.advance(by: .seconds(1))
            }
            let database = try DatabaseQueue(path: exchange.database)
            try await database.write { [damaged] in
                try $0.execute(
                    sql: "DROP TRIGGER log_is_not_changed; UPDATE log SET events = '[]' WHERE referral = ?", arguments: [damaged])
            }
            let recipient = try await exchange.recipient(Self.volunteers)
            #expect(try await recipient.cases().cases.count == 3)
            let first = try await recipient.cases(ListCasesRequest(limit: 2))
            #expect(first.cases.count == 1)
            let rest = try await recipient.cases(ListCasesRequest(limit: 2, pageToken: first.nextPageToken))
            #expect(rest.cases.count == 2 && rest.nextPageToken == nil)
            #expect(exchange.log.lines.contains { $0.hasPrefix("error") })
        }
    }

    /// Whoever has seen one side of an event is not shown the other, also not by taking a case over.
    @Test(arguments: Carrier.allCases) func aHandoverDoesNotShowTheOtherSideOfAnEvent(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var relative = Sample.adult()
            relative.role = .relativeOfOffender
            relative.conflictGroup = "event-1"
            _ = try await Work.accepted(in: exchange, by: Self.volunteers, relative, message: "relative")
            var victim = Sample.young()
            victim.conflictGroup = "event-1"
            var work = try await Work.accepted(in: exchange, by: Self.centre, victim, message: "victim")
            try await work.does(.offerHandover(to: OrganisationID("bojen-vasterort"), reason: .personsWish, personAgrees: true))
            var other = Work(client: try await exchange.recipient(Self.volunteers), id: work.id)
            #expect(try await other.client.file(work.id).content == nil)
            let refusal = await other.refusal(.answerHandover(.accepted))
            #expect(refusal?.code == .failedPrecondition)
            #expect(refusal?.message.contains("this unit cannot have the case") == true, "\(refusal?.message ?? "taken")")
            #expect(try await other.does(.answerHandover(.refused(.conflictOfInterest))).owner == OrganisationID("stodcentrum-vasterort"))
        }
    }

    private static func all<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async -> R) async -> [R] {
        await withTaskGroup(of: R.self) { group in
            for number in 0..<count { group.addTask { await body(number) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func day(_ exchange: LiveExchange, _ days: Int) -> CivilDate {
        CivilDate(inStockholmAt: exchange.clock.now).adding(days: days)
    }
}

/// What a private body must not get, planted in an otherwise ordinary referral.
private enum Planted {
    static let youngNumber = "20081218-9876"
    static let freeText = "PLANTEDFREETEXT"
    static let policeReference = "0104-K771533-26"
    static let offenderName = "PLANTEDOFFENDER"
    static let all = [youngNumber, "2008-12-18", "20081218", freeText, policeReference, offenderName, "20090501"]

    static var content: ReferralContent {
        var content = Sample.young()
        content.freeText = freeText
        content.event.policeReference = policeReference
        content.event.crimeCode = "9401"
        content.event.crimeCodeYear = 2026
        return content
    }

    /// One offender of 16 who has admitted it; the leader of the investigation has nothing against it.
    static var mediation: ReferralContent {
        var content = content
        content.services = [.mediation]
        content.consent.coversMediation = true
        content.mediation = Mediation(
            offenders: [
                Offender(
                    name: offenderName, personalNumber: "20090501-1235", residence: content.residence, admitted: .yes, takesPart: .yes)
            ],
            investigation: .running, leaderConsulted: .yes, personTakesPart: .yes, suitable: .yes)
        return content
    }
}

/// One case in the hands of one unit.
private struct Work {
    let client: AssignmentClient
    let id: AssignmentID
    var referral = ReferralID("")
    private var count = 0

    init(client: AssignmentClient, id: AssignmentID) {
        self.client = client
        self.id = id
    }

    /// A case that the unit has fetched and accepted.
    static func accepted(
        in exchange: LiveExchange, by unit: String, _ content: ReferralContent = Sample.adult(), message: String = "m"
    ) async throws -> Work {
        let receipt = try await exchange.sender().submit(Sample.submission(message, content))
        let client = try await exchange.recipient(unit)
        let id = try #require(try await client.fetch().first).id
        _ = try await client.accept(id)
        var work = Work(client: client, id: id)
        work.referral = receipt.referralID
        return work
    }

    @discardableResult mutating func does(
        _ command: AssignmentCommand, id name: String? = nil, expecting version: Int? = nil
    ) async throws -> CaseState {
        count += 1
        return try await client.perform(command, on: id, id: CommandID(name ?? "c\(count)"), expecting: version)
    }

    /// How it is refused; nil when it is not.
    func refusal(_ command: AssignmentCommand, id name: String = "refused", expecting version: Int? = nil) async -> Status? {
        await failure { _ = try await client.perform(command, on: id, id: CommandID(name), expecting: version) }
    }
}
