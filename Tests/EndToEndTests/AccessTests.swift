import Referral
import ReferralAPI
import TTRPC
import Testing

/// Who may ask what, and that everybody else learns nothing.
@Suite(.timeLimit(.minutes(6))) struct AccessTests {
    private enum Call: CaseIterable {
        case submit, submitStream, status, preview, fetch, pull, acknowledge, accept, giveBack

        static let sending = [submit, submitStream, status, preview]
        static let receiving = [fetch, pull, acknowledge, accept, giveBack]

        /// What the exchange says to it; nil when it did what was asked.
        func answer(_ client: Client) async -> Status? {
            let (referrals, assignments) = (ReferralClient(client), AssignmentClient(client))
            return await failure {
                switch self {
                case .submit: _ = try await referrals.submit(Sample.submission("m"))
                case .submitStream:
                    try await referrals.submitStream { writer, results in
                        try await writer.write(Sample.submission("m"))
                        writer.finish()
                        for try await result in results {
                            if case .failure(let refusal) = result.result { throw Status(refusal.code, refusal.message) }
                        }
                    }
                case .status: _ = try await referrals.status(.message(MessageID("m")))
                case .preview: _ = try await referrals.preview(PreviewRequest(content: Sample.adult()))
                case .fetch: _ = try await assignments.fetch()
                case .pull:
                    try await assignments.pull { writer, responses in
                        // Who is refused may be so before this is written.
                        try? await writer.credit(1)
                        writer.finish()
                        for try await _ in responses {}
                    }
                case .acknowledge: _ = try await assignments.acknowledge(AssignmentID("a"))
                case .accept: _ = try await assignments.accept(AssignmentID("a"))
                case .giveBack: _ = try await assignments.giveBack(AssignmentID("a"), reason: .other)
                }
            }
        }
    }

    @Test(arguments: Carrier.allCases) func everyRoleHasItsOwnMethods(_ carrier: Carrier) async throws {
        let roles: [(unit: String, forbidden: [Call])] = [
            ("bojen-vasterort/stodsamordning", Call.sending), ("stodcentrum-vasterort/vallingby", Call.sending),
            ("polisen-stockholm/city", Call.receiving), ("bromma-gymnasium/elevhalsan", Call.receiving),
            ("egen-ansokan/webb", Call.receiving), ("stadsrevisionen/revisor", Call.allCases),
            ("stockholms-stad/samordnare", Call.allCases.filter { $0 != .preview }),
            (Installation.Unwelcome.unknownUnit, Call.allCases), ("bojen-farsta/jouren", Call.allCases),
        ]
        try await LiveExchange.with(carrier) { exchange in
            for (unit, forbidden) in roles {
                let client = try await exchange.client(unit)
                for call in Call.allCases {
                    let code = await call.answer(client)?.code
                    #expect((code == .permissionDenied) == forbidden.contains(call), "\(unit) \(call): \(code ?? .ok)")
                }
                // Whoever may connect may ask how the exchange is.
                #expect(try await HealthClient(client).check() == .serving)
            }
        }
    }

    /// Only in this process: no certificate of the exchange's authority carries such a name.
    @Test(arguments: [
        "spiffe://other.example/polisen-stockholm/vasterort", "spiffe://lots.example/polisen-stockholm",
        "spiffe://lots.example/polisen-stockholm/vasterort/x", "https://lots.example/polisen-stockholm/vasterort",
        "spiffe://lots.example//vasterort", "",
    ]) func aForeignNameMayNothing(_ identity: String) async throws {
        try await LiveExchange.with { exchange in
            let client = try await exchange.client(identity: identity)
            for call in Call.allCases { #expect(await call.answer(client)?.code == .permissionDenied, "\(call)") }
            #expect(try await exchange.events().isEmpty)
        }
    }

    /// Every question about what is somebody else's has the same answer as one about what does not exist.
    @Test(arguments: Carrier.allCases) func whatIsNotYoursDoesNotExist(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let owner = try await exchange.sender()
            let stranger = try await exchange.sender("polisen-stockholm/soderort")
            var receipts: [Receipt] = []
            for number in 0..<3 { receipts.append(try await owner.submit(Sample.submission("m-\(number)", Sample.young()))) }
            for (receipt, known) in zip(receipts, ["m-0", "m-1", "m-2"]) {
                let unknown = await failure { _ = try await stranger.status(.referral(ReferralID("0123456789ABCDEFGHJKMNPQRS"))) }
                #expect(unknown?.code == .notFound)
                #expect(await failure { _ = try await stranger.status(.referral(receipt.referralID)) } == unknown)
                #expect(await failure { _ = try await stranger.status(.message(MessageID(known))) } == unknown)
            }

            // One case of every phase: waiting, fetched, acknowledged.
            let holder = try await exchange.recipient("stodcentrum-vasterort/vallingby")
            let fetched = try await holder.fetch(FetchRequest(limit: 2)).map(\.id)
            _ = try await holder.acknowledge(fetched[1])
            let all = try await exchange.events().flatMap(\.events).compactMap(\.offeredAssignment)
            #expect(all.count == 3)
            let before = try await exchange.events().count
            let other = try await exchange.recipient("bojen-vasterort/stodsamordning")
            let ways: [(String, @Sendable (AssignmentID) async throws -> Void)] = [
                ("acknowledge", { _ = try await other.acknowledge($0) }), ("accept", { _ = try await other.accept($0) }),
                ("return", { _ = try await other.giveBack($0, reason: .other) }),
                (
                    "pull",
                    { id in
                        try await other.pull { writer, responses in
                            try await writer.acknowledge(id)
                            writer.finish()
                            for try await response in responses {
                                guard case .acknowledged(let result) = response else { return }
                                #expect(result.assignmentID == id)
                                if result.code != .ok { throw Status(result.code, result.message) }
                            }
                        }
                    }
                ),
            ]
            for (name, way) in ways {
                let unknown = await failure { try await way(AssignmentID("0123456789ABCDEFGHJKMNPQRS")) }
                #expect(unknown?.code == .notFound, "\(name)")
                for id in all { #expect(await failure { try await way(id) } == unknown, "\(name)") }
            }
            #expect(try await other.fetch().isEmpty)
            #expect(try await exchange.events().count == before, "nothing has happened")
        }
    }
}

extension ReferralEvent {
    var offeredAssignment: AssignmentID? {
        if case .offered(let id, _) = self { id } else { nil }
    }
}
