import Foundation
import GRDB
import Referral

/// The tables. A migration that has been released is never changed; the next one has the next number.
enum Schema {
    /// Marks a database file as this program's: "Lots".
    private static let application: Int64 = 0x4C_6F_74_73

    static let migrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: "PRAGMA application_id = \(application)")
            try database.execute(sql: version1)
        }
        migrator.registerMigration("2") { database in try database.execute(sql: version2) }
        migrator.registerMigration("3") { try $0.execute(sql: version3) }
        migrator.registerMigration("4") { try $0.execute(sql: version4) }
        migrator.registerMigration("5") { database in
            try database.execute(sql: version5)
            try LogReaderRows.fill(database)
        }
        migrator.registerMigration("6") { try $0.execute(sql: version6) }
        migrator.registerMigration("7") { database in
            try database.execute(sql: version7)
            try InflowRows.fill(database)
        }
        migrator.registerMigration("8") { database in
            try database.execute(sql: version8)
            try SQLiteTransaction.listOpenCases(database)
        }
        migrator.registerMigration("9") { try $0.execute(sql: version9) }
        migrator.registerMigration("10") { try $0.execute(sql: version10) }
        migrator.registerMigration("11") { try $0.execute(sql: version11) }
        return migrator
    }()

    /// - Throws: `StoreError` unless the database was made by this or an older version of the program, or is empty and may be.
    static func checkOwnership(_ database: Database, path: String, mayBeEmpty: Bool) throws {
        let owner = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard owner == application else {
            if try owner == 0 && Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
                guard mayBeEmpty else { throw DatabaseFiles.empty(path) }
                return
            }
            throw StoreError(.damaged, "\(path) is a database of another program; name another file")
        }
        let unknown = try migrator.appliedIdentifiers(database).subtracting(migrator.migrations)
        guard let newest = unknown.max(by: { $0.localizedStandardCompare($1) == .orderedAscending }) else { return }
        throw StoreError(
            .newerSchema,
            """
            the database \(path) has schema version \(newest), this program knows versions up to \(migrator.migrations.last ?? "0"); \
            run the version of the program that wrote it, or a newer one
            """)
    }

    /// Times are milliseconds since 1970-01-01T00:00:00Z. `referral` and `assignment` are the fold of `log`.
    private static let version1 = """
        CREATE TABLE referral (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            sender_organisation TEXT NOT NULL CHECK (sender_organisation <> ''),
            sender_unit TEXT NOT NULL,
            message_id TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('refused', 'awaiting consent', 'routed')),
            version INTEGER NOT NULL CHECK (version > 0), -- events folded in
            UNIQUE (sender_organisation, sender_unit, message_id)
        ) STRICT, WITHOUT ROWID;

        -- Its own table, so that it can be erased.
        CREATE TABLE content (
            referral TEXT NOT NULL PRIMARY KEY REFERENCES referral,
            bytes BLOB NOT NULL
        ) STRICT;

        CREATE TABLE assignment (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            referral TEXT NOT NULL REFERENCES referral,
            service TEXT NOT NULL CHECK (service <> ''),
            owner TEXT NOT NULL CHECK (owner <> ''),
            phase TEXT NOT NULL CHECK (phase IN ('review', 'offered', 'leased', 'received', 'accepted')),
            available_at INTEGER NOT NULL,
            since INTEGER NOT NULL,
            lease_organisation TEXT CHECK (lease_organisation = owner),
            lease_unit TEXT,
            lease_until INTEGER,
            UNIQUE (referral, service),
            CHECK (
                (phase = 'leased') = (lease_organisation IS NOT NULL)
                AND (phase = 'leased') = (lease_unit IS NOT NULL)
                AND (phase = 'leased') = (lease_until IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX assignment_available ON assignment (owner, available_at, id) WHERE phase = 'offered';
        CREATE INDEX assignment_lease_end ON assignment (lease_until, id) WHERE phase = 'leased';

        CREATE TABLE log (
            sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            referral TEXT NOT NULL REFERENCES referral,
            at INTEGER NOT NULL,
            actor_organisation TEXT,
            actor_unit TEXT,
            events TEXT NOT NULL, -- JSON
            CHECK ((actor_organisation IS NULL) = (actor_unit IS NULL))
        ) STRICT;

        CREATE INDEX log_referral ON log (referral);

        CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
        BEGIN
            SELECT RAISE (ABORT, 'the log is never changed');
        END;

        CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
        BEGIN
            SELECT RAISE (ABORT, 'the log is never deleted');
        END;

        -- INSERT OR REPLACE deletes without a trigger.
        CREATE TRIGGER log_is_not_replaced BEFORE INSERT ON log
        WHEN EXISTS (SELECT 1 FROM log WHERE sequence = NEW.sequence)
        BEGIN
            SELECT RAISE (ABORT, 'the log is never replaced');
        END;
        """

    /// Rule sets and directories with their texts, and what was rolled back. Days are `YYYY-MM-DD`.
    private static let version2 = """
        CREATE TABLE publication (
            sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('rule set', 'directory', 'rule set rollback', 'directory rollback')),
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            actor_organisation TEXT,
            actor_unit TEXT,
            name TEXT,
            valid_from TEXT,
            valid_until TEXT,
            texts TEXT, -- JSON
            digest TEXT,
            signed_off_by TEXT CHECK (signed_off_by <> ''),
            accepted TEXT, -- JSON
            reason TEXT, -- why it was rolled back, or a comment
            UNIQUE (kind, number),
            CHECK ((actor_organisation IS NULL) = (actor_unit IS NULL)),
            CHECK (
                CASE WHEN kind IN ('rule set', 'directory')
                THEN name IS NOT NULL AND texts IS NOT NULL AND digest IS NOT NULL AND signed_off_by IS NOT NULL AND accepted IS NOT NULL
                ELSE reason IS NOT NULL END)
        ) STRICT;

        CREATE TRIGGER publication_is_not_changed BEFORE UPDATE ON publication
        BEGIN
            SELECT RAISE (ABORT, 'a publication is never changed');
        END;

        CREATE TRIGGER publication_is_not_deleted BEFORE DELETE ON publication
        BEGIN
            SELECT RAISE (ABORT, 'a publication is never deleted');
        END;

        CREATE TRIGGER publication_is_not_replaced BEFORE INSERT ON publication
        WHEN EXISTS (SELECT 1 FROM publication WHERE sequence = NEW.sequence OR (kind = NEW.kind AND number = NEW.number))
        BEGIN
            SELECT RAISE (ABORT, 'a publication is never replaced');
        END;

        CREATE TRIGGER publication_has_the_next_number BEFORE INSERT ON publication
        WHEN NEW.kind IN ('rule set', 'directory')
            AND EXISTS (SELECT 1 FROM publication WHERE kind = NEW.kind AND number > NEW.number)
        BEGIN
            SELECT RAISE (ABORT, 'numbers of publications grow');
        END;

        CREATE TRIGGER publication_was_there_before BEFORE INSERT ON publication
        WHEN NEW.kind LIKE '% rollback'
            AND NOT EXISTS (SELECT 1 FROM publication WHERE kind || ' rollback' = NEW.kind AND number = NEW.number)
        BEGIN
            SELECT RAISE (ABORT, 'only what was published is rolled back');
        END;
        """

    /// Every phase of a case. A check cannot be changed, so the two tables are made anew; foreign keys are checked at the end.
    private static let version3 = """
        CREATE TABLE new_referral (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            sender_organisation TEXT NOT NULL CHECK (sender_organisation <> ''),
            sender_unit TEXT NOT NULL,
            message_id TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('refused', 'awaiting consent', 'routed', 'closed')),
            version INTEGER NOT NULL CHECK (version > 0), -- events folded in
            UNIQUE (sender_organisation, sender_unit, message_id)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO new_referral (id, sender_organisation, sender_unit, message_id, received_at, phase, version)
        SELECT id, sender_organisation, sender_unit, message_id, received_at, phase, version FROM referral;

        CREATE TABLE new_assignment (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            referral TEXT NOT NULL REFERENCES referral,
            service TEXT NOT NULL CHECK (service <> ''),
            owner TEXT NOT NULL CHECK (owner <> ''), -- of an ended case: who answered for it last
            phase TEXT NOT NULL CHECK (phase IN (
                'review', 'offered', 'leased', 'received', 'accepted', 'contacting', 'contacted', 'in support', 'eligible',
                'leader consulted', 'asking parties', 'pre-meetings', 'meeting', 'agreed', 'not agreed', 'interrupted', 'on hold',
                'handover offered', 'completed', 'reported', 'unreachable', 'declined', 'withdrawn', 'recalled', 'entered in error')),
            available_at INTEGER NOT NULL,
            since INTEGER NOT NULL,
            lease_organisation TEXT CHECK (lease_organisation = owner),
            lease_unit TEXT,
            lease_until INTEGER,
            UNIQUE (referral, service),
            CHECK (
                (phase = 'leased') = (lease_organisation IS NOT NULL)
                AND (phase = 'leased') = (lease_unit IS NOT NULL)
                AND (phase = 'leased') = (lease_until IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        INSERT INTO new_assignment
            (id, referral, service, owner, phase, available_at, since, lease_organisation, lease_unit, lease_until)
        SELECT id, referral, service, owner, phase, available_at, since, lease_organisation, lease_unit, lease_until FROM assignment;

        DROP TABLE assignment;
        DROP TABLE referral;
        ALTER TABLE new_referral RENAME TO referral;
        ALTER TABLE new_assignment RENAME TO assignment;

        CREATE INDEX assignment_available ON assignment (owner, available_at, id) WHERE phase = 'offered';
        CREATE INDEX assignment_lease_end ON assignment (lease_until, id) WHERE phase = 'leased';
        """

    /// When the clock has to look at a referral, for whatever reason. What was there before is looked at at once: only the rules know what
    /// it waits for.
    private static let version4 = """
        CREATE TABLE deadline (
            referral TEXT NOT NULL PRIMARY KEY REFERENCES referral,
            due INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX deadline_due ON deadline (due, referral);

        INSERT INTO deadline (referral, due) SELECT id, received_at FROM referral WHERE phase IN ('awaiting consent', 'routed');

        DROP INDEX assignment_lease_end;
        """

    /// Whom each entry of the log concerns.
    private static let version5 = """
        CREATE TABLE log_reader (
            reader TEXT NOT NULL CHECK (reader <> ''),
            sequence INTEGER NOT NULL REFERENCES log,
            PRIMARY KEY (reader, sequence)
        ) STRICT, WITHOUT ROWID;
        """

    /// What is counted, a fold of the log. A later form of the records comes with a migration that empties the table and counts from 0.
    private static let version6 = """
        CREATE TABLE figure (
            referral TEXT NOT NULL PRIMARY KEY REFERENCES referral,
            first_day TEXT NOT NULL,
            last_day TEXT NOT NULL CHECK (last_day >= first_day),
            record TEXT NOT NULL -- JSON
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX figure_days ON figure (last_day, first_day);

        CREATE TABLE figure_progress (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL CHECK (sequence >= 0) -- the last place in the log that is counted
        ) STRICT;

        INSERT INTO figure_progress (id, sequence) VALUES (1, 0);
        """

    /// What keeps a unit from a case: a protected identity, or the other side of the same event. Of before there are no conflict marks. And
    /// the inflow: what came on which day, what its monitors have come to, and their alarms.
    private static let version7 = """
        ALTER TABLE assignment ADD COLUMN for_readers INTEGER NOT NULL DEFAULT 0 CHECK (for_readers IN (0, 1));
        ALTER TABLE assignment ADD COLUMN conflict_mark TEXT;
        ALTER TABLE assignment ADD COLUMN side TEXT;

        UPDATE assignment SET for_readers = 1 WHERE referral IN (
            SELECT referral FROM log
            WHERE CASE WHEN json_valid(events) THEN json_extract(events, '$[0].submitted._0.facts.protectedIdentity') END
                IN ('confidentiality marking', 'protected registration', 'assumed identity'));

        CREATE TABLE shown_side (
            mark TEXT NOT NULL,
            organisation TEXT NOT NULL,
            unit TEXT NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('victim', 'offender', 'mediation')),
            PRIMARY KEY (mark, organisation, unit, side)
        ) STRICT, WITHOUT ROWID;

        -- Cases by the day in Sweden on which they came; recipient '': to anybody.
        CREATE TABLE inflow (
            day TEXT NOT NULL,
            organisation TEXT NOT NULL,
            unit TEXT NOT NULL,
            recipient TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count > 0),
            PRIMARY KEY (day, organisation, unit, recipient)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE inflow_progress (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            through TEXT NOT NULL -- the last day that the monitors have been told
        ) STRICT;

        CREATE TABLE inflow_source (
            organisation TEXT NOT NULL,
            unit TEXT NOT NULL,
            recipient TEXT NOT NULL,
            monitor TEXT NOT NULL, -- JSON
            alarm TEXT, -- that is on
            PRIMARY KEY (organisation, unit, recipient)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE silence_alarm (
            revision INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            alarm TEXT NOT NULL,
            organisation TEXT NOT NULL,
            unit TEXT NOT NULL,
            recipient TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('raised', 'updated', 'cleared')),
            kind TEXT NOT NULL CHECK (kind IN ('silence', 'half')),
            since TEXT NOT NULL,
            through TEXT NOT NULL,
            expected REAL NOT NULL,
            seen INTEGER NOT NULL,
            at INTEGER NOT NULL,
            clearance TEXT CHECK (clearance IN ('returned', 'paused', 'ended', 'accepted')),
            CHECK ((clearance IS NOT NULL) = (state = 'cleared'))
        ) STRICT;
        """

    /// What organisations list: every assignment that has not ended.
    private static let version8 = """
        CREATE TABLE open_case (
            assignment TEXT NOT NULL PRIMARY KEY REFERENCES assignment,
            owner TEXT NOT NULL,
            asked TEXT, -- who has been offered a handover
            protected INTEGER NOT NULL CHECK (protected IN (0, 1)),
            overdue INTEGER NOT NULL CHECK (overdue IN (0, 1)),
            available_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX open_case_of_owner ON open_case (owner, protected, available_at, assignment);
        CREATE INDEX open_case_overdue ON open_case (owner, protected, available_at, assignment) WHERE overdue = 1;
        CREATE INDEX open_case_asked ON open_case (asked, protected, available_at, assignment) WHERE asked IS NOT NULL;
        """

    /// What people have said of sources. A notice has its revision in one row with the alarms.
    private static let version9 = """
        CREATE TABLE source_notice (
            revision INTEGER NOT NULL PRIMARY KEY CHECK (revision > 0),
            organisation TEXT NOT NULL,
            unit TEXT NOT NULL,
            recipient TEXT NOT NULL, -- '': whatever the unit sends
            command TEXT NOT NULL CHECK (command <> ''),
            kind TEXT NOT NULL CHECK (kind IN ('paused', 'ended', 'accepted', 'resumed')),
            reason TEXT NOT NULL CHECK (reason <> ''),
            first_day TEXT,
            until_day TEXT,
            actor_organisation TEXT NOT NULL,
            actor_unit TEXT NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (actor_organisation, actor_unit, command),
            CHECK ((until_day IS NOT NULL) = (kind = 'paused')),
            CHECK (first_day IS NULL OR first_day < until_day)
        ) STRICT;

        CREATE INDEX source_notice_of_source ON source_notice (organisation, unit, recipient, revision);

        CREATE TRIGGER source_notice_is_not_changed BEFORE UPDATE ON source_notice
        BEGIN
            SELECT RAISE (ABORT, 'a notice is never changed');
        END;

        CREATE TRIGGER source_notice_is_not_deleted BEFORE DELETE ON source_notice
        BEGIN
            SELECT RAISE (ABORT, 'a notice is never deleted');
        END;

        CREATE TRIGGER source_notice_is_not_replaced BEFORE INSERT ON source_notice
        WHEN EXISTS (
            SELECT 1 FROM source_notice
            WHERE revision = NEW.revision
                OR (actor_organisation = NEW.actor_organisation AND actor_unit = NEW.actor_unit AND command = NEW.command))
        BEGIN
            SELECT RAISE (ABORT, 'a notice is never replaced');
        END;
        """

    /// What is written to see whether anything can be written.
    private static let version10 = """
        CREATE TABLE probe (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            bytes BLOB NOT NULL
        ) STRICT;
        """

    /// By which a digest key is recognised.
    private static let version11 = """
        CREATE TABLE digest_key (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            mark BLOB NOT NULL CHECK (length(mark) = 32)
        ) STRICT;
        """
}
