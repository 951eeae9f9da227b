import Referral
import Testing

extension StoreContract {
    static let figureRules = [
        Rule("figures come back by their days, replaced when they are put again") { store in
            try await store.write { for number in 1...4 { try $0.append(Sample.offered(number)) } }
            #expect(try await store.read { try $0.figuresSequence() } == 0)
            let rows = [
                row(1, 1...5, "one \u{E5} \"'"), row(2, 5...5, "two"), row(3, 6...9, "three"), row(4, 2...9, ""),
            ]
            try await store.write { try $0.putFigures(rows, through: 3) }
            #expect(try await store.read { try $0.figuresSequence() } == 3)
            for (days, expected) in [
                (0...0, [Int]()), (1...1, [1]), (2...4, [1, 4]), (5...5, [1, 2, 4]), (6...7, [3, 4]), (0...99, [1, 2, 3, 4]),
            ] {
                #expect(try await figures(of: store, Self.days(days)) == Set(expected.map { rows[$0 - 1] }), "\(days)")
            }
            let again = row(2, 7...8, "other")
            try await store.write { try $0.putFigures([again], through: 9) }
            #expect(try await figures(of: store, Self.days(5...5)) == [rows[0], rows[3]])
            #expect(try await figures(of: store, Self.days(8...8)) == [again, rows[2], rows[3]])
            #expect(try await store.read { try $0.figuresSequence() } == 9)
            try await store.write { try $0.clearFigures() }
            #expect(try await figures(of: store, Self.days(0...99)).isEmpty)
            #expect(try await store.read { try $0.figuresSequence() } == 0)
        },
        Rule("figures that are undone have not been counted") { store in
            try await store.append(Sample.offered(1))
            await #expect(throws: Undo.self) {
                try await store.write { transaction in
                    try transaction.putFigures([row(1, 1...1, "x")], through: 1)
                    #expect(try transaction.figuresSequence() == 1)
                    throw Undo()
                }
            }
            #expect(try await store.read { try $0.figuresSequence() } == 0)
            #expect(try await figures(of: store, Self.days(0...99)).isEmpty)
        },
        Rule(harness: "figures are seen by another store and are there after reopening") { harness in
            try await harness.withStore { one in
                try await harness.withStore { other in
                    try await one.append(Sample.offered(1))
                    try await one.write { try $0.putFigures([row(1, 1...1, "x")], through: 1) }
                    #expect(try await figures(of: other, Self.days(1...1)) == [row(1, 1...1, "x")])
                }
            }
            #expect(try await harness.withStore { store in try await store.read { try $0.figuresSequence() } } == 1)
        },
    ]

    private static func row(_ number: Int, _ days: ClosedRange<Int>, _ record: String) -> FigureRow {
        FigureRow(Sample.id(number), days: Self.days(days), record: Array(record.utf8))
    }

    private static func days(_ days: ClosedRange<Int>) -> ClosedRange<CivilDate> {
        Sample.day.adding(days: days.lowerBound)...Sample.day.adding(days: days.upperBound)
    }

    private static func figures(of store: any ReferralStore, _ days: ClosedRange<CivilDate>) async throws -> Set<FigureRow> {
        try await store.read { reader in
            var rows: Set<FigureRow> = []
            try reader.figures(on: days) { #expect(rows.insert($0).inserted) }
            return rows
        }
    }
}
