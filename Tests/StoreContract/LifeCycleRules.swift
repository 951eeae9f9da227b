import Referral
import SeededRandom
import Testing

extension StoreContract {
    static let lifeCycleRules =
        [
            Rule("every kind of event comes back as it was") { store in
                let (one, other) = (Sample.assignment(1, .support), Sample.assignment(1, .mediation))
                let owner = Sample.recipients[0]
                let holder = Sample.holder(owner)
                let lease = Lease(holder: holder, until: Sample.noon)
                var events = Sample.submission(1, services: [.support, .mediation])
                events += [
                    .leased(one, lease, disclosed: FieldGroup.allCases), .leaseExpired(one), .received(one, by: holder),
                    .accepted(one, by: holder), .review(other, reason: .unknownArea, owner: Sample.coordinator),
                ]
                events += ReturnReason.allCases.map { .returned(one, by: holder, reason: $0) }
                events.append(
                    .routed(
                        one,
                        RoutingDecision(
                            service: .support, outcome: .review(ReviewReason(rawValue: "own reason")), ruleSet: nil, rule: nil,
                            ruleText: nil, inputs: [], notes: [], asOf: Sample.day)))
                events += Sample.laterEvents(of: one, and: other, by: holder)
                let all = try Sample.step(events)
                try await store.append(all)
                #expect(try await store.read { try $0.log(of: all.state.id) }.map(\.events) == [events])
                #expect(try await store.read { try $0.referral(all.state.id) } == all.state)

                for (number, last) in [
                    ReferralEvent.refused(.consentRefused), .refused(.consentWithdrawn), .awaitingConsent(until: Sample.noon),
                ].enumerated() {
                    let step = try Sample.step([Sample.submission(number + 2)[0], last])
                    try await store.append(step)
                    #expect(try await store.read { try $0.referral(step.state.id) } == step.state)
                }
            }
        ]
        + [UInt64](1...4).map { seed in
            Rule("the tables are the fold of the log, whatever happens (seed \(seed))") { store in
                var lives = LifeCycles(seed: seed)
                var random = SplitMix64(seed: seed)
                for _ in 0..<40 {
                    let before = lives
                    let batch = try (0..<Int.random(in: 1...8, using: &random)).map { _ in try lives.next() }
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        await #expect(throws: Undo.self) {
                            try await store.write { transaction in
                                for step in batch { try transaction.append(step) }
                                throw Undo()
                            }
                        }
                        lives = before
                    } else {
                        try await store.write { transaction in for step in batch { try transaction.append(step) } }
                    }
                }
                try await expect(store, toHold: lives.states, madeBy: lives.steps)
            }
        }

    /// Compares all that can be asked with what follows from `steps`.
    static func expect(_ store: any ReferralStore, toHold states: [ReferralState], madeBy steps: [Step]) async throws {
        try await store.read { reader throws in
            let log = try reader.log(after: 0, limit: .max)
            #expect(log.map(\.events) == steps.map(\.events))
            #expect(log.map(\.at) == steps.map(\.at))
            for state in states {
                #expect(try reader.referral(state.id) == state)
                #expect(try reader.referral(from: state.sender, message: state.message) == state.id)
                #expect(try reader.log(of: state.id) == log.filter { $0.referral == state.id })
                let content = steps.first { $0.state.id == state.id }?.content
                #expect(try reader.content(of: state.id) == (state.erasedAt == nil ? content : nil))
                for assignment in state.assignments { #expect(try reader.referral(of: assignment.id) == state.id) }
            }
            let assignments = states.flatMap(\.assignments)
            for organisation in Sample.recipients + [Sample.coordinator] {
                let expected = assignments.filter { $0.owner == organisation && $0.phase == .offered }
                expectOrder(try reader.available(to: organisation, limit: .max), of: expected.map { ($0.id, $0.availableAt) })
            }
            for organisation in Sample.recipients + [Sample.coordinator] {
                for list in CaseList.allCases {
                    let expected = states.flatMap { state in
                        state.assignments.filter { $0.isOpen && belongs($0, to: list, of: organisation, in: state) }
                    }
                    let places = try reader.cases(of: organisation, in: list, after: nil, limit: .max)
                    expectOrder(places.map(\.assignment), of: expected.map { ($0.id, $0.availableAt) })
                }
            }
            let due = states.compactMap { state in
                steps.last { $0.state.id == state.id }?.due.map { DueReferral(state.id, due: $0) }
            }
            for now in Set(due.map(\.due)).union([Instant(milliseconds: 0), Instant(milliseconds: .max)]) {
                let found = try reader.due(at: now, limit: .max)
                #expect(Set(found) == Set(due.filter { $0.due <= now }))
                #expect(found.map(\.due) == found.map(\.due).sorted())
            }
        }
    }

    private static func belongs(
        _ assignment: AssignmentState, to list: CaseList, of organisation: OrganisationID, in state: ReferralState
    ) -> Bool {
        let isProtected = state.facts.protectedIdentity != .none
        switch list {
        case .open: return assignment.owner == organisation && !isProtected
        case .overdue: return assignment.owner == organisation && !isProtected && !assignment.overdue.isEmpty
        case .protected: return assignment.owner == organisation && isProtected
        case .handovers:
            guard case .handoverOffered(let offer) = assignment.phase else { return false }
            return offer.to == organisation && !isProtected
        }
    }

    /// The same ids, by ascending instants; the order of equal instants is free.
    private static func expectOrder(_ ids: [AssignmentID], of expected: [(AssignmentID, Instant)]) {
        let instants = Dictionary(uniqueKeysWithValues: expected)
        #expect(ids.count == expected.count)
        #expect(Set(ids) == Set(instants.keys))
        #expect(ids.map { instants[$0] } == expected.map(\.1).sorted())
    }
}
