import Foundation
import GRDB
import Referral

/// Whom the entries concern that were written before that was kept.
enum LogReaderRows {
    /// Folds every log anew. What cannot be read, or does not follow, concerns nobody: whoever asks for its referral is told that it is
    /// damaged.
    static func fill(_ database: Database) throws {
        let insert = try database.makeStatement(sql: "INSERT INTO log_reader (reader, sequence) VALUES (?, ?)")
        let rows = try Row.fetchCursor(database, sql: "SELECT sequence, referral, at, events FROM log ORDER BY referral, sequence")
        var referral: String?
        var state: ReferralState?
        while let row = try rows.next() {
            let sequence: Int64 = row[0]
            if row[1] != referral { (referral, state) = (row[1], nil) }
            guard let events = try? JSONDecoder().decode([ReferralEvent].self, from: row.decode(Data.self, atIndex: 3)),
                let after = ReferralState.evolve(state, events, at: Instant(milliseconds: row[2]))
            else { continue }
            for reader in LogReader.readers(of: events, from: state, to: after) {
                try insert.execute(arguments: [reader.column, sequence])
            }
            state = after
        }
    }
}
