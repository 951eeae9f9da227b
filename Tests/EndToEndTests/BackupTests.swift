import Foundation
import Referral
import ReferralAPI
import TTRPC
import TestSupport
import Testing

/// `lotsd backup` and `lotsd restore`, and a daemon whose database and key are not those that belong together.
@Suite(.serialized, .timeLimit(.minutes(6))) struct BackupTests {
    private static let unit = "polisen-stockholm/vasterort"

    private func lotsd(_ files: Daemon.Files, _ arguments: String...) async throws -> Program.Output {
        try await Program.run(
            Program.built("lotsd"), arguments + ["--config", Installation.current.settings],
            environment: ["LOTS_DATABASE_PATH": files.database, "LOTS_DIGEST_KEY": files.digestKey])
    }

    private func submit(_ id: String, to daemon: Daemon) async throws -> Receipt {
        try await ReferralClient(daemon.client(Self.unit)).submit(Sample.submission(id))
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    private func size(of path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue
    }

    /// Starts a daemon that has to refuse.
    private func refusal(_ files: Daemon.Files) async throws -> String {
        try? FileManager.default.removeItem(atPath: files.log)
        let program = try await Daemon.launch(files, ["--config", Installation.current.settings])
        #expect(await program.wait() == .exit(78))
        return try files.loggedText()
    }

    /// Moves everything of the database away, as an operator is told to.
    private func moveAway(_ files: Daemon.Files) throws {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: files.database + suffix) }
    }

    @Test func whatIsBackedUpWhileTheDaemonRunsIsThereAgainWithTheSameReceipts() async throws {
        try await Daemon.Files.with { files in
            let backup = files.folder.appending(path: "backup").path
            let (first, second) = try await Daemon.with(files) { daemon in
                let first = try await submit("m-1", to: daemon)
                let output = try await lotsd(files, "backup", "--to", backup)
                #expect(output.end == .exit(0), "\(output)")
                #expect(output.text.contains("with 1 referrals; the newest log entry is of 20"), "\(output)")
                let again = try await lotsd(files, "backup", "--to", backup)
                #expect(again.end == .exit(1) && again.errors.contains("\(backup) is not empty"), "\(again)")
                let second = try await submit("m-2", to: daemon)
                _ = await daemon.kill()
                return (first, second)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: backup).sorted() == ["digest.key", "lots.sqlite"])
            #expect(try mode(backup) == 0o700)
            for file in ["digest.key", "lots.sqlite"] { #expect(try mode("\(backup)/\(file)") == 0o600) }

            // A stale write-ahead log would destroy the database.
            for suffixes in [["", "-wal", "-shm"], ["-wal"], ["-shm"]] {
                let before = try Data(contentsOf: URL(filePath: files.database + suffixes[0]))
                let output = try await lotsd(files, "restore", "--from", backup)
                #expect(output.end == .exit(1), "\(output)")
                #expect(output.errors.contains("there is \(suffixes.map { files.database + $0 }.joined(separator: ", "));"), "\(output)")
                #expect(output.errors.contains("lotsd is stopped"), "\(output)")
                #expect(try Data(contentsOf: URL(filePath: files.database + suffixes[0])) == before)
                try moveAway(files)
                if suffixes != ["-shm"] {
                    let next = suffixes == ["-wal"] ? "-shm" : "-wal"
                    try Data("stale".utf8).write(to: URL(filePath: files.database + next))
                }
            }
            let key = try Data(contentsOf: URL(filePath: files.digestKey))
            try Data(repeating: 9, count: 32).write(to: URL(filePath: files.digestKey))
            let other = try await lotsd(files, "restore", "--from", backup)
            #expect(other.end == .exit(78) && other.errors.contains("another digest key"), "\(other)")
            #expect(!FileManager.default.fileExists(atPath: files.database))
            try FileManager.default.removeItem(atPath: files.digestKey)

            let output = try await lotsd(files, "restore", "--from", backup)
            #expect(output.end == .exit(0) && output.text.contains("with 1 referrals"), "\(output)")
            for path in [files.database, files.digestKey] { #expect(try mode(path) == 0o600) }
            #expect(try Data(contentsOf: URL(filePath: files.digestKey)) == key)
            #expect(!FileManager.default.fileExists(atPath: files.database + ".restoring"))
            try await Daemon.with(files) { daemon in
                let again = try await submit("m-1", to: daemon)
                #expect(again == first)
                // What came after the backup is lost until it is sent again.
                let anew = try await submit("m-2", to: daemon)
                #expect(anew.referralID != second.referralID)
                #expect(await daemon.stop() == .exit(0))
            }
            let line = try files.loggedText().split(separator: "\n").last { $0.contains("the database is open") }
            #expect(line?.contains("new=false") == true && line?.contains("log_entries=1") == true, "\(line ?? "")")
            #expect(line?.contains(files.database) == true && line?.contains("newest=20") == true, "\(line ?? "")")
        }
    }

    @Test func aBackupOfAStoppedDaemonOfWhichAPageIsDamagedIsNotRestored() async throws {
        try await Daemon.Files.with { files in
            let backup = files.folder.appending(path: "backup").path
            try FileManager.default.createDirectory(atPath: backup, withIntermediateDirectories: false)
            try await Daemon.with(files) { #expect(await $0.stop() == .exit(0)) }
            let output = try await lotsd(files, "backup", "--to", backup)
            #expect(output.end == .exit(0) && output.text.contains("with 0 referrals; no log entry"), "\(output)")
            #expect(try mode(backup) == 0o700)
            try moveAway(files)
            var copy = try Data(contentsOf: URL(filePath: "\(backup)/lots.sqlite"))
            let index = try #require(copy.range(of: Data("CREATE INDEX log_referral".utf8)))
            copy.replaceSubrange(index, with: Data("CREATE XNDEX log_referral".utf8))
            try copy.write(to: URL(filePath: "\(backup)/lots.sqlite"))
            let refused = try await lotsd(files, "restore", "--from", backup)
            #expect(refused.end == .exit(1), "\(refused)")
            #expect(!FileManager.default.fileExists(atPath: files.database))
            #expect(!FileManager.default.fileExists(atPath: files.database + ".restoring"))
        }
    }

    @Test func nothingToBackUpMakesNoFolder() async throws {
        try await Daemon.Files.with { files in
            let backup = files.folder.appending(path: "backup").path
            #expect(try await lotsd(files, "backup", "--to", backup).end == .exit(78))
            try Data(repeating: 9, count: 32).write(to: URL(filePath: files.digestKey))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files.digestKey)
            let output = try await lotsd(files, "backup", "--to", backup)
            #expect(output.end == .exit(78) && output.errors.contains("there is no database \(files.database)"), "\(output)")
            #expect(!FileManager.default.fileExists(atPath: backup))
        }
    }

    /// With it every message of before would be answered that its id was used with other content.
    @Test func anotherKeyThanThatOfTheDatabaseIsRefused() async throws {
        try await Daemon.Files.with { files in
            let key = try await Daemon.with(files) { daemon in
                #expect(await daemon.stop() == .exit(0))
                return try Data(contentsOf: URL(filePath: files.digestKey))
            }
            try Data(repeating: 9, count: 32).write(to: URL(filePath: files.digestKey))
            let log = try await refusal(files)
            #expect(log.contains("this is not the key that the database \(files.database) was made with"), "\(log)")
            #expect(log.contains("bring back the key of the same backup"), "\(log)")
            let backup = try await lotsd(files, "backup", "--to", files.folder.appending(path: "backup").path)
            #expect(backup.end == .exit(78), "\(backup)")
            try key.write(to: URL(filePath: files.digestKey))
            try await Daemon.with(files) { #expect(await $0.stop() == .exit(0)) }
        }
    }

    /// A path that is wrong, or a disk that is not mounted, must not look like an exchange that is well.
    @Test func aMissingDatabaseBesideItsKeyIsNotMadeAnew() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                let line = try await eventually("it says what it opened") {
                    try files.loggedText().split(separator: "\n").first { $0.contains("the database is open") }.map(String.init)
                }
                #expect(line.contains("new=true") && line.contains("log_entries=0") && line.contains("newest=none"), "\(line)")
                #expect(await daemon.stop() == .exit(0))
            }
            for content in [nil, Data()] {
                try moveAway(files)
                try content?.write(to: URL(filePath: files.database))
                try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files.database)
                let log = try await refusal(files)
                #expect(log.contains("the database \(files.database) is \(content == nil ? "missing" : "empty")"), "\(log)")
                #expect(log.contains("lotsd restore") && log.contains("move the key away"), "\(log)")
                #expect(size(of: files.database) == content?.count)
                #expect(try await lotsd(files, "recount").end == .exit(78))
            }
            // A new exchange is meant. The empty file is taken for none.
            try FileManager.default.removeItem(atPath: files.digestKey)
            try await Daemon.with(files) { #expect(await $0.stop() == .exit(0)) }
        }
    }

    /// A key without a database would keep every later start from making one.
    @Test func aFirstStartThatCannotMakeTheDatabaseLeavesNoKey() async throws {
        try await Daemon.Files.with { files in
            let database = files.folder.appending(path: "later/lots.sqlite").path
            let program = try await Daemon.launch(files, ["--config", Installation.current.settings], ["DATABASE_PATH": database])
            #expect(await program.wait() == .exit(78))
            #expect(!FileManager.default.fileExists(atPath: files.digestKey))
            try FileManager.default.createDirectory(
                at: files.folder.appending(path: "later"), withIntermediateDirectories: false)
            try await Daemon.with(files, ["DATABASE_PATH": database]) { #expect(await $0.stop() == .exit(0)) }
        }
    }

    @Test func ofSeveralFirstStartsAtTheSameTimeOneMakesTheDatabase() async throws {
        try await Daemon.Files.with { files in
            let settings = try await Installation.current.settings
            var programs: [Program] = []
            for _ in 0..<3 { programs.append(try await Daemon.launch(files, ["--config", settings])) }
            do {
                try await eventually("all have opened it") {
                    let text = try files.loggedText()
                    return text.components(separatedBy: "the database is open").count == 4 || programs.contains { $0.end != nil } ? () : nil
                }
            } catch {
                Issue.record(error)
            }
            let text = try files.loggedText()
            let lines = text.split(separator: "\n").filter { $0.contains("the database is open") }
            #expect(lines.count == 3 && lines.filter { $0.contains("new=true") }.count == 1, "\(text)")
            for program in programs {
                program.signal(SIGKILL)
                _ = await program.wait()
            }
        }
    }

    @Test func aDatabaseThatOthersMayReadIsRefused() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { #expect(await $0.stop() == .exit(0)) }
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: files.database)
            let log = try await refusal(files)
            #expect(log.contains("chmod 600 \(files.database)"), "\(log)")
        }
    }
}
