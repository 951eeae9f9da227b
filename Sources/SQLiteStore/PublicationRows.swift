import Foundation
import GRDB
import Referral

extension DatabaseReading {
    func publications(after sequence: Int64, limit: Int) throws -> [Publication] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT sequence, kind, number, at, actor_organisation, actor_unit, name, valid_from, valid_until, texts, digest,
                        signed_off_by, accepted, reason
                    FROM publication WHERE sequence > ? ORDER BY sequence LIMIT ?
                    """)
            return try Array(Row.fetchCursor(statement, arguments: [sequence, max(0, limit)]).map(publication))
        }
    }

    private func publication(_ row: Row) throws -> Publication {
        let sequence = try row.decode(Int64.self, atIndex: 0)
        let organisation = try row.decode(String?.self, atIndex: 4).map { OrganisationID($0) }
        let unit = try row.decode(String?.self, atIndex: 5).map { UnitID($0) }
        return Publication(
            sequence: sequence, at: Instant(milliseconds: try row.decode(Int64.self, atIndex: 3)),
            by: organisation.flatMap { organisation in unit.map { Participant(organisation: organisation, unit: $0) } },
            change: try change(row, sequence))
    }

    private func change(_ row: Row, _ sequence: Int64) throws -> Publication.Change {
        let damaged = StoreError(.damaged, "publication \(sequence) cannot be read; \(StoreError.restore)")
        let word = try row.decode(String.self, atIndex: 1)
        let number = try row.decode(Int.self, atIndex: 2)
        if word.hasSuffix(rollbackSuffix) {
            guard let kind = VersionKind(rawValue: String(word.dropLast(rollbackSuffix.count))) else { throw damaged }
            return .rolledBack(kind, number: number, reason: try row.decode(String.self, atIndex: 13))
        }
        guard let kind = VersionKind(rawValue: word) else { throw damaged }
        func day(_ index: Int) throws -> CivilDate? {
            guard let text = try row.decode(String?.self, atIndex: index) else { return nil }
            guard let day = CivilDate(text) else { throw damaged }
            return day
        }
        func list<Element: Decodable>(_ index: Int) throws -> [Element] {
            do {
                return try JSONDecoder().decode([Element].self, from: row.decode(Data.self, atIndex: index))
            } catch is DecodingError {
                throw damaged
            }
        }
        let content = PublicationContent(
            kind: kind, name: try row.decode(String.self, atIndex: 6), first: try day(7), last: try day(8), texts: try list(9),
            signedOffBy: try row.decode(String.self, atIndex: 11), comment: try row.decode(String?.self, atIndex: 13),
            accepted: try list(12))
        return .published(number: number, content, digest: ContentDigest(hexadecimal: try row.decode(String.self, atIndex: 10)))
    }
}

extension SQLiteTransaction {
    func insert(_ change: Publication.Change, at: Instant, by actor: Participant?) throws {
        let actor = (try actor?.organisation.column, try actor?.unit.column)
        switch change {
        case .published(let number, let content, let digest):
            try database.cachedStatement(
                sql: """
                    INSERT INTO publication
                        (kind, number, at, actor_organisation, actor_unit, name, valid_from, valid_until, texts, digest, signed_off_by,
                            accepted, reason)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                content.kind.rawValue, number, at.milliseconds, actor.0, actor.1, content.name, content.first?.description,
                content.last?.description, JSONWriter.text(content.texts), digest.description, content.signedOffBy,
                JSONWriter.text(content.accepted), content.comment,
            ])
        case .rolledBack(let kind, let number, let reason):
            try database.cachedStatement(
                sql: "INSERT INTO publication (kind, number, at, actor_organisation, actor_unit, reason) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [kind.rawValue + rollbackSuffix, number, at.milliseconds, actor.0, actor.1, reason])
        }
    }
}

/// Behind the kind of what is rolled back.
private let rollbackSuffix = " rollback"
