public import Referral
import Testing

extension Sample {
    /// A version with a character of every kind that storing might harm.
    public static func published(_ number: Int, kind: VersionKind = .ruleSet, first: CivilDate? = nil) -> Publication.Change {
        let texts = PublicationContent.names(of: kind).map {
            PublicationContent.Text(name: $0, text: "<åäö \"\\ \r\n\t\u{FEFF}\u{1F468}\u{200D}\u{1F467} \($0) \(number)>")
        }
        let content = PublicationContent(
            kind: kind, name: "Stockholm \(number)", first: first, last: kind == .ruleSet ? CivilDate("2030-12-31") : nil, texts: texts,
            signedOffBy: "Åsa \"Ö\"", comment: number.isMultiple(of: 2) ? "a\nb" : nil,
            accepted: number.isMultiple(of: 2) ? [] : [AcceptedFinding(finding: "gap-1", by: "Åsa", reason: "a, \"b\"\n")])
        return .published(number: number, content, digest: ContentDigest(hexadecimal: "ab\(number)"))
    }
}

extension StoreContract {
    static let publicationRules = [
        Rule("publications come back as they were, in order") { store in
            let changes: [Publication.Change] = [
                Sample.published(1, kind: .directory), Sample.published(1, first: CivilDate("2026-01-01")), Sample.published(4),
                .rolledBack(.ruleSet, number: 4, reason: "åäö \"\n"), Sample.published(2, kind: .directory),
                .rolledBack(.directory, number: 2, reason: ""), .rolledBack(.ruleSet, number: 1, reason: "x"),
            ]
            for (index, change) in changes.enumerated() {
                try await store.write { transaction in
                    try transaction.append(
                        change, at: Sample.noon + .seconds(index), by: index.isMultiple(of: 2) ? nil : Sample.police)
                    #expect(try transaction.publications(after: 0, limit: 99).last?.change == change)
                }
            }
            let all = try await store.read { try $0.publications(after: 0, limit: 99) }
            #expect(all.map(\.change) == changes)
            #expect(all.map(\.at) == changes.indices.map { Sample.noon + .seconds($0) })
            #expect(all.map(\.by) == changes.indices.map { $0.isMultiple(of: 2) ? nil : Sample.police })
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
            #expect(try await store.read { try $0.publications(after: all[2].sequence, limit: 2) } == Array(all[3...4]))
            #expect(try await store.read { try $0.publications(after: all[6].sequence, limit: 99) } == [])
            #expect(try await store.read { try $0.publications(after: 0, limit: 0) } == [])
        },
        Rule("a number is published once, after all smaller ones, and rolled back once") { store in
            let first: [Publication.Change] = [Sample.published(2), .rolledBack(.ruleSet, number: 2, reason: "x")]
            try await store.write { transaction in
                for change in first { try transaction.append(change, at: Sample.noon, by: nil) }
            }
            let before = try await store.read { try $0.publications(after: 0, limit: 99) }
            let forbidden: [Publication.Change] = [
                Sample.published(2), Sample.published(1), .rolledBack(.ruleSet, number: 2, reason: "again"),
                .rolledBack(.ruleSet, number: 3, reason: "x"), .rolledBack(.directory, number: 2, reason: "x"),
            ]
            for change in forbidden {
                let code = await storeError {
                    try await store.write { transaction in
                        try transaction.append(Sample.published(7, kind: .directory), at: Sample.noon, by: nil)
                        try? transaction.append(change, at: Sample.noon, by: nil)
                    }
                }
                #expect(code == .damaged, "\(change)")
            }
            #expect(try await store.read { try $0.publications(after: 0, limit: 99) } == before)
            // A kind has its own numbers.
            try await store.write { try $0.append(Sample.published(1, kind: .directory), at: Sample.noon, by: nil) }
        },
        Rule("a publication that is undone has not happened") { store in
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.append(Sample.published(1), at: Sample.noon, by: nil)
                    throw Undo()
                }
            }
            #expect(try await store.read { try $0.publications(after: 0, limit: 9) } == [])
            try await store.write { try $0.append(Sample.published(1), at: Sample.noon, by: nil) }
        },
        Rule(harness: "publications are seen by another store and are there after reopening") { harness in
            try await harness.withStore { one in
                try await harness.withStore { other in
                    try await one.write { try $0.append(Sample.published(1), at: Sample.noon, by: nil) }
                    #expect(try await other.read { try $0.publications(after: 0, limit: 9) }.map(\.change) == [Sample.published(1)])
                }
            }
            let kept = try await harness.withStore { store in try await store.read { try $0.publications(after: 0, limit: 9) } }
            #expect(kept.map(\.change) == [Sample.published(1)])
        },
    ]
}
