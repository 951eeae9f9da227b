import Referral
import Testing

extension StoreContract {
    /// Who is told of which entries.
    static let readerRules = [
        Rule("each reader gets the entries that concern it, in order and page by page") { store in
            var lives = LifeCycles(seed: 11)
            for _ in 0..<120 { try await store.append(lives.next()) }
            let steps = lives.steps
            try await store.read { reader throws in
                let log = try reader.log(after: 0, limit: .max)
                #expect(try reader.lastSequence(for: nil) == log.last?.sequence)
                let everybody = Set(steps.flatMap(\.readers))
                #expect(everybody.count > 3)
                for one in everybody {
                    let concerning = zip(log, steps).filter { $1.readers.contains(one) }.map { LogPlace($0.0.sequence, of: $0.0.referral) }
                    #expect(try reader.news(for: one, after: 0, limit: .max) == concerning)
                    #expect(try reader.lastSequence(for: one) == concerning.last?.sequence)
                    var paged: [LogPlace] = []
                    while case let page = try reader.news(for: one, after: paged.last?.sequence ?? 0, limit: 3), !page.isEmpty {
                        paged += page
                    }
                    #expect(paged == concerning)
                    for limit in [0, -1] { #expect(try reader.news(for: one, after: 0, limit: limit) == []) }
                }
            }
        },
        Rule("an entry that concerns nobody is in the log only") { store in
            let step = try Sample.offered(1)
            try await store.append(step)
            let lease = try Sample.leased(step.state, until: Sample.noon)
            try await store.write { transaction in
                try transaction.append(
                    lease.events, at: lease.at, by: lease.actor, resulting: lease.state, content: nil, due: nil, readers: [])
            }
            try await store.read { reader throws in
                #expect(try reader.lastSequence(for: nil) == 2)
                for one in step.readers { #expect(try reader.news(for: one, after: 0, limit: 9).map(\.sequence) == [1]) }
            }
        },
        Rule("readers of other names are others") { store in
            func sender(_ organisation: String, _ unit: String) -> LogReader {
                .sender(Participant(organisation: OrganisationID(organisation), unit: UnitID(unit)))
            }
            let readers: [LogReader] = [
                .coordinator, .organisation(OrganisationID("a/b")), .organisation(OrganisationID("c")), sender("a", "b/c"),
                sender("a/b", "c"),
                sender("a", "b"), .organisation(OrganisationID("")), sender("", ""), sender("3/a", "b"),
            ]
            for (number, reader) in readers.enumerated() {
                let step = try Sample.offered(number)
                try await store.write { transaction in
                    try transaction.append(
                        step.events, at: step.at, by: step.actor, resulting: step.state, content: nil, due: nil, readers: [reader])
                }
            }
            for (number, reader) in readers.enumerated() {
                #expect(
                    try await store.read { try $0.news(for: reader, after: 0, limit: 9) }.map(\.referral) == [Sample.id(number)],
                    "\(reader)"
                )
            }
        },
        Rule("nobody has been told anything by an empty store, or by an entry that was undone") { store async throws in
            let step = try Sample.offered(1)
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.append(step)
                    #expect(try transaction.lastSequence(for: step.readers[0]) == transaction.lastSequence(for: nil))
                    throw Undo()
                }
            }
            try await store.read { reader throws in
                for one in step.readers { #expect(try reader.news(for: one, after: 0, limit: 9) == []) }
                #expect(try reader.lastSequence(for: nil) == 0)
                #expect(try reader.lastSequence(for: .coordinator) == 0)
            }
        },
    ]
}
