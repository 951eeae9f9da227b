import Configuration
import Foundation
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

@testable import Exchange

/// Rules and directories that are published and rolled back while an exchange works, on one exchange and on two that share a store.
/// The clock begins on Monday 2 March 2026.
@Suite(.timeLimit(.minutes(5))) struct PublicationTests {
    private static let centre = "stodcentrum-vasterort/vallingby"
    private static let jour = "bojen-vasterort/stodsamordning"

    /// Who is 17 goes to the support centre by the rules that ship, to the brottsofferjour by these.
    @Test(arguments: Carrier.allCases) func newRulesDecideFromTheirDayOnAndOpenCasesStay(_ carrier: Carrier) async throws {
        try await Self.exchange(carrier) { one in
            try await one.withAnother(carrier) { other in
                let coordinator = try await one.coordinator()
                let (here, there) = (try await one.sender(), try await other.sender())
                #expect(try await here.submit(Sample.submission("before", Sample.young())).outcome == .accepted)
                let open = try await one.recipient(Self.centre).fetch()
                #expect(open.map(\.decision.ruleSet) == ["2 Small 2023"])

                let version = try await publish(Small.rules("2026-03-04", youngToJour: true), coordinator)
                #expect(version.publishedBy?.description == "stockholms-stad/samordnare")
                #expect(version.number == (one.rules.history.versions(of: .ruleSet).dropLast().last?.number ?? 0) + 1)
                #expect(version.inForce.map(\.description) == ["from 2026-03-04"])
                try await seen(version, by: other)

                // Not before its day, on neither.
                for (index, sender) in [here, there].enumerated() {
                    #expect(try await recipients(of: "tuesday \(index)", sender) == ["stodcentrum-vasterort"])
                }
                // Midnight in Sweden, without a timer.
                one.clock.advance(by: .seconds(41 * 3_600))
                #expect(CivilDate(inStockholmAt: one.clock.now).description == "2026-03-04")
                for (index, sender) in [here, there].enumerated() {
                    #expect(try await recipients(of: "wednesday \(index)", sender) == ["bojen-vasterort"])
                }
                #expect(try await here.submit(Sample.submission("after", Sample.young())).outcome == .accepted)
                let news = try await other.recipient(Self.jour).fetch()
                #expect(news.map(\.decision.ruleSet) == ["\(version.number) Young to the jour"])
                #expect(news.map(\.decision.directoryVersion) == [1])
                // The case of before is still whose it was.
                let id = try #require(open.first?.id)
                #expect(try await one.recipient(Self.centre).accept(id).phase == .accepted)

                let rolledBack = try await coordinator.rollBack(version.number, of: .ruleSet, reason: "wrong")
                #expect(rolledBack.rollback?.reason == "wrong")
                try await seen(rolledBack, by: other)
                for (index, sender) in [here, there].enumerated() {
                    #expect(try await recipients(of: "again \(index)", sender) == ["stodcentrum-vasterort"])
                }
                #expect(try await other.recipient(Self.jour).accept(try #require(news.first?.id)).phase == .accepted)
            }
        }
    }

    /// Whose unit is not in the directory any more has no access, also on connections and pulls that are open.
    @Test(arguments: Carrier.allCases) func aNewDirectoryCountsForOpenConnections(_ carrier: Carrier) async throws {
        try await Self.exchange(carrier) { one in
            try await one.withAnother(carrier) { other in
                let recipients = [try await one.recipient(Self.centre), try await other.recipient(Self.centre)]
                for recipient in recipients { #expect(try await recipient.fetch().isEmpty) }
                let pulling = Task { [recipient = recipients[1]] in
                    await failure {
                        try await recipient.pull { writer, responses in
                            try await writer.credit(5)
                            for try await _ in responses {}
                        }
                    }
                }
                let watching = Task { [recipient = recipients[1]] in
                    await failure { try await recipient.watch { for try await _ in $0 {} } }
                }
                _ = try await eventually("the pull waits") { other.exchange.waitingRecipients > 0 ? true : nil }
                _ = try await eventually("the watch waits") { other.exchange.changes.watching > 0 ? true : nil }
                let version = try await publish(
                    Small.directory("2026-03-02", replacing: "stodcentrum-vasterort/vallingby", with: "stodcentrum-vasterort/ny"),
                    one.coordinator())
                #expect(version.kind == .directory && version.number == 2)
                try await seen(version, by: other)
                for recipient in recipients {
                    #expect(await failure { _ = try await recipient.fetch() }?.code == .permissionDenied)
                    #expect(await failure { _ = try await recipient.acknowledge(AssignmentID("a")) }?.code == .permissionDenied)
                }
                // The watch ends though nothing happens.
                #expect(await watching.value?.code == .permissionDenied)
                // The open pull ends when there is something that it would have got.
                let receipt = try await other.sender().submit(Sample.submission("m", Sample.young()))
                #expect(receipt.services.map(\.routing) == [.offered])
                #expect(await pulling.value?.code == .permissionDenied)
                // The case is the organisation's; only its new unit reaches it.
                if carrier == .memory {
                    let new = try await other.recipient("stodcentrum-vasterort/ny").fetch()
                    #expect(new.map(\.decision.directoryVersion) == [2])
                }
                try await seen(one.coordinator().rollBack(2, of: .directory, reason: "wrong"), by: other)
                for recipient in recipients { _ = try await recipient.fetch() }
            }
        }
    }

    // MARK: What is refused

    @Test(arguments: Carrier.allCases) func onlyTheCoordinatorPublishesAndAuditorsMayLook(_ carrier: Carrier) async throws {
        try await Self.exchange(carrier) { exchange in
            let rules = Small.rules("2026-03-04")
            for unit in [Self.centre, Self.jour, "polisen-stockholm/city", "stadsrevisionen/revisor", Installation.Unwelcome.unknownUnit] {
                let client = try await exchange.coordinator(unit)
                let codes = [
                    await failure { _ = try await client.publish(rules) },
                    await failure { _ = try await client.publish(Small.directory("2026-03-04")) },
                    await failure { _ = try await client.rollBack(2, of: .ruleSet, reason: "x") },
                    await failure { _ = try await client.versions() }, await failure { _ = try await client.version(1, of: .directory) },
                ].map { $0?.code }
                let isAuditor = unit == "stadsrevisionen/revisor"
                #expect(codes[..<3] == [.permissionDenied, .permissionDenied, .permissionDenied], "\(unit)")
                #expect(codes[3...] == (isAuditor ? [nil, nil] : [.permissionDenied, .permissionDenied]), "\(unit)")
            }
            #expect(
                try await exchange.coordinator().versions().map(\.number) == exchange.rules.history.versions(of: .ruleSet).map(\.number) + [
                    1
                ])
        }
    }

    @Test func everyMistakeIsNamedAndNothingIsPublished() async throws {
        try await Self.exchange { exchange in
            let client = try await exchange.coordinator()
            let before = try await client.versions()
            var bad = Small.rules("2026-03-04")
            bad = bad.replacing(
                "\"support centre\"</text></outputEntry>", with: "\"suport centre\"</text></outputEntry>", in: "support.dmn")
            bad = bad.replacing("<text>null, [0..130]</text>", with: "<text>null, [0..</text>", in: "mediation.dmn")
            let refused = await callFailure { _ = try await client.publish(bad) }
            #expect(refused?.status.code == .invalidArgument)
            let places = refused?.faults.map(\.path) ?? []
            #expect(
                places.contains { $0.wholeMatch(of: /support\.dmn:[0-9]+: table "Support small", rule [0-9]+, column "recipient"/) != nil },
                "\(places)")
            #expect(places.contains { $0.wholeMatch(of: /mediation\.dmn:[0-9]+: table "Mediation small".*/) != nil }, "\(places)")

            let directory = Small.directory("2026-03-04", replacing: "kind: police", with: "kind: polise")
            let faults = await callFailure { _ = try await client.publish(directory) }?.faults ?? []
            #expect(faults.map(\.path).first?.wholeMatch(of: /directory\.yaml:[0-9]+: organisations\[0\]\.kind/) != nil, "\(faults)")
            #expect(faults.first?.rule.contains("did you mean") == true, "\(faults)")

            for text in ["", "<", "\u{FEFF}", "[" + String(repeating: "[", count: 100_000), "a: &a [*a]", "&a [*b]", "<!DOCTYPE x>"] {
                for content in [bad.replacing(text, in: "support.dmn"), directory.replacing(text, in: "directory.yaml")] {
                    let refused = await callFailure { _ = try await client.publish(content) }
                    #expect(refused?.status.code == .invalidArgument && refused?.faults.isEmpty == false, "\(text.prefix(20))")
                }
            }
            #expect(try await client.versions() == before)
        }
    }

    @Test func aFindingHasToBeAccepted() async throws {
        try await Self.exchange { exchange in
            let client = try await exchange.coordinator()
            // Nobody is left for whom there is no rule, but for those who are 17.
            let rules = Small.rules("2026-03-04").replacing("[10..17]", with: "[10..16]", in: "support.dmn")
            let refused = await callFailure { _ = try await client.publish(rules) }
            #expect(refused?.status.code == .failedPrecondition)
            let faults = try #require(refused?.faults)
            #expect(faults.contains { $0.rule.contains("17") } && faults.allSatisfy { !$0.path.isEmpty }, "\(faults)")
            #expect(refused?.status.message.contains("not accepted") == true)
            // All but one are not enough.
            let some = rules.accepting(faults.dropFirst().map(\.path))
            #expect(await callFailure { _ = try await client.publish(some) }?.faults.map(\.path) == faults.prefix(1).map(\.path))
            let version = try await client.publish(rules.accepting(faults.map(\.path)))
            #expect(version.accepted.map(\.finding) == faults.map(\.path))
            #expect(try await client.version(version.number, of: .ruleSet).version == version)
            #expect(try await client.versions().allSatisfy { $0.accepted.isEmpty })
        }
    }

    /// What nobody could look at is not let through because nobody could look at it before.
    @Test func whatIsUndecidedIsNeverKnown() async throws {
        let policy = try await Installation.small.policy
        func found(budget: Int) -> [RoutingFinding] {
            PublicationCheck.unaccepted(
                Small.directory("2026-03-04"), before: policy.routing, after: RulesInForce(policy).current, budget: budget)
        }
        #expect(!policy.routing.unaccepted(from: CivilDate("2026-03-04")).isEmpty && found(budget: 1_000_000).isEmpty)
        let undecided = found(budget: 0)
        #expect(!undecided.isEmpty && undecided.allSatisfy { $0.kind == .undecided }, "\(undecided)")
    }

    @Test func theCoordinatorCannotBeLockedOut() async throws {
        try await Self.exchange { exchange in
            let client = try await exchange.coordinator()
            let without = Small.directory("2026-03-02", replacing: "stockholms-stad/samordnare", with: "stockholms-stad/ingen")
            let refused = await failure { _ = try await client.publish(without) }
            #expect(refused?.code == .failedPrecondition && refused?.message.contains("stockholms-stad/samordnare") == true)
        }
    }

    @Test func theRulesOfPublishingAreTold() async throws {
        try await Self.exchange { exchange in
            let client = try await exchange.coordinator()
            let past = await failure { _ = try await client.publish(Small.rules("2026-03-01")) }
            #expect(past?.code == .failedPrecondition && past?.message.contains("2026-03-01 has passed") == true)
            #expect(await failure { _ = try await client.rollBack(9, of: .ruleSet, reason: "x") }?.code == .notFound)
            #expect(await failure { _ = try await client.rollBack(1, of: .directory, reason: "x") }?.code == .failedPrecondition)
            #expect(await failure { _ = try await client.version(9, of: .directory) }?.code == .notFound)
        }
    }

    // MARK: Twice and at the same time

    @Test func theSameAgainIsTheSameVersion() async throws {
        try await Self.exchange { exchange in
            let client = try await exchange.coordinator()
            let first = try await publish(Small.rules("2026-03-04"), client)
            let content = Small.rules("2026-03-04").accepting(first.accepted.map(\.finding))
            #expect(try await client.publish(content) == first)
            exchange.clock.advance(by: .seconds(9 * 86_400))
            #expect(try await client.publish(content) == first)
            let rolledBack = try await client.rollBack(first.number, of: .ruleSet, reason: "x")
            #expect(try await client.rollBack(first.number, of: .ruleSet, reason: "x") == rolledBack)
            #expect(try await client.publish(content) == rolledBack)
        }
    }

    /// On two exchanges that know nothing of each other: each number is given once, and both end with the same.
    @Test func manyPublishAtTheSameTime() async throws {
        try await Self.exchange { one in
            try await one.withAnother(.memory) { other in
                let clients = [try await one.coordinator(), try await other.coordinator()]
                let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for day in 1...4 {
                        group.addTask {
                            // One at a time is checked by an exchange; the client comes again.
                            try await eventually("the exchange has time") {
                                do {
                                    return try await self.publish(Small.directory("2026-04-0\(day)"), clients[day % 2]).number
                                } catch let failure as CallFailure where failure.status.code == .resourceExhausted {
                                    return nil
                                }
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(numbers) == Set(2...5))
                let versions = try await clients[0].versions()
                #expect(try await clients[1].versions() == versions)
                #expect(versions.count { $0.kind == .directory } == 5)
            }
        }
    }

    @Test func twoThatStartAtTheSameTimeBeginWithTheSame() async throws {
        try await Daemon.Files.with { files in
            let installation = try await Installation.small
            let first = try DaemonConfiguration(file: installation.settings).firstVersions(installation.policy.routing)
            let stores = try (0..<2).map { _ in try SQLiteStore(path: files.database) }
            let histories = try await withThrowingTaskGroup(of: RoutingHistory.self) { group in
                for store in stores {
                    group.addTask {
                        try await RulesInForce(
                            store: store, reader: PublicationReader(), consentPeriod: .hours(1), first: first,
                            at: Instant(milliseconds: 1_772_431_200_000)
                        ).history
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(histories.count == 2 && histories[0] == histories[1])
            #expect(histories[0].versions(of: .ruleSet).map(\.number) == first.filter { $0.content.kind == .ruleSet }.map(\.number))
            #expect(histories[0].differences(from: first) == [])
            for store in stores { try await store.close() }
        }
    }

    /// What was decided on a day is stored on that day.
    @Test func midnightBeforeStoringBeginsAnew() async throws {
        try await Self.exchange { one in
            let content = Small.rules("2026-03-02")
            let number = try #require(one.rules.history.versions(of: .ruleSet).last?.number) + 1
            let by = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))
            func append() async throws -> Bool {
                try await one.exchange.append(
                    .published(number: number, content, digest: content.digest), after: one.rules.history.lastSequence,
                    on: try #require(CivilDate("2026-03-02")), by: by)
            }
            one.clock.advance(by: .seconds(86_400))
            #expect(try await !append())
            try await one.rules.refresh()
            #expect(one.rules.history.version(number, of: .ruleSet) == nil)
            one.clock.advance(by: .seconds(-80_000))
            #expect(try await append())
            try await one.rules.refresh()
            #expect(one.rules.history.version(number, of: .ruleSet)?.publishedAt == one.clock.now)
        }
    }

    // MARK: Later

    /// Everything comes from the store: what the files say then does not matter.
    @Test func aRestartKnowsWhatWasPublished() async throws {
        try await Self.exchange { one in
            let version = try await publish(Small.rules("2026-03-02", youngToJour: true), one.coordinator())
            _ = try await one.sender().submit(Sample.submission("m", Sample.young()))
            try await one.withAnother(.tls) { other in
                #expect(try await other.coordinator().versions() == one.coordinator().versions())
                #expect(other.rules.history == one.rules.history)
                let fetched = try await other.recipient(Self.jour).fetch()
                #expect(fetched.map(\.decision.ruleSet) == ["\(version.number) Young to the jour"])
            }
            let texts = try await one.coordinator().version(version.number, of: .ruleSet).texts
            #expect(texts == (Small.rules("2026-03-02", youngToJour: true)).texts)
        }
    }

    /// Something that this program cannot read, as from a newer one, keeps what is in force and is told once.
    @Test func whatCannotBeReadLeavesTheRulesOfBefore() async throws {
        try await Self.exchange { exchange in
            let version = try await publish(Small.rules("2026-03-04"), exchange.coordinator())
            let content = PublicationContent(
                kind: .directory, name: "later", first: CivilDate("2026-03-05"),
                texts: [.init(name: "directory.yaml", text: "newer: true")],
                signedOffBy: "x")
            try await exchange.store.write {
                try $0.append(.published(number: 2, content, digest: content.digest), at: Instant(milliseconds: 0), by: nil)
            }
            for _ in 0..<3 {
                await exchange.polling.waitForSleeper()
                exchange.polling.advance(by: .seconds(1))
            }
            await exchange.polling.waitForSleeper()
            #expect(exchange.log.lines.count { $0.contains("publications cannot be read") } == 1)
            #expect(exchange.rules.history.versions(of: .ruleSet).last?.number == version.number)
            // The coordinator sees what is known, and why nothing more can be published.
            let client = try await exchange.coordinator()
            #expect(try await client.versions().map(\.number) == [1, 2, 3, 1])
            #expect(try await client.version(version.number, of: .ruleSet).version == version)
            for refused in [
                await failure { _ = try await client.publish(Small.rules("2026-03-06")) },
                await failure { _ = try await client.rollBack(version.number, of: .ruleSet, reason: "x") },
            ] {
                #expect(refused?.code == .failedPrecondition && refused?.message.contains("cannot be read by this program") == true)
            }
            #expect(try await exchange.sender().submit(Sample.submission("m", Sample.young())).outcome == .accepted)
        }
    }

    // MARK: Helpers

    /// With the small configuration.
    private static func exchange(_ carrier: Carrier = .memory, _ body: @Sendable (LiveExchange) async throws -> Void) async throws {
        try await LiveExchange.with(carrier, installation: .small, body)
    }

    /// Publishes and accepts what is found.
    private func publish(_ content: PublicationContent, _ client: RoutingClient) async throws -> VersionSummary {
        do {
            return try await client.publish(content)
        } catch let failure as CallFailure where failure.status.code == .failedPrecondition && !failure.faults.isEmpty {
            return try await client.publish(content.accepting(failure.faults.map(\.path)))
        }
    }

    /// Waits until an exchange that looks once has it.
    private func seen(_ version: VersionSummary, by other: LiveExchange) async throws {
        #expect(
            other.rules.history.version(version.number, of: version.kind)?.rollback?.at != version.rollback?.at || version.rollback == nil)
        await other.polling.waitForSleeper()
        other.polling.advance(by: .seconds(1))
        _ = try await eventually("the publication is seen") {
            let found = other.rules.history.version(version.number, of: version.kind)
            return found != nil && found?.rollback?.at == version.rollback?.at ? true : nil
        }
    }

    /// Where a 17-year-old would go.
    private func recipients(of message: String, _ sender: ReferralClient) async throws -> [String] {
        try await sender.preview(PreviewRequest(content: Sample.young())).decisions.map { decision in
            if case .recipient(let recipient) = decision.outcome { "\(recipient)" } else { "\(decision.outcome)" }
        }
    }

    private func callFailure(_ call: () async throws -> Void) async -> CallFailure? {
        do {
            try await call()
            return nil
        } catch {
            return error as? CallFailure
        }
    }
}

/// The small configuration, to be changed and published.
private enum Small {
    static func rules(_ first: String, youngToJour: Bool = false) -> PublicationContent {
        let texts: [PublicationContent.Text] = [
            .init(name: "support.dmn", text: SmallConfiguration.support), .init(name: "mediation.dmn", text: SmallConfiguration.mediation),
        ]
        let rules = PublicationContent(
            kind: .ruleSet, name: youngToJour ? "Young to the jour" : "As before", first: CivilDate(first), texts: texts,
            signedOffBy: "Åsa Öberg")
        guard youngToJour else { return rules }
        func entry(_ number: Int, _ value: String) -> String { "victim-10-to-17-out-\(number)\"><text>\"\(value)\"" }
        return rules.replacing(entry(1, "support centre"), with: entry(1, "brottsofferjour"), in: "support.dmn")
            .replacing(entry(3, "brottsofferjour"), with: entry(3, "support centre"), in: "support.dmn")
    }

    static func directory(_ first: String, replacing old: String = "", with new: String = "") -> PublicationContent {
        let content = PublicationContent(
            kind: .directory, name: "Directory \(first)", first: CivilDate(first),
            texts: [.init(name: "directory.yaml", text: SmallConfiguration.directory)], signedOffBy: "Åsa Öberg")
        return old.isEmpty ? content : content.replacing(old, with: new, in: "directory.yaml")
    }
}

extension PublicationContent {
    fileprivate func replacing(_ old: String, with new: String, in name: String) -> PublicationContent {
        let text = text(name) ?? ""
        #expect(text.contains(old), "\(old)")
        return replacing(text.replacing(old, with: new), in: name)
    }

    fileprivate func replacing(_ text: String, in name: String) -> PublicationContent {
        with(texts: texts.map { $0.name == name ? Text(name: name, text: text) : $0 }, accepted: accepted)
    }

    fileprivate func accepting(_ findings: some Sequence<String>) -> PublicationContent {
        with(texts: texts, accepted: findings.map { AcceptedFinding(finding: $0, by: "Åsa Öberg", reason: "known") })
    }

    private func with(texts: [Text], accepted: [AcceptedFinding]) -> PublicationContent {
        PublicationContent(
            kind: kind, name: name, first: first, last: last, texts: texts, signedOffBy: signedOffBy, comment: comment, accepted: accepted)
    }
}
