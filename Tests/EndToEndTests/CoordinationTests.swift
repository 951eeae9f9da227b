import Exchange
import Referral
import ReferralAPI
import TTRPC
import Testing

/// What the coordinator does with cases that people decide, and what others see of it.
@Suite(.timeLimit(.minutes(6))) struct CoordinationTests {
    private let boj = "bojen-vasterort/stodsamordning"
    private let jour = OrganisationID("bojen-vasterort")

    /// Under ten: people decide.
    private static func child() -> ReferralContent { Sample.adult(age: 8) }

    @Test(arguments: Carrier.allCases) func aCaseUnderReviewIsListedAndAssigned(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let coordinator = try await exchange.coordination()
            for number in 0..<5 {
                _ = try await sender.submit(Sample.submission("m\(number)", Self.child()))
                exchange.clock.advance(by: .seconds(1))
            }
            var listed: [CaseState] = []
            var token: String?
            repeat {
                let page = try await coordinator.review(ListCasesRequest(limit: 2, pageToken: token))
                listed += page.cases
                token = page.nextPageToken
            } while token != nil
            #expect(listed.count == 5 && listed.map(\.since) == listed.map(\.since).sorted())
            #expect(listed.allSatisfy { $0.phase == .review && $0.reviewReason != nil })
            let one = try #require(listed.first)
            #expect(try await coordinator.state(of: one.id) == one)

            let assign = AssignmentCommand.assign(to: jour, reason: .reviewed)
            let outdated = await failure {
                _ = try await coordinator.perform(assign, on: one.id, id: CommandID("a"), expecting: one.version + 1)
            }
            #expect(outdated?.code == .aborted)
            let assigned = try await coordinator.perform(assign, on: one.id, id: CommandID("a"), expecting: one.version)
            #expect(assigned.owner == jour && assigned.phase == .offered)
            let recipient = try await exchange.recipient(boj)
            #expect(try await recipient.fetch().map(\.id) == [one.id])
            // Again gets the first answer.
            #expect(try await coordinator.perform(assign, on: one.id, id: CommandID("a")) == assigned)
            #expect(try await coordinator.review().cases.map(\.id) == listed.dropFirst().map(\.id))

            // Fetched and not acknowledged: it is handed out anew at once.
            #expect(try await coordinator.perform(.redrive, on: one.id, id: CommandID("d")).phase == .offered)
            #expect(try await recipient.fetch().map(\.id) == [one.id])
            let unchanged = await failure { _ = try await coordinator.perform(.reroute, on: listed[1].id, id: CommandID("r")) }
            #expect(unchanged?.code == .failedPrecondition)
            let unknown = await failure {
                _ = try await coordinator.perform(
                    .assign(to: OrganisationID("ingen"), reason: .language), on: listed[1].id, id: CommandID("u"))
            }
            #expect(unknown?.code == .invalidArgument)
            #expect(try await coordinator.perform(.withdraw(.everything), on: listed[1].id, id: CommandID("w")).phase == .withdrawn)
        }
    }

    @Test(arguments: Carrier.allCases) func aReadingIsLoggedAndToldToTheOwner(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let coordinator = try await exchange.coordination()
            var content = Sample.adult()
            content.freeText = "Ring inte hem"
            _ = try await sender.submit(Sample.submission("m", content))
            let id = try #require(try await recipient.fetch().first).id
            _ = try await recipient.accept(id)
            let version = try await coordinator.state(of: id).version
            try await Watching.cases(recipient) { bojs in
                try await Watching.review(coordinator) { reviews in
                    try await Watching.statuses(sender) { statuses in
                        try await bojs.waitFor(4)
                        try await reviews.waitFor(1)
                        try await statuses.waitFor("caught up") { if case .caughtUp = $0 { true } else { false } }
                        let before = statuses.changes.count

                        let file = try await coordinator.read(id, because: .danger, id: CommandID("d"))
                        #expect(file.content?.contacts == content.contacts)
                        #expect(file.content?.freeText == content.freeText)
                        let contact = try await coordinator.read(id, because: .ownerUnavailable, id: CommandID("o")).content
                        #expect(contact?.contacts == content.contacts && contact?.freeText == nil)
                        let decision = try await coordinator.read(id, because: .assignment, id: CommandID("a")).content
                        #expect(decision?.contacts == [])
                        // The same again is shown and not logged anew.
                        #expect(try await coordinator.read(id, because: .danger, id: CommandID("d")).content == file.content)
                        try await bojs.waitFor(7)
                        try await reviews.waitFor(4)
                        #expect(bojs.changes.last?.what == ["read by the coordinator: assignment"])
                        #expect(reviews.changes.count == 3)
                        #expect(bojs.changes.count == 6)
                        #expect(statuses.changes.count == before, "the sender is not told")
                        // Nobody's version is another.
                        #expect(try await coordinator.state(of: id).version == version)

                        // Much later it would show what nobody has logged.
                        exchange.clock.advance(by: .seconds(3_601))
                        let late = await failure { _ = try await coordinator.read(id, because: .danger, id: CommandID("d")) }
                        #expect(late?.code == .failedPrecondition)
                        _ = try await coordinator.perform(.withdraw(.everything), on: id, id: CommandID("w"))
                        for command in ["a", "z"] {
                            let erased = await failure { _ = try await coordinator.read(id, because: .assignment, id: CommandID(command)) }
                            #expect(erased?.code == .failedPrecondition)
                        }
                    }
                }
            }
            // Ids and reasons only.
            let log = try await exchange.events().map { "\($0)" }.joined() + exchange.log.lines.joined()
            #expect(!log.contains("Ring inte hem") && !log.contains(Sample.phone))
        }
    }

    @Test(arguments: Carrier.allCases) func aProtectedIdentityIsInNoListAndNoStream(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            // A unit of the coordinator that the directory does not name as a reader, if there is one; else nobody is.
            let coordinator = try await exchange.coordination()
            let directory = exchange.exchange.policy.routing.directory(on: CivilDate(inStockholmAt: exchange.clock.now))
            let unit = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))
            let isReader = directory.readsProtected(unit, on: CivilDate(inStockholmAt: exchange.clock.now))
            var content = Sample.adult()
            content.protectedIdentity = .protectedRegistration
            try await Watching.review(coordinator) { reviews in
                try await reviews.waitFor(1)
                _ = try await sender.submit(Sample.submission("protected", content))
                _ = try await sender.submit(Sample.submission("other", Self.child()))
                try await reviews.waitFor("the other") { if case .change = $0 { true } else { false } }
                let open = try await coordinator.review().cases
                #expect(open.count == 1)
                if !isReader {
                    #expect(reviews.changes.map(\.assignmentID) == open.map(\.id))
                    let list = await failure { _ = try await coordinator.review(ListCasesRequest(filter: .protected)) }
                    #expect(list?.code == .permissionDenied)
                    let protected = try #require(
                        try await exchange.events().flatMap(\.events).compactMap(\.assignment).first { $0 != open.first?.id })
                    for call in [
                        { _ = try await coordinator.state(of: protected) },
                        { _ = try await coordinator.read(protected, because: .danger, id: CommandID("d")) },
                    ] as [() async throws -> Void] { #expect(await failure(call)?.code == .permissionDenied) }
                }
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aPromiseThatIsNotKeptIsSeenByOwnerAndCoordinator(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let coordinator = try await exchange.coordination()
            _ = try await sender.submit(Sample.submission("m"))
            let id = try #require(try await recipient.fetch().first).id
            _ = try await recipient.accept(id)
            try await Watching.review(coordinator) { reviews in
                try await reviews.waitFor(1)
                exchange.clock.advance(by: .seconds(4 * 86_400))
                while try await exchange.exchange.fireDeadlines() > 0 {}
                try await reviews.waitFor("overdue") {
                    if case .change(let change) = $0 { change.what == ["overdue contact"] } else { false }
                }
                #expect(reviews.changes.last?.state?.overdue == [.contact])
                _ = try await recipient.perform(
                    .recordContact(ContactMade(channel: .call, at: exchange.clock.now)), on: id, id: CommandID("1"))
                try await reviews.waitFor("its end") { if case .change(let change) = $0 { change.what == ["contact"] } else { false } }
                #expect(reviews.changes.last?.state?.overdue == [])
            }
            let all = try await Watching.cases(recipient) {
                try await $0.waitFor("caught up") { if case .caughtUp = $0 { true } else { false } }
            }
            #expect(all.changes.contains { $0.what == ["overdue contact"] })
        }
    }

    @Test(arguments: Carrier.allCases) func onlyTheCoordinatorCoordinates(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            _ = try await exchange.sender().submit(Sample.submission("m"))
            let id = try #require(try await exchange.recipient(boj).fetch().first).id
            for stranger in [boj, "polisen-stockholm/vasterort", "stadsrevisionen/revisor"] {
                let client = try await exchange.coordination(stranger)
                let calls: [() async throws -> Void] = [
                    { _ = try await client.review() }, { _ = try await client.state(of: id) },
                    { _ = try await client.read(id, because: .danger, id: CommandID("x")) },
                    { _ = try await client.perform(.redrive, on: id, id: CommandID("x")) },
                    { _ = try await client.enterInError(ReferralID("r"), because: .duplicate, id: CommandID("x")) },
                ]
                for call in calls { #expect(await failure(call)?.code == .permissionDenied) }
            }
            let coordinator = try await exchange.coordination()
            #expect(await failure { _ = try await coordinator.state(of: AssignmentID("nothing")) }?.code == .notFound)
        }
    }

    // MARK: Races

    /// The person's withdrawal against the organisation's acknowledgement: whichever comes first, all three streams tell one story.
    @Test(arguments: Carrier.allCases) func withdrawAgainstAcknowledgeAndRecallAgainstAccept(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let rounds = 12
            for round in 0..<rounds {
                let receipt = try await sender.submit(Sample.submission("m\(round)"))
                let id = try #require(try await recipient.fetch().first).id
                let command: SenderRequest.Command = round.isMultiple(of: 2) ? .withdraw(.everything) : .recall(.duplicate)
                async let senders = sender.perform(SenderRequest(id: CommandID("s"), referralID: receipt.referralID, command))
                async let recipients = failure {
                    _ = try await round.isMultiple(of: 2) ? recipient.acknowledge(id) : recipient.accept(id)
                }
                let (status, refused) = try await (senders, recipients)
                let state = try await exchange.coordination().state(of: id)
                if round.isMultiple(of: 2) {
                    #expect(state.phase == .withdrawn && status.services.map(\.status) == [.ended])
                } else if refused == nil {
                    // Accepted first: the owner decides.
                    #expect(state.phase == .accepted && state.recallRequested == .duplicate)
                    #expect(status.services.map(\.status) == [.taken])
                    _ = try await recipient.perform(.answerRecall(.granted), on: id, id: CommandID("g"))
                } else {
                    #expect(refused?.code == .failedPrecondition)
                    #expect(state.phase == .recalled && status.services.map(\.status) == [.ended])
                }
            }
            // What each stream says of every case in the end.
            func isCaughtUp(_ response: WatchResponse) -> Bool { if case .caughtUp = response { true } else { false } }
            let cases = try await Watching.cases(recipient) { try await $0.waitFor("caught up", isCaughtUp) }.changes
            let statuses = try await Watching.statuses(sender) {
                try await $0.waitFor("caught up") { if case .caughtUp = $0 { true } else { false } }
            }.changes
            for round in 0..<rounds {
                let last = try #require(statuses.last { $0.status.messageID == MessageID("m\(round)") })
                #expect(last.status == (try await sender.status(.message(MessageID("m\(round)")))))
                #expect(last.status.services.map(\.status) == [.ended])
            }
            #expect(Set(cases.map(\.assignmentID)).count == rounds)
            for (_, changes) in Dictionary(grouping: cases, by: \.assignmentID) {
                #expect(changes.last.map { [.withdrawn, .recalled].contains($0.state?.phase) } == true)
                let ends = changes.filter { !$0.what.filter { ["withdrawn", "recalled"].contains($0) }.isEmpty }
                #expect(ends.count == 1, "it ends once")
            }
            // No promise was broken and nobody had to decide: the coordinator is told nothing.
            let reviews = try await Watching.review(exchange.coordination()) { try await $0.waitFor("caught up", isCaughtUp) }
            #expect(reviews.changes.isEmpty)
        }
    }
}
