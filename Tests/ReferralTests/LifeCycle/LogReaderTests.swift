import Referral
import SeededRandom
import Testing

@Suite struct LogReaderTests {
    private typealias World = SmallWorld

    private static let recipients = [World.centre, World.jour, World.neighbour]

    /// Every entry of a life, with the referral before and after it.
    private func changes(_ life: Life) throws -> [LoggedChange] {
        var state: ReferralState?
        return try life.log.enumerated().map { index, entry in
            let after = try #require(ReferralState.evolve(state, entry.events, at: entry.at))
            defer { state = after }
            let logged = LogEntry(
                sequence: Int64(index + 1), referral: after.id, at: entry.at, actor: entry.actor, events: entry.events)
            return LoggedChange(logged, from: state, to: after)
        }
    }

    private func readers(_ change: LoggedChange) -> Set<LogReader> {
        let readers = LogReader.readers(of: change.entry.events, from: change.before, to: change.after)
        #expect(Set(readers).count == readers.count)
        return Set(readers)
    }

    private func lastChange(_ life: Life) throws -> LoggedChange { try #require(try changes(life).last) }

    /// What `organisation` is told of the support by the last entry.
    private func told(_ life: Life, to organisation: OrganisationID) throws -> LoggedChange.Told? {
        try lastChange(life).told(to: organisation).first { $0.assignment == Life.support }
    }

    // MARK: The index and what is told agree

    @Test(arguments: UInt64(0)..<60) func whoIsToldSomethingIsAReaderAndNobodyElse(seed: UInt64) throws {
        let life = try RandomLife.life(seed: seed)
        var past: [OrganisationID: Set<AssignmentID>] = [:]
        for change in try changes(life) {
            let readers = readers(change)
            for organisation in Self.recipients {
                let told = change.told(to: organisation)
                #expect(readers.contains(.organisation(organisation)) == !told.isEmpty, "\(change.entry.events)")
                for one in told {
                    // Told is what is theirs, or goes from them now.
                    let known = past[organisation, default: []]
                    if one.state == nil { #expect(known.contains(one.assignment), "nothing after it has gone") }
                    past[organisation, default: []].formSymmetricDifference(
                        (one.state == nil) == known.contains(one.assignment) ? [one.assignment] : [])
                    if let state = one.state, case .handoverOffered(let offer) = state.phase {
                        #expect(state.owner == organisation || offer.to == organisation)
                    } else if let state = one.state {
                        #expect(state.owner == organisation)
                    }
                    // A private body hears nothing of mediation.
                    if organisation == World.jour { #expect(one.state?.service != .mediation) }
                }
            }
            #expect(readers.contains(.coordinator) == !change.toldToCoordinator.isEmpty, "\(change.entry.events)")
            #expect(readers.contains(.sender(World.police)) == change.isToldToSender)
            #expect(
                readers.allSatisfy { reader in
                    switch reader {
                    case .organisation(let organisation): Self.recipients.contains(organisation) || organisation == World.coordinator
                    case .sender(let sender): sender == World.police
                    case .coordinator: true
                    }
                })
        }
    }

    // MARK: Recipients

    @Test func aCaseThatGoesElsewhereIsGoneAndNothingIsToldAfterwards() throws {
        var life = try Life()
        #expect(try told(life, to: World.centre)?.what == ["offered"])
        #expect(try told(life, to: World.jour) == nil)
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.centreOne)
        try life.send(.giveBack(Life.support, reason: .outsideAge), by: World.centreOne)
        let gone = try #require(try told(life, to: World.centre))
        #expect(gone.what == ["returned"] && gone.state == nil)
        let got = try #require(try told(life, to: World.jour))
        #expect(got.what == ["offered"] && got.state?.owner == World.jour)
        try life.take(by: World.jourOne)
        #expect(try told(life, to: World.centre) == nil)
        #expect(try told(life, to: World.jour)?.what == ["received", "accepted"])
    }

    @Test func bothSidesOfAHandoverAreToldUntilItIsAnswered() throws {
        var life = try Life.accepted()
        try life.act(.offerHandover(to: World.jour, reason: .age, personAgrees: true))
        #expect(try told(life, to: World.centre)?.what == ["handover offered"])
        #expect(try told(life, to: World.jour)?.what == ["handover offered"])
        var refused = life
        try refused.act(.answerHandover(.refused(.noCapacity)), by: World.jourOne)
        #expect(try told(refused, to: World.jour)?.state == nil)
        #expect(try told(refused, to: World.centre)?.state?.owner == World.centre)
        try life.act(.answerHandover(.accepted), by: World.jourOne)
        let gone = try #require(try told(life, to: World.centre))
        #expect(gone.what == ["handover accepted"] && gone.state == nil)
        #expect(try told(life, to: World.jour)?.state?.owner == World.jour)
        try life.reach2(by: World.jourOne)
        #expect(try told(life, to: World.centre) == nil)
        #expect(try lastChange(life).isToldToSender == false)
    }

    @Test func newContactsAreToldToWhoeverHasTheCase() throws {
        var life = try Life.accepted(World.content(services: [.support, .mediation]))
        try life.act(.amend(ContentDigest(hexadecimal: "d2")))
        #expect(try lastChange(life).told(to: World.centre).map(\.what) == [["contacts amended"], ["contacts amended"]])
        #expect(try lastChange(life).told(to: World.centre).map(\.index) == [0, 1])
        #expect(try lastChange(life).told(to: World.jour).isEmpty)
        #expect(try lastChange(life).isToldToSender)
        #expect(try lastChange(life).toldToCoordinator.isEmpty)
    }

    @Test func aWithdrawalIsToldToThoseWhoseCaseHadEnded() throws {
        var life = try Life.accepted()
        try life.reach()
        try life.act(.complete(.supported))
        try life.act(.withdraw(.everything), by: World.police)
        #expect(try told(life, to: World.centre)?.what == ["erased: consent withdrawn"])
    }

    @Test func oneServiceIsNotToldOfTheOther() throws {
        var life = try Life(World.content(age: 45, services: [.support, .mediation]))
        try life.take(Life.mediation)
        #expect(try lastChange(life).told(to: World.jour).isEmpty)
        #expect(try lastChange(life).told(to: World.centre).map(\.assignment) == [Life.mediation])
    }

    // MARK: Coordinator

    @Test func theCoordinatorIsToldOfReviewsAndOfPromises() throws {
        var review = try Life(World.content(age: 9))
        #expect(try lastChange(review).toldToCoordinator.map(\.what) == [["review: no-rule"]])
        try review.act(.assign(to: World.jour, reason: .language), by: World.coordinatorOne)
        #expect(try lastChange(review).toldToCoordinator.map(\.what) == [["assigned: language", "offered"]])
        try review.send(.lease(Life.support, until: review.now + .seconds(300)), by: World.jourOne)
        #expect(try lastChange(review).toldToCoordinator.isEmpty)

        var late = try Life.accepted()
        #expect(try lastChange(late).toldToCoordinator.isEmpty)
        late.pass(.seconds(72 * 3_600))
        try late.fire()
        #expect(try changes(late).suffix(2).flatMap(\.toldToCoordinator).map(\.what) == [["warned contact warning"], ["overdue contact"]])
        #expect(try told(late, to: World.centre)?.what == ["overdue contact"])
        // And of its end.
        try late.reach()
        #expect(try lastChange(late).toldToCoordinator.map(\.what) == [["contact"]])
        try late.act(.recordService(ServiceGiven(.counsel, minutes: 5, municipality: "0180")))
        #expect(try lastChange(late).toldToCoordinator.isEmpty)
    }

    // MARK: Sender

    @Test func theSenderIsToldOfNothingThatItMayNotKnow() throws {
        var content = World.content()
        content.consent.coversOutcome = false
        var life = try Life.accepted(content)
        try life.call()
        try life.reach()
        try life.act(.hold(.illness, until: CivilDate(inStockholmAt: life.now).adding(days: 3)))
        try life.act(.resume)
        try life.act(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
        life.pass(.seconds(600))
        try life.act(.answerHandover(.accepted), by: World.neighbourOne)
        try life.reach2(by: World.neighbourOne)
        try life.act(.complete(.supported), by: World.neighbourOne)
        #expect(try changes(life).map(\.isToldToSender) == [true, false, true] + Array(repeating: false, count: life.log.count - 3))
        #expect(life.state.deliveryReport.services.map(\.status) == [.taken])
        #expect(life.state.deliveryReport.services.first?.outcome == nil)
        #expect(life.state.deliveryReport.services.first?.since == World.morning)
    }

    @Test func theOutcomeIsToldWhereThePersonAgreed() throws {
        var content = World.content()
        content.consent.coversOutcome = true
        var life = try Life.accepted(content)
        try life.reach()
        try life.act(.complete(.linked))
        #expect(try lastChange(life).isToldToSender)
        #expect(life.state.deliveryReport.services.first?.outcome == .linked)
        #expect(life.state.deliveryReport.services.first?.status == .taken)
        try life.act(.withdraw(.everything), by: World.police)
        #expect(life.state.deliveryReport.services.first?.outcome == nil)
    }

    @Test func theAnswerToARecallIsTold() throws {
        var life = try Life.accepted()
        try life.act(.recall(.duplicate))
        #expect(try lastChange(life).isToldToSender == false)
        #expect(try told(life, to: World.centre)?.what == ["recall requested: duplicate"])
        try life.act(.answerRecall(.refused(.supportUnderWay)))
        #expect(try lastChange(life).isToldToSender)
        #expect(life.state.deliveryReport.services.first?.recallAnswer == .refused(.supportUnderWay))
        #expect(life.state.deliveryReport.services.first?.status == .taken)
        try life.act(.recall(.otherHelp))
        #expect(life.state.deliveryReport.services.first?.recallAnswer == nil)
        try life.act(.answerRecall(.granted))
        #expect(life.state.deliveryReport.services.first?.recallAnswer == .granted)
        #expect(life.state.deliveryReport.services.first?.status == .ended)

        var untaken = try Life()
        try untaken.act(.recall(.duplicate))
        #expect(untaken.state.deliveryReport.services.first?.status == .ended)
        #expect(untaken.state.deliveryReport.services.first?.recallAnswer == nil)
    }

    @Test func whatEndsBeforeItIsRoutedHasEnded() throws {
        var life = try Life(World.content(consent: .notAsked, services: [.support, .mediation]))
        #expect(life.state.deliveryReport.outcome == .awaitingConsent && life.state.deliveryReport.services.isEmpty)
        life.pass(.seconds(60))
        try life.act(.enterInError(.wrongPerson))
        #expect(life.state.deliveryReport.outcome == .accepted)
        #expect(life.state.deliveryReport.services.map(\.status) == [.ended, .ended])
        #expect(life.state.deliveryReport.services.map(\.since) == [life.now, life.now])
    }

    // MARK: Reading

    @Test func readingIsToldToTheOwnerAndTheCoordinatorAndChangesNothing() throws {
        var life = try Life.accepted()
        let before = life.state
        let request = CaseRequest(id: CommandID("r1"), .assignment(Life.support, .read(.danger)))
        let events = try life.send(.perform(request), by: World.coordinatorOne)
        guard case .read(Life.support, let reading)? = events.first else { throw Life.Stuck() }
        #expect(reading.by == World.coordinatorOne && reading.reason == .danger)
        #expect(reading.disclosed.contains(.contacts) && !reading.disclosed.contains(.offenders))
        #expect(try life.assignment == before.assignment(Life.support))
        #expect(life.state.changes == before.changes && life.state.version == before.version + 2)
        #expect(try lastChange(life).told(to: World.centre).map(\.what) == [["read by the coordinator: danger"]])
        #expect(try lastChange(life).toldToCoordinator.count == 1)
        #expect(try lastChange(life).isToldToSender == false)
        // Once, however often it is asked for.
        #expect(try life.send(.perform(request), by: World.coordinatorOne).isEmpty)
        // Nobody's command is out of date.
        let version = try life.assignment.version
        let attempt = AssignmentCommand.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer))
        try life.send(
            .perform(CaseRequest(id: CommandID("o1"), expecting: version, .assignment(Life.support, attempt))), by: World.centreOne)
        let changes = life.state.changes
        try life.act(.read(.complaint), by: World.coordinatorOne)
        try life.send(
            .perform(CaseRequest(id: CommandID("s1"), expecting: changes, .referral(.recall(.duplicate)))), by: World.police)
    }

    @Test func onlyTheCoordinatorReadsAndOnlyWhatIsThere() throws {
        var life = try Life.accepted()
        for actor in [World.centreOne, World.jourOne, World.police] {
            #expect(throws: Rejection.self) { try life.act(.read(.danger), by: actor) }
        }
        try life.reach()
        try life.act(.decline)
        #expect(throws: Rejection(.failedPrecondition, "the content has been erased")) {
            try life.act(.read(.personsRequest), by: World.coordinatorOne)
        }
        // While another service still needs the content, too.
        var two = try Life.accepted(World.content(services: [.support, .mediation]))
        try two.reach()
        try two.act(.decline)
        #expect(two.state.erasedAt == nil)
        #expect(throws: Rejection(.failedPrecondition, "the content has been erased")) {
            try two.act(.read(.assignment), by: World.coordinatorOne)
        }
        try two.act(.read(.assignment), on: Life.mediation, by: World.coordinatorOne)
    }

    @Test(arguments: ReadingReason.allCases) func aReadingShowsWhatItsReasonNeeds(reason: ReadingReason) throws {
        for services in [[Service.support], [.mediation]] {
            var life = try Life(World.content(services: services))
            let events = try life.act(.read(reason), by: World.coordinatorOne)
            guard case .read(_, let reading)? = events.first else { throw Life.Stuck() }
            #expect(reading.disclosed.contains(.person))
            #expect(!reading.disclosed.contains(.offenders))
            #expect(reading.disclosed.contains(.contacts) == [.danger, .ownerUnavailable, .personsRequest].contains(reason))
            #expect(reading.disclosed.contains(.conflictGroup) == (reason == .assignment))
            #expect(reading.disclosed.contains(.freeText) == (reason != .ownerUnavailable))
        }
    }

    @Test(arguments: ProtectedIdentity.allCases.filter(\.isProtected)) func aProtectedIdentityIsForNamedReaders(
        identity: ProtectedIdentity
    ) throws {
        var content = World.content()
        content.protectedIdentity = identity
        var life = try Life(content)
        do {
            try life.act(.read(.danger), by: World.coordinatorOne)
            Issue.record("a protected identity has been shown")
        } catch let rejection as Rejection {
            #expect(rejection.code == .notPermitted)
        }
    }
}

extension Life {
    fileprivate mutating func reach2(by owner: Participant) throws {
        try act(.recordContact(ContactMade(channel: .call, at: now)), by: owner)
    }
}
