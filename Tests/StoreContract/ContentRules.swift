import Referral
import Testing

extension StoreContract {
    /// How content is replaced.
    static let contentRules = [
        Rule("an amendment replaces the content, and so does the person's answer") { store in
            let digest = ContentDigest(hexadecimal: String(repeating: "ef", count: 32))
            let first = try Sample.offered(1, content: [1])
            let other = try Sample.offered(2, content: [2])
            try await store.append(first)
            try await store.append(other)
            let amended = try Sample.step([.amended(digest)], after: first.state, content: [3, 0, 3])
            let answered = try Sample.step(
                [.consentAnswered(Consent(status: .yes, coversSupport: true))], after: amended.state, content: [])
            let withoutContent = try Sample.step([.amended(digest)], after: answered.state)
            for (step, expected) in [(amended, [3, 0, 3]), (answered, []), (withoutContent, [UInt8]())] {
                try await store.append(step)
                #expect(try await store.read { try $0.content(of: step.state.id) } == expected)
            }
            #expect(try await store.read { try $0.content(of: other.state.id) } == [2])
        },
        Rule("an amendment that is undone leaves the content") { store in
            let first = try Sample.offered(1, content: [1])
            try await store.append(first)
            let amended = try Sample.step([.amended(ContentDigest(hexadecimal: "ab"))], after: first.state, content: [3])
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.append(amended)
                    #expect(try transaction.content(of: first.state.id) == [3])
                    throw Undo()
                }
            }
            #expect(try await store.read { try $0.content(of: first.state.id) } == [1])
        },
        Rule("nothing else replaces content, and nothing brings it back") { store in
            let digest = ContentDigest(hexadecimal: "ab")
            let first = try Sample.offered(1, content: [1])
            try await store.append(first)
            let accepted = try Sample.step([.redriven(Sample.assignment(1))], after: first.state, content: [2])
            let erasing = try Sample.step(
                [.amended(digest), .erased(Erasure(.content, .consentWithdrawn))], after: first.state, content: [2])
            for step in [accepted, erasing] { #expect(await storeError { try await store.append(step) } == .damaged) }
            #expect(try await store.read { try $0.content(of: first.state.id) } == [1])
            #expect(try await store.read { try $0.log(of: first.state.id) }.count == 1)

            let erased = try Sample.erased(first.state)
            try await store.append(erased)
            let late = try Sample.step([.amended(digest)], after: erased.state, content: [2])
            #expect(await storeError { try await store.append(late) } == .damaged)
            // Nor was there ever any.
            let without = try Sample.offered(2)
            try await store.append(without)
            let amended = try Sample.step([.amended(digest)], after: without.state, content: [2])
            #expect(await storeError { try await store.append(amended) } == .damaged)
            for id in [first.state.id, without.state.id] { #expect(try await store.read { try $0.content(of: id) } == nil) }
        },
    ]
}
