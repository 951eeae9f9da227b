import Referral
import Testing

extension StoreContract {
    static let concurrencyRules = [
        Rule("of many writers that want one case, one gets it") { store in
            let offered = try Sample.offered(1)
            try await store.append(offered)
            let winners = try await many(100) { number in
                try await store.write { transaction in
                    guard let state = try transaction.referral(offered.state.id), state.assignments[0].phase == .offered else {
                        return false
                    }
                    try transaction.append(Sample.leased(state, until: Sample.noon + .seconds(number)))
                    return true
                }
            }
            #expect(winners.count { $0 } == 1)
            #expect(try await store.read { try $0.log(of: offered.state.id) }.count == 2)
        },
        Rule("of many writers that submit one message, one succeeds and the others learn of it") { store in
            let answers = try await many(100) { number in
                let step = try Sample.offered(number, message: "m")
                return try await store.write { transaction in
                    do {
                        try transaction.append(step)
                    } catch let error as StoreError where error.code == .duplicate {}
                    return try transaction.referral(from: Sample.police, message: MessageID("m"))
                }
            }
            #expect(Set(answers).count == 1)
            let log = try await store.read { try $0.log(after: 0, limit: 1_000) }
            #expect(log.map(\.referral) == answers.prefix(1).compactMap { $0 })
        },
        Rule("many writers lose nothing") { store in
            try await many(100) { try await store.append(Sample.offered($0)) }
            let log = try await store.read { try $0.log(after: 0, limit: 1_000) }
            #expect(Set(log.map(\.referral)) == Set((0..<100).map { Sample.id($0) }))
            #expect(log.map(\.sequence) == log.map(\.sequence).sorted())
            #expect(Set(log.map(\.sequence)).count == 100)
        },
        Rule("changes of one referral that depend on each other are not lost") { store in
            let first = try Sample.offered(1)
            try await store.append(first)
            let holder = Sample.holder(Sample.recipients[0])
            try await many(100) { _ in
                try await store.write { transaction in
                    guard let state = try transaction.referral(first.state.id) else { throw Undo() }
                    try transaction.append(Sample.step([.returned(Sample.assignment(1), by: holder, reason: .other)], after: state))
                }
            }
            let state = try await store.read { try $0.referral(first.state.id) }
            #expect(state?.assignments.first?.returnedBy.count == 100)
        },
        Rule("readers see whole transactions only") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<50 {
                        let pair = try [Sample.offered(2 * number), Sample.offered(2 * number + 1)]
                        try await store.write { transaction in for step in pair { try transaction.append(step) } }
                    }
                }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<50 {
                            let (entries, available, again) = try await store.read { reader throws in
                                let entries = try reader.log(after: 0, limit: 1_000)
                                let available = try reader.available(to: Sample.recipients[0], limit: 1_000)
                                return (entries, available, try reader.log(after: 0, limit: 1_000))
                            }
                            #expect(entries.count.isMultiple(of: 2))
                            #expect(available.count == entries.count)
                            #expect(entries == again)
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        Rule("what is not committed is not seen by others") { store in
            let gate = Gate()
            let step = try Sample.offered(1, content: [1])
            let writer = Task {
                try await store.write { transaction in
                    try transaction.append(step)
                    try gate.pass()
                }
            }
            await gate.reached()
            try await expectNothing(of: step, in: store)
            gate.open()
            try await writer.value
            #expect(try await store.read { try $0.referral(step.state.id) } == step.state)
        },
        Rule("bodies that take their time do not hold up other tasks") { store in
            let gate = Gate()
            // More than there are threads for tasks: waiting on those would leave none to open the gate.
            let writers = (0..<64).map { _ in Task { try await store.write { _ in try gate.pass() } } }
            await gate.reached()
            for _ in writers { gate.open() }
            for writer in writers { try await writer.value }
        },
        Rule("a write whose task is cancelled has happened exactly when it returns") { store in
            let gate = Gate()
            let started = try Sample.offered(1)
            let waiting = try Sample.offered(2)
            let first = Task {
                try await store.write { transaction in
                    try gate.pass()
                    try transaction.append(started)
                }
            }
            await gate.reached()
            let second = Task { try await store.append(waiting) }
            first.cancel()
            second.cancel()
            gate.open()
            try await expectClearOutcome(of: first, started, in: store)
            try await expectClearOutcome(of: second, waiting, in: store)

            let steps = try (3..<60).map { try Sample.offered($0) }
            let tasks = steps.map { step in Task { try await store.append(step) } }
            for task in tasks {
                await Task.yield()
                task.cancel()
            }
            for (task, step) in zip(tasks, steps) { try await expectClearOutcome(of: task, step, in: store) }
            // And it goes on working.
            try await store.append(Sample.offered(100))
        },
    ]

    private static func expectClearOutcome(of task: Task<Void, any Error>, _ step: Step, in store: any ReferralStore) async throws {
        switch await task.result {
        case .success: #expect(try await store.read { try $0.referral(step.state.id) } == step.state)
        case .failure(let error):
            #expect(error is CancellationError)
            try await expectNothing(of: step, in: store)
        }
    }

    /// Runs `body` for each of `count` numbers at the same time.
    @discardableResult private static func many<Answer: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
