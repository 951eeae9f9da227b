import Exchange
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// What a sender does with a referral after it was sent.
@Suite(.timeLimit(.minutes(6))) struct SenderWorkTests {
    private let boj = "bojen-vasterort/stodsamordning"
    private let otherPhone = "+46701740606"

    private func request(
        _ id: String, _ receipt: Receipt, expecting version: Int? = nil, _ command: SenderRequest.Command
    ) -> SenderRequest {
        SenderRequest(id: CommandID(id), referralID: receipt.referralID, expecting: version, command)
    }

    @Test(arguments: Carrier.allCases) func newContactsReachWhoeverHasTheCase(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let receipt = try await sender.submit(Sample.submission("m"))
            let id = try #require(try await recipient.fetch().first).id
            _ = try await recipient.accept(id)
            let contacts = [Contact(phone: otherPhone, holder: .other, holderName: "Systern", noVoicemail: true, safeHours: "vardagar")]
            let amendment = request("a", receipt, .amend(contacts))
            try await Watching.cases(recipient) { watch in
                try await watch.waitFor(4)
                let status = try await sender.perform(amendment)
                #expect(status.services.map(\.status) == [.taken])
                try await watch.waitFor(5)
                #expect(watch.changes.last?.what == ["contacts amended"])
                #expect(try await recipient.file(id).content?.contacts == contacts)
                // Once, however often it is sent, also after others.
                let later = try await sender.perform(request("b", receipt, .amend([Contact(phone: Sample.phone, holder: .person)])))
                #expect(try await sender.perform(amendment) == status)
                #expect(try await sender.status(.referral(receipt.referralID)) == later)
                #expect(try await recipient.file(id).content?.contacts.map(\.phone) == [Sample.phone])
            }
            let entries = try await exchange.events()
            #expect(entries.filter { $0.events.contains { if case .amended = $0 { true } else { false } } }.count == 2)
            // Nothing of it is in the log.
            #expect(!entries.contains { "\($0)".contains(otherPhone) || "\($0)".contains("Systern") })

            let otherwise = await failure { _ = try await sender.perform(request("a", receipt, .amend([]))) }
            #expect(otherwise?.code == .alreadyExists)
            let unreachable = await failure { _ = try await sender.perform(request("c", receipt, .amend([Contact(holder: .person)]))) }
            #expect(unreachable?.code == .invalidArgument && unreachable?.faults.map(\.path) == ["contacts"])
            let outdated = await failure { _ = try await sender.perform(request("d", receipt, expecting: 1, .recall(.duplicate))) }
            #expect(outdated?.code == .aborted)
        }
    }

    @Test(arguments: Carrier.allCases) func whoWaitedForConsentIsRoutedAfterAYes(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            var content = Sample.adult()
            content.consent = Consent(status: .notAsked)
            content.contacts = []
            let receipt = try await sender.submit(Sample.submission("m", content))
            #expect(receipt.outcome == .awaitingConsent)
            let yes = Consent(status: .yes, coversSupport: true, coversOutcome: true, askedOn: CivilDate("2026-03-02"))
            let unreachable = await failure { _ = try await sender.perform(request("y", receipt, .answerConsent(yes))) }
            #expect(unreachable?.code == .failedPrecondition)
            _ = try await sender.perform(request("a", receipt, .amend([Contact(phone: otherPhone, holder: .person)])))
            let status = try await sender.perform(request("y", receipt, .answerConsent(yes)))
            #expect(status.outcome == .accepted && status.services.map(\.status) == [.routed])
            // The same answer again is the first one, though its case has gone on.
            let fetched = try #require(try await recipient.fetch().first)
            #expect(try await sender.perform(request("y", receipt, .answerConsent(yes))) == status)
            #expect(fetched.content.consent == yes)
            #expect(fetched.content.contacts.map(\.phone) == [otherPhone])

            // The person agreed that the sender is told.
            _ = try await recipient.accept(fetched.id)
            _ = try await recipient.perform(
                .recordContact(ContactMade(channel: .call, at: exchange.clock.now)), on: fetched.id, id: CommandID("1"))
            _ = try await recipient.perform(.complete(.informed), on: fetched.id, id: CommandID("2"))
            #expect(try await sender.status(.referral(receipt.referralID)).services.map(\.outcome) == [.informed])
        }
    }

    @Test(arguments: Carrier.allCases) func aNoErasesAtOnce(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            var content = Sample.adult()
            content.consent = Consent(status: .notAsked)
            let receipt = try await sender.submit(Sample.submission("m", content))
            let status = try await sender.perform(request("n", receipt, .answerConsent(Consent(status: .no))))
            #expect(status.outcome == .refused(.consentRefused))
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } == nil)
            let late = await failure {
                _ = try await sender.perform(request("a", receipt, .amend([Contact(phone: otherPhone, holder: .person)])))
            }
            #expect(late?.code == .failedPrecondition)
        }
    }

    @Test(arguments: Carrier.allCases) func aRecallIsAnswered(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let untaken = try await sender.submit(Sample.submission("untaken"))
            #expect(try await sender.perform(request("r", untaken, .recall(.otherHelp))).services.map(\.status) == [.ended])
            #expect(try await recipient.fetch().isEmpty)

            let taken = try await sender.submit(Sample.submission("taken"))
            let id = try #require(try await recipient.fetch().first).id
            _ = try await recipient.accept(id)
            try await Watching.statuses(sender) { watch in
                try await watch.waitFor("caught up") { if case .caughtUp = $0 { true } else { false } }
                let before = watch.changes.count
                #expect(try await sender.perform(request("r", taken, .recall(.duplicate))).services.map(\.status) == [.taken])
                _ = try await recipient.perform(.answerRecall(.refused(.personWantsSupport)), on: id, id: CommandID("1"))
                try await watch.waitFor("the answer") {
                    if case .change(let change) = $0 { change.status.services.first?.recallAnswer != nil } else { false }
                }
                #expect(watch.changes.count == before + 1)
                #expect(watch.changes.last?.status.services.map(\.recallAnswer) == [.refused(.personWantsSupport)])
                _ = try await sender.perform(request("again", taken, .recall(.eventDidNotHappen)))
                _ = try await recipient.perform(.answerRecall(.granted), on: id, id: CommandID("2"))
                try await watch.waitFor("the end") {
                    if case .change(let change) = $0 {
                        change.status.services.map(\.status) == [.ended] && change.status.messageID == MessageID("taken")
                    } else {
                        false
                    }
                }
                #expect(watch.changes.last?.status.services.map(\.recallAnswer) == [.granted])
            }
        }
    }

    @Test(arguments: Carrier.allCases) func aWithdrawalErasesAndWhoHasTheCaseIsTold(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient(boj)
            let receipt = try await sender.submit(Sample.submission("m"))
            let id = try #require(try await recipient.fetch().first).id
            try await Watching.cases(recipient) { watch in
                try await watch.waitFor(3)
                let status = try await sender.perform(request("w", receipt, expecting: 1, .withdraw(.everything)))
                #expect(status.services.map(\.status) == [.ended])
                try await watch.waitFor(4)
                #expect(watch.changes.last?.what == ["withdrawn", "erased: consent withdrawn"])
                #expect(watch.changes.last?.state?.phase == .withdrawn)
                #expect(await failure { _ = try await recipient.acknowledge(id) }?.code == .failedPrecondition)
                #expect(try await recipient.file(id).content == nil)
                #expect(try await sender.perform(request("w", receipt, .withdraw(.everything))) == status)
            }
        }
    }

    @Test(arguments: Carrier.allCases) func whatShouldNeverHaveBeenIsGone(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let receipt = try await sender.submit(Sample.submission("m"))
            let status = try await sender.perform(request("e", receipt, .enterInError(.wrongPerson)))
            #expect(status.outcome == .accepted && status.services.map(\.status) == [.ended])
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } == nil)
            // The same message again gets the first receipt and no new case.
            #expect(try await sender.submit(Sample.submission("m")) == receipt)
            let other = try await sender.submit(Sample.submission("other"))
            let byCoordinator = try await exchange.coordination().enterInError(other.referralID, because: .duplicate, id: CommandID("e"))
            #expect(byCoordinator.services.map(\.status) == [.ended])
        }
    }

    @Test(arguments: Carrier.allCases) func nobodyElseReachesAReferral(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let receipt = try await exchange.sender().submit(Sample.submission("m"))
            let unit = try await exchange.sender("polisen-stockholm/city")
            let commands: [SenderRequest.Command] = [
                .amend([Contact(phone: otherPhone, holder: .person)]), .recall(.duplicate), .withdraw(.everything),
                .enterInError(.duplicate),
                .answerConsent(Consent(status: .no)),
            ]
            for command in commands {
                let foreign = await failure { _ = try await unit.perform(request("x", receipt, command)) }
                let unknown = await failure {
                    _ = try await unit.perform(SenderRequest(id: CommandID("x"), referralID: ReferralID("nothing"), command))
                }
                #expect(foreign?.code == .notFound && foreign == unknown, "somebody else's is as unknown as none")
                let recipient = await failure { _ = try await exchange.sender(boj).perform(request("x", receipt, command)) }
                #expect(recipient?.code == .permissionDenied)
            }
        }
    }
}
