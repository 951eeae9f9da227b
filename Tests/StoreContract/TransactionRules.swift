import Referral
import Testing

extension StoreContract {
    static let transactionRules = [
        Rule("a transaction sees what it has written") { store in
            let step = try Sample.offered(1, content: [1, 2, 3])
            try await store.write { transaction in
                try transaction.append(step)
                #expect(try transaction.referral(step.state.id) == step.state)
                #expect(try transaction.referral(from: Sample.police, message: step.state.message) == step.state.id)
                #expect(try transaction.referral(of: Sample.assignment(1)) == step.state.id)
                #expect(try transaction.log(of: step.state.id).map(\.events) == [step.events])
                #expect(try transaction.log(after: 0, limit: 10).map(\.events) == [step.events])
                #expect(try transaction.content(of: step.state.id) == [1, 2, 3])
                #expect(try transaction.available(to: Sample.recipients[0], limit: 10) == [Sample.assignment(1)])

                let lease = try Sample.leased(step.state, until: Sample.noon)
                try transaction.append(lease)
                #expect(try transaction.referral(step.state.id) == lease.state)
                #expect(try transaction.available(to: Sample.recipients[0], limit: 10) == [])
                #expect(try transaction.due(at: Sample.noon, limit: 10) == [DueReferral(step.state.id, due: Sample.noon)])
            }
        },
        Rule("a read sees what a write before it returned") { store in
            for number in 1...20 {
                let step = try Sample.offered(number)
                try await store.append(step)
                #expect(try await store.read { try $0.referral(step.state.id) } == step.state)
            }
        },
        Rule("a write returns what its body returns") { store in
            #expect(try await store.write { _ in 7 } == 7)
            let nothing: Int? = try await store.write { _ in nil }
            #expect(nothing == nil)
        },
        Rule("a body that throws has done nothing and its error arrives") { store in
            let kept = try Sample.offered(1, content: [7], due: Sample.noon + .seconds(1))
            try await store.append(kept)
            let undone = try Sample.offered(2, content: [1])
            let lease = try Sample.leased(kept.state, until: Sample.noon)
            let erasure = try Sample.erased(kept.state)
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.append(undone)
                    try transaction.append(lease)
                    throw Undo()
                }
            }
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.append(erasure)
                    try transaction.setDue(Sample.noon, of: kept.state.id)
                    throw Undo()
                }
            }
            try await expectNothing(of: undone, in: store)
            try await store.read { reader throws in
                #expect(try reader.referral(kept.state.id) == kept.state)
                #expect(try reader.available(to: Sample.recipients[0], limit: 10) == [Sample.assignment(1)])
                #expect(try reader.log(after: 0, limit: 10).count == 1)
                #expect(try reader.content(of: kept.state.id) == [7])
                #expect(try reader.due(at: Sample.noon, limit: 10) == [])
                #expect(try reader.due(at: Sample.noon + .seconds(1), limit: 10).map(\.referral) == [kept.state.id])
            }
            // Nothing of it stands in the way of doing it after all.
            try await store.append(undone)
        },
        Rule("no events change nothing") { store in
            let step = try Sample.offered(1, due: Sample.noon)
            try await store.append(step)
            try await store.write {
                try $0.append([], at: Sample.noon, by: nil, resulting: step.state, content: nil, due: nil, readers: [.coordinator])
            }
            #expect(try await store.read { try $0.log(after: 0, limit: 10) }.count == 1)
            #expect(try await store.read { try $0.due(at: Sample.noon, limit: 10) }.count == 1)
        },
        Rule("a message id that its sender has used is a duplicate") { store in
            try await store.append(Sample.offered(1, message: "m"))
            let second = try Sample.offered(2, message: "m", content: [1])
            #expect(await storeError { try await store.append(second) } == .duplicate)
            try await expectNothing(of: second, in: store)
            // The same submission once more, too.
            #expect(await storeError { try await store.append(Sample.offered(1, message: "m")) } == .duplicate)
        },
        Rule("a message id is the sender's own") { store in
            let otherUnit = Participant(organisation: Sample.police.organisation, unit: UnitID("lpo-globen"))
            let other = Participant(organisation: OrganisationID("skolan"), unit: Sample.police.unit)
            for (number, sender) in [Sample.police, otherUnit, other].enumerated() {
                try await store.append(Sample.offered(number, from: sender, message: "m"))
            }
            for (number, sender) in [Sample.police, otherUnit, other].enumerated() {
                #expect(try await store.read { try $0.referral(from: sender, message: MessageID("m")) } == Sample.id(number))
            }
        },
        Rule("a duplicate leaves the rest of its transaction alone") { store in
            let first = try Sample.offered(1, message: "m")
            let duplicate = try Sample.offered(2, message: "m", content: [1])
            let third = try Sample.offered(3)
            try await store.write { transaction in
                try transaction.append(first)
                let error = #expect(throws: StoreError.self) { try transaction.append(duplicate) }
                #expect(error?.code == .duplicate)
                try transaction.append(third)
            }
            try await expectNothing(of: duplicate, in: store)
            #expect(try await store.read { try $0.log(after: 0, limit: 10) }.map(\.referral) == [first.state.id, third.state.id])
        },
        Rule("a state that does not follow fails the whole transaction, also when the body goes on") { store in
            let first = try Sample.offered(1)
            try await store.append(first)
            let other = try Sample.offered(2)
            let lease = try Sample.leased(first.state, until: Sample.noon)
            // Somebody else was faster: this was decided on a state of the past.
            try await store.append(lease)
            let code = await storeError {
                try await store.write { transaction in
                    try transaction.append(other)
                    try? transaction.append(lease)
                    try? transaction.append(other)
                }
            }
            #expect(code == .damaged)
            try await expectNothing(of: other, in: store)
            #expect(try await store.read { try $0.referral(first.state.id) } == lease.state)
        },
        Rule("a change of a referral that is not there fails") { store in
            let lease = try Sample.leased(Sample.offered(1).state, until: Sample.noon)
            #expect(await storeError { try await store.append(lease) } == .damaged)
        },
        Rule("an id of an assignment is never taken over by another referral") { store in
            try await store.append(Sample.offered(1))
            var events = Sample.submission(2)
            events[1...] = Sample.submission(1)[1...]
            let thief = try Sample.step(events)
            #expect(await storeError { try await store.append(thief) } == .damaged)
            #expect(try await store.read { try $0.referral(of: Sample.assignment(1)) } == Sample.id(1))
        },
        Rule("an assignment without an owner is not stored") { store in
            let ownerless = try Sample.offered(1, to: [OrganisationID("")])
            #expect(await storeError { try await store.append(ownerless) } == .damaged)
            try await expectNothing(of: ownerless, in: store)
        },
        Rule("content is kept as it is, and only once") { store in
            let contents: [[UInt8]?] = [nil, [], [0], Array(0...255), [UInt8](repeating: 0xFF, count: 1_000_000)]
            for (number, content) in contents.enumerated() { try await store.append(Sample.offered(number, content: content)) }
            for (number, content) in contents.enumerated() {
                #expect(try await store.read { try $0.content(of: Sample.id(number)) } == content)
            }
            var lease = try Sample.leased(Sample.offered(0).state, until: Sample.noon)
            lease.content = [1]
            let late = lease
            #expect(await storeError { try await store.append(late) } == .damaged)
            #expect(try await store.read { try $0.content(of: Sample.id(0)) } == nil)
        },
        Rule("erased content is gone with its event, and no other") { store in
            for number in 1...3 { try await store.append(Sample.offered(number, content: [UInt8(number)])) }
            let first = try #require(try await store.read { try $0.referral(Sample.id(1)) })
            let part = try Sample.step([.erased(Erasure(.assignment(Sample.assignment(2)), .declined))], after: Sample.offered(2).state)
            try await store.write { transaction in
                try transaction.append(Sample.erased(first))
                // In the same transaction already.
                #expect(try transaction.content(of: Sample.id(1)) == nil)
                // What one organisation may see no longer is still there for others.
                try transaction.append(part)
            }
            let contents = try await store.read { reader in try (1...3).map { try reader.content(of: Sample.id($0)) } }
            #expect(contents == [nil, [2], [3]])
            #expect(try await store.read { try $0.referral(Sample.id(1)) }?.erasedAt == Sample.noon)
            // Its message is known for ever.
            #expect(await storeError { try await store.append(Sample.offered(1, content: [1])) } == .duplicate)
            #expect(try await store.read { try $0.content(of: Sample.id(1)) } == nil)
        },
        Rule(harness: "what was committed is there after reopening") { harness in
            var lives = LifeCycles(seed: 7)
            for _ in 0..<3 {
                try await harness.withStore { store in
                    for _ in 0..<30 { try await store.append(lives.next()) }
                }
                let (states, steps) = (lives.states, lives.steps)
                try await harness.withStore { try await expect($0, toHold: states, madeBy: steps) }
            }
        },
        Rule(harness: "two stores on the same data see each other's commits") { harness in
            try await harness.withStore { one in
                try await harness.withStore { other in
                    let step = try Sample.offered(1)
                    try await one.append(step)
                    #expect(try await other.read { try $0.referral(step.state.id) } == step.state)
                    let lease = try Sample.leased(step.state, until: Sample.noon)
                    try await other.append(lease)
                    #expect(try await one.write { try $0.referral(step.state.id) } == lease.state)
                    #expect(await storeError { try await one.append(lease) } == .damaged)
                }
            }
        },
    ]

    /// The code of the `StoreError` that `body` throws; nil when it throws none.
    static func storeError(_ body: () async throws -> Void) async -> StoreError.Code? {
        let error = await #expect(throws: StoreError.self) { try await body() }
        return error?.code
    }

    static func expectNothing(of step: Step, in store: any ReferralStore) async throws {
        try await store.read { reader throws in
            #expect(try reader.referral(step.state.id) == nil)
            #expect(try reader.log(of: step.state.id) == [])
            #expect(try reader.content(of: step.state.id) == nil)
            for assignment in step.state.assignments { #expect(try reader.referral(of: assignment.id) == nil) }
            if let known = try reader.referral(from: step.state.sender, message: step.state.message) { #expect(known != step.state.id) }
        }
    }
}
