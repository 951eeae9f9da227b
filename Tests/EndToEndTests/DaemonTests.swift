import Foundation
import Referral
import ReferralAPI
import TLS
import TTRPC
import TestSupport
import Testing

/// The built daemon: how it starts, whom it lets in, and how it stops.
@Suite(.serialized, .timeLimit(.minutes(6))) struct DaemonTests {
    @Test func whoWaitsDoesNotHoldUpAStop() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files, ["LIMITS_DRAIN_TIMEOUT": "10m"]) { daemon in
                let client = try await daemon.client("bojen-vasterort/stodsamordning")
                try await HealthClient(client).watch { states async throws in
                    var states = states.makeAsyncIterator()
                    #expect(try await states.next()?.status == .serving)
                    let pulled = await failure {
                        try await AssignmentClient(client).pull { writer, responses in
                            try await writer.credit(1)
                            try await writer.acknowledge(AssignmentID("nothing"))
                            for try await _ in responses { daemon.requestStop() }
                        }
                    }
                    #expect(pulled?.code == .unavailable)
                    #expect(try await states.next()?.status == .notServing)
                    #expect(try await states.next() == nil)
                }
                #expect(await daemon.wait() == .exit(0))
                #expect(try files.loggedText().contains("stopped"))
            }
        }
    }

    /// Whoever reads the log must not learn what keeps digests secret, however much is logged.
    @Test(arguments: ["trace", "debug"]) func theLogDoesNotTellTheDigestKey(_ level: String) async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files, ["LOG_LEVEL": level]) { daemon in
                _ = try await ReferralClient(try await daemon.client("polisen-stockholm/vasterort")).submit(Sample.submission("m"))
                #expect(await daemon.stop() == .exit(0))
            }
            let key = try Data(contentsOf: URL(filePath: files.digestKey))
            let log = try files.loggedText()
            #expect(key.count == 32 && log.contains(" debug "))
            #expect(!log.contains(key.prefix(3).map(String.init).joined(separator: ", ")) && !log.contains(key.base64EncodedString()))
            #expect(!log.lowercased().contains(key.prefix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()))
        }
    }

    /// What it has answered is stored, and what has no answer may be sent again.
    @Test func anOpenStreamOfSubmissionsDoesNotHoldUpAStop() async throws {
        try await Daemon.Files.with { files in
            let answered = try await Daemon.with(files, ["LIMITS_DRAIN_TIMEOUT": "10m"]) { daemon in
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                var answered: [MessageID] = []
                let ended = await failure {
                    try await client.submitStream { writer, results in
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask {
                                for number in 0..<100_000 { try await writer.write(Sample.submission("m-\(number)")) }
                            }
                            defer { group.cancelAll() }
                            for try await result in results {
                                if case .success(let receipt) = result.result { answered.append(receipt.messageID) }
                                if answered.count == 20 { daemon.requestStop() }
                            }
                        }
                    }
                }
                #expect(ended?.code == .unavailable)
                #expect(await daemon.wait() == .exit(0))
                return answered
            }
            #expect(answered.count >= 20)
            try await Daemon.with(files) { daemon in
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                for id in answered { #expect(try await client.status(.message(id)).messageID == id) }
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    @Test func whoeverHasNoGoodCertificateStaysOutside() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            try await Daemon.with(files, settings: installation.settingsWithRevokedSerial) { daemon in
                let guest = try await daemon.client("polisen-stockholm/vasterort")
                #expect(try await HealthClient(guest).check() == .serving)
                for (participant, pki, reason) in [
                    (Installation.Unwelcome.expired, "certs/development", "expired"),
                    (Installation.Unwelcome.revoked, "certs/development", "revoked"),
                    (Installation.Unwelcome.revokedBySerial, "certs/development", "revoked"),
                    ("polisen-stockholm/vasterort", "certs/foreign", "certificate"),
                ] {
                    let status = await failure {
                        let client = try await daemon.client(participant, in: pki)
                        defer { client.close() }
                        _ = try await HealthClient(client).check()
                    }
                    #expect(status?.code != .permissionDenied && status != nil, "\(participant) of \(pki)")
                    _ = try await eventually("the log says why: \(reason)") {
                        try files.loggedText().split(separator: "\n").last { $0.contains("a connection failed") && $0.contains(reason) }
                    }
                }
                let nobody = try await Program.run(
                    "openssl",
                    ["s_client", "-connect", "127.0.0.1:\(daemon.port)", "-tls1_3", "-CAfile", installation.authority, "-ign_eof"],
                    input: "nothing\n")
                #expect(nobody.end != .exit(0))
                #expect(nobody.errors.contains("certificate required"), "\(nobody.errors)")

                // A good certificate of somebody whom the directory does not know may connect and do nothing.
                let unknown = try await daemon.client(Installation.Unwelcome.unknownUnit)
                #expect(
                    await failure { _ = try await ReferralClient(unknown).submit(Sample.submission("m")) }?.code == .permissionDenied)
                #expect(await failure { _ = try await AssignmentClient(unknown).fetch() }?.code == .permissionDenied)

                let receipt = try await ReferralClient(guest).submit(Sample.submission("m"))
                #expect(receipt.outcome == .accepted)
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    @Test func everyMistakeIsNamedWithItsLine() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let settings = files.folder.appending(path: "lots.yaml")
            let text = try String(contentsOfFile: installation.settings, encoding: .utf8)
                .replacing("port: 7443 ", with: "port: 74430")
                .replacing("lease: 5m ", with: "leese: 5m ")
                .replacing("  level: info ", with: "  level: chatty ")
                .replacing("../certs", with: installation.path("certs"))
                .replacing("directory: directory.yaml", with: "directory: \(installation.path("config/directory.yaml"))")
                .replacing("routing: routing.yaml", with: "routing: \(files.folder.path)/routing.yaml")
            try text.write(to: settings, atomically: true, encoding: .utf8)
            try """
            rule_sets:
              - number: 1
                name: Stockholm 2023
                valid_from: 2023-13-01
                support: nowhere.dmn
                mediation: \(installation.path("config/routing/2023/mediation.dmn"))
            """.write(to: files.folder.appending(path: "routing.yaml"), atomically: true, encoding: .utf8)
            for command in [["check"], ["run"], []] {
                let output = try await Program.run(
                    Program.built("lotsd"), command + ["--config", settings.path], environment: ["LOTS_LIMITS_CONNECTIONS": "many"])
                #expect(output.end == .exit(78))
                #expect(output.text == "")
                for (file, line, part) in [
                    ("lots.yaml", line(of: "74430", in: text), "port"), ("lots.yaml", line(of: "leese", in: text), "lease"),
                    ("lots.yaml", line(of: "chatty", in: text), "level"), ("routing.yaml", 4, "valid_from"),
                ] {
                    let isNamed = output.errors.split(separator: "\n").contains { $0.contains("\(file):\(line):") && $0.contains(part) }
                    #expect(isNamed, "\(file):\(line) \(part) in \(output.errors)")
                }
                #expect(output.errors.contains("LOTS_LIMITS_CONNECTIONS") && output.errors.contains("nowhere.dmn: no such file"))
                #expect(!FileManager.default.fileExists(atPath: files.database))
            }
        }
    }

    @Test func theShippedConfigurationHasNoMistakes() async throws {
        let output = try await Program.run(Program.built("lotsd"), ["check", "--config", Installation.current.settings])
        #expect(output.end == .exit(0))
        #expect(output.text.contains("\nproven: ") && output.text.hasSuffix("all accepted\n"))
        #expect(output.text.contains("no mistakes"))
        #expect(output.errors == "")
    }

    /// - Parameter key: what stands in the variable that names the file.
    @Test(arguments: ["TLS_KEY", "DIGEST_KEY"]) func aKeyThatOthersCanReadIsNotUsed(_ key: String) async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let copy = files.folder.appending(path: "copy.key").path
            try FileManager.default.copyItem(atPath: installation.path("certs/development/server.key"), toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
            let program = try await Daemon.launch(files, ["--config", installation.settings], [key: copy])
            #expect(await program.wait() == .exit(78))
            let log = try files.loggedText()
            #expect(log.contains(copy) && log.contains("chmod 600"), "\(log)")
        }
    }

    /// As when the disk is full, or whoever collects the log has gone.
    @Test func aLogThatCannotBeWrittenStopsNothing() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files, log: "/dev/full") { daemon in
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                #expect(try await client.submit(Sample.submission("m")).outcome == .accepted)
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                try await Daemon.Files.with { others in
                    let program = try await Daemon.launch(others, ["--config", installation.settings], ["LISTEN_PORT": "\(daemon.port)"])
                    #expect(await program.wait() == .exit(1))
                    let log = try others.loggedText()
                    let reason = "127.0.0.1:\(daemon.port): port \(daemon.port) is in use by another program"
                    #expect(log.contains(reason) && !log.contains("errno"), "\(log)")
                }
            }
        }
    }

    /// Made by the daemon itself, for its own eyes.
    @Test func theDigestKeyIsMadeOnce() async throws {
        try await Daemon.Files.with { files in
            var keys: Set<Data> = []
            for _ in 0..<2 {
                try await Daemon.with(files) { daemon in
                    let path = files.folder.appending(path: "digest.key").path
                    keys.insert(try Data(contentsOf: URL(filePath: path)))
                    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
                    #expect(mode?.intValue == 0o600)
                    #expect(await daemon.stop() == .exit(0))
                }
            }
            #expect(keys.map(\.count) == [32])
        }
    }

    private func line(of part: String, in text: String) -> Int {
        (text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(part) } ?? -1) + 1
    }
}
