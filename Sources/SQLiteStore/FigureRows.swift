import Foundation
import GRDB
import Referral

extension DatabaseReading {
    func figuresSequence() throws -> Int64 {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(sql: "SELECT sequence FROM figure_progress")
            return try Int64.fetchOne(statement) ?? 0
        }
    }

    func figures(on days: ClosedRange<CivilDate>, _ body: (FigureRow) throws -> Void) throws {
        try translatingFaults(at: path) {
            // Days sort as their texts do.
            let statement = try database.cachedStatement(
                sql: "SELECT referral, first_day, last_day, record FROM figure WHERE last_day >= ? AND first_day <= ?")
            let rows = try Row.fetchCursor(
                statement, arguments: [days.lowerBound.description, days.upperBound.description])
            while let row = try rows.next() {
                let id = ReferralID(try row.decode(String.self, atIndex: 0))
                guard let first = CivilDate(try row.decode(String.self, atIndex: 1)),
                    let last = CivilDate(try row.decode(String.self, atIndex: 2)), first <= last
                else { throw StoreError(.damaged, "the figures of referral \(id) cannot be read; \(StoreError.restore)") }
                try body(FigureRow(id, days: first...last, record: [UInt8](try row.decode(Data.self, atIndex: 3))))
            }
        }
    }
}

extension SQLiteTransaction {
    func replaceFigures(_ rows: [FigureRow], through sequence: Int64) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO figure (referral, first_day, last_day, record) VALUES (?, ?, ?, ?)
                ON CONFLICT (referral) DO UPDATE SET
                    first_day = excluded.first_day, last_day = excluded.last_day, record = excluded.record
                """)
        for row in rows {
            try statement.execute(arguments: [
                row.referral.column, row.days.lowerBound.description, row.days.upperBound.description,
                String(decoding: row.record, as: UTF8.self),
            ])
        }
        try database.cachedStatement(sql: "UPDATE figure_progress SET sequence = ?").execute(arguments: [sequence])
    }

    func removeFigures() throws {
        try database.execute(sql: "DELETE FROM figure; UPDATE figure_progress SET sequence = 0")
    }
}
