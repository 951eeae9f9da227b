import Configuration
import Foundation
import GRDB
import NIOCore
import NIOPosix
import Referral
import ReferralAPI
import Synchronization
import TLS
import TTRPC
import TestSupport
import Testing

/// The built daemon as its operator sees it.
@Suite(.serialized, .timeLimit(.minutes(6))) struct OperatingTests {
    @Test func thePagesTellHowItGoes() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files, ["PAGES_PORT": "0", "LIMITS_DRAIN_TIMEOUT": "10m"]) { daemon in
                let port = try await pagesPort(files)
                #expect(try await get("/live", port) == (200, "live\n"))
                #expect(try await get("/ready", port) == (200, "ready\n"))
                let client = try await daemon.client("polisen-stockholm/vasterort")
                _ = try await ReferralClient(client).submit(Sample.submission("m"))
                _ = await failure { _ = try await AssignmentClient(client).fetch() }
                let metrics = try await get("/metrics", port)
                #expect(metrics.status == 200)
                for line in [
                    "lots_calls_total{code=\"OK\",method=\"lots.v1.ReferralService/Submit\"} 1",
                    "lots_calls_total{code=\"PERMISSION_DENIED\",method=\"lots.v1.AssignmentService/Fetch\"} 1",
                    "lots_call_seconds_count{method=\"lots.v1.ReferralService/Submit\"} 1",
                    "lots_connections 1", "lots_handshakes_total{result=\"full\"} 1", "lots_handshakes_total{result=\"refused\"} 0",
                    "lots_refusals_total{bound=\"rate\"} 0", "lots_pending_writes 0", "lots_inbound_bytes 0", "lots_ready 1",
                    "lots_submissions_total{result=\"taken\"} 1", "lots_submissions_total{result=\"failed\"} 0",
                    "lots_store_failing 0", "lots_certificate_days_left{what=\"certificate\"} 89",
                    "lots_tls_files_loaded 1", "lots_oldest_due_seconds 0", "lots_clock_behind_log_seconds 0",
                    "lots_deadlines_fired_total{kind=\"consent\"} 0",
                ] {
                    #expect(metrics.text.contains("\(line)\n"), "\(line) in \(metrics.text)")
                }
                // One for the submission; the daemon writes on its own account too.
                #expect(metrics.text.contains(/\nlots_writes_total [1-9]/))
                // Every name is explained, and no person is in it.
                for name in metrics.text.matches(of: /TYPE ([a-z_]+)/).map(\.output.1) {
                    #expect(metrics.text.contains("# HELP \(name) "), "\(name)")
                }
                #expect(!metrics.text.contains("vasterort") && !metrics.text.contains(Sample.phone))

                // A stream that is still open is told to go elsewhere, and does not hold the stop up until its time limit.
                let ending = await failure {
                    try await ReferralClient(client).submitStreamOpen { daemon.requestStop() }
                }
                #expect(ending?.code == .unavailable)
                #expect(await daemon.wait() == .exit(0))
            }
        }
    }

    @Test func aHangUpReadsTheCertificatesAgain() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let certificate = files.folder.appending(path: "server.crt")
            try FileManager.default.copyItem(atPath: installation.path("certs/development/server.crt"), toPath: certificate.path)
            let good = try Data(contentsOf: certificate)
            let manager = try DatagramReceiver("@lots-\(UUID().uuidString.prefix(8))")
            defer { manager.close() }
            try await Daemon.with(
                files, ["TLS_CERTIFICATE": certificate.path, "TLS_RELOAD_INTERVAL": "1d"], environment: ["NOTIFY_SOCKET": manager.path]
            ) { daemon in
                #expect(try await message(from: manager).hasPrefix("READY=1\nSTATUS=listening on "))
                let early = try await daemon.client("polisen-stockholm/vasterort")
                daemon.hangUp()
                #expect(try await message(from: manager).hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
                #expect(try await message(from: manager) == "READY=1")
                _ = try await eventually("the log says so") { try files.loggedText().contains("certificates were read again") ? true : nil }

                try Data("nothing".utf8).write(to: certificate)
                daemon.hangUp()
                #expect(try await message(from: manager).hasPrefix("RELOADING=1"))
                #expect(try await message(from: manager) == "READY=1")
                let complaint = try await eventually("the log complains") {
                    try files.loggedText().split(separator: "\n").first { $0.contains(" critical ") }.map(String.init)
                }
                #expect(complaint.contains(certificate.path))
                try good.write(to: certificate)

                // Who was here stays, and who comes is served by the files of before.
                #expect(try await ReferralClient(early).submit(Sample.submission("m")).outcome == .accepted)
                let late = try await daemon.client("polisen-stockholm/vasterort")
                #expect(try await ReferralClient(late).submit(Sample.submission("n")).outcome == .accepted)
                #expect(await daemon.stop() == .exit(0))
                #expect(try await message(from: manager) == "STOPPING=1")
            }
        }
    }

    /// Cutting off a client at once: its certificate on the list, and SIGHUP.
    @Test func aRevokedClientIsCutOffAtOnce() async throws {
        let installation = try await Installation.current
        let pki = DevelopmentPKI(folder: installation.path("certs/development"))
        try await Daemon.Files.with { files in
            let list = files.folder.appending(path: "list.crl")
            try await pki.makeRevocationList(list.path, revokes: false)
            let settings = files.folder.appending(path: "lots.yaml")
            try String(contentsOfFile: installation.settings, encoding: .utf8)
                .replacing("../certs/development/ca.crl", with: list.path)
                .replacing("../", with: "\(installation.folder.path)/")
                .replacing("\ndirectory: ", with: "\ndirectory: \(installation.path("config"))/")
                .replacing("\nrouting: ", with: "\nrouting: \(installation.path("config"))/")
                .write(to: settings, atomically: true, encoding: .utf8)
            try await Daemon.with(files, settings: settings.path, ["PAGES_PORT": "0", "TLS_RELOAD_INTERVAL": "1d"]) { daemon in
                let port = try await pagesPort(files)
                let (good, thief) = (
                    try await daemon.client("polisen-stockholm/vasterort"), try await daemon.client(Installation.Unwelcome.revoked)
                )
                #expect(try await ReferralClient(good).submit(Sample.submission("m")).outcome == .accepted)
                _ = await failure { _ = try await AssignmentClient(thief).fetch() }
                let connections = { try await get("/metrics", port).text.contains("lots_connections 2\n") }
                #expect(try await connections())

                // Files that are no good end nobody's connection.
                try Data("nothing".utf8).write(to: list)
                daemon.hangUp()
                _ = try await eventually("the log complains") { try files.loggedText().contains(" critical ") ? true : nil }
                #expect(try await connections())

                try await pki.makeRevocationList(list.path, revokes: true)
                daemon.hangUp()
                _ = try await eventually("the thief is gone") {
                    try await get("/metrics", port).text.contains("lots_connections 1\n") ? true : nil
                }
                let metrics = try await get("/metrics", port).text
                #expect(metrics.contains("lots_connections_cut_total{reason=\"withdrawn\"} 1\n"))
                #expect(metrics.contains("lots_connections_cut_total{reason=\"expired\"} 0\n"))
                let line = try files.loggedText().split(separator: "\n").first { $0.contains("ending a connection") }
                #expect(line?.contains(" warning ") == true && line?.contains(Installation.Unwelcome.revoked) == true)
                #expect(try await ReferralClient(good).submit(Sample.submission("n")).outcome == .accepted)
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    /// The settings reach the connections: a client that answers no PING is gone after two seconds instead of fifty.
    @Test func thePingSettingsHold() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let variables = [
                "LIMITS_PING_INTERVAL": "1s", "LIMITS_PING_TIMEOUT": "1s", "PAGES_PORT": "0", "LIMITS_FIRST_BYTE_TIMEOUT": "1m",
                "TLS_HANDSHAKE_TIMEOUT": "1m",
            ]
            try await Daemon.with(files, variables) { daemon in
                let context = try installation.client("polisen-stockholm/vasterort")
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let tls = try TLSHandler(context: context, serverName: nil, handshakeTimeout: .minutes(1)) { _, _, name in
                                guard name == WireProtocol.lots1.rawValue else { throw ChannelError.inappropriateOperationForState }
                            }
                            try channel.pipeline.syncOperations.addHandler(tls)
                        }
                    }
                    .connect(host: "127.0.0.1", port: daemon.port).get()
                let began = ContinuousClock.now
                try await channel.closeFuture.get()
                #expect(ContinuousClock.now - began < .seconds(45))
                _ = try await eventually("the log says why") {
                    try files.loggedText().contains("closing a connection whose client is gone") ? true : nil
                }
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    @Test func theServiceManagerHearsThatItLives() async throws {
        try await Daemon.Files.with { files in
            let manager = try DatagramReceiver("@lots-\(UUID().uuidString.prefix(8))")
            defer { manager.close() }
            let environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"]
            try await Daemon.with(files, environment: environment) { daemon in
                var seen: [String] = []
                while seen.filter({ $0 == "WATCHDOG=1" }).count < 3 { seen.append(try await message(from: manager)) }
                #expect(seen.contains { $0.hasPrefix("READY=1") })
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    /// A new key beside an old database would make every message that is sent again a different one.
    @Test func aLostDigestKeyIsNotMadeAnew() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in #expect(await daemon.stop() == .exit(0)) }
            try FileManager.default.removeItem(atPath: files.digestKey)
            let program = try await Daemon.launch(files, ["--config", installation.settings])
            #expect(await program.wait() == .exit(78))
            let log = try files.loggedText()
            #expect(log.contains(files.digestKey) && log.contains("bring the key back"), "\(log)")
            #expect(!FileManager.default.fileExists(atPath: files.digestKey))
            // Nothing lies around that looks like one either.
            #expect(try FileManager.default.contentsOfDirectory(atPath: files.folder.path).allSatisfy { !$0.contains("digest") })
        }
    }

    /// As on a full disk: the file can be made and nothing can be written into it.
    @Test func aDigestKeyThatCannotBeWrittenIsNamed() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let script = "set -o pipefail; (trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\") 2>&1 | cat"
            let output = try await Program.run(
                "bash", ["-c", script, Program.built("lotsd"), "--config", installation.settings],
                environment: ["LOTS_LISTEN_PORT": "0", "LOTS_DATABASE_PATH": files.database, "LOTS_DIGEST_KEY": files.digestKey])
            #expect(output.end == .exit(1))
            #expect(output.text.contains("\(files.digestKey): the digest key cannot be written: "), "\(output.text)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: files.folder.path).allSatisfy { !$0.contains("digest") })
        }
    }

    /// No receipt for what would be written into a file without a name.
    @Test func aDatabaseThatIsMovedAwayStopsTheWork() async throws {
        try await Daemon.Files.with { files in
            let aside = files.database + ".aside"
            try await Daemon.with(files, ["PAGES_PORT": "0"]) { daemon in
                let port = try await pagesPort(files)
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                _ = try await client.submit(Sample.submission("m"))
                try FileManager.default.moveItem(atPath: files.database, toPath: aside)
                for number in 0..<3 {
                    #expect(await failure { _ = try await client.submit(Sample.submission("n-\(number)")) }?.code == .unavailable)
                }
                try FileManager.default.moveItem(atPath: aside, toPath: files.database)
                #expect(await failure { _ = try await client.submit(Sample.submission("o")) }?.code == .unavailable)
                #expect(try await get("/ready", port).status == 503)
                #expect(try await get("/live", port).status == 200)
                let log = try files.loggedText().split(separator: "\n").filter { $0.contains(" critical ") }
                #expect(log.count == 1)
                #expect(log.first?.contains("\(files.database) was removed or replaced") == true, "\(log)")
                #expect(await daemon.stop() == .exit(1))
            }
            try await Daemon.with(files) { daemon in
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                #expect(try await client.status(.message(MessageID("m"))).messageID == MessageID("m"))
                #expect(await failure { _ = try await client.status(.message(MessageID("o"))) }?.code == .notFound)
                #expect(try await client.submit(Sample.submission("o")).outcome == .accepted)
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    /// Damage that one call finds ends the writing of all.
    @Test func aDamagedDatabaseStopsTheWork() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                let client = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                _ = try await client.submit(Sample.submission("m", Sample.onLidingo()))
                #expect(await daemon.stop() == .exit(0))
            }
            let tool = try DatabaseQueue(path: files.database)
            let page = try await tool.read { try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'content'") }
            try tool.close()
            let file = try FileHandle(forWritingTo: URL(filePath: files.database))
            try file.seek(toOffset: UInt64(#require(page) - 1) * 4_096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
            try file.close()

            try await Daemon.with(files, ["PAGES_PORT": "0"]) { daemon in
                let port = try await pagesPort(files)
                let recipient = AssignmentClient(try await daemon.client("bojen-stockholm-gotland/stockholm"))
                let sender = ReferralClient(try await daemon.client("polisen-stockholm/vasterort"))
                #expect(await failure { _ = try await recipient.fetch() }?.code == .unavailable)
                for number in 0..<20 {
                    #expect(await failure { _ = try await recipient.fetch() }?.code == .unavailable)
                    #expect(await failure { _ = try await sender.submit(Sample.submission("n-\(number)")) }?.code == .unavailable)
                }
                #expect(try await get("/ready", port).status == 503)
                #expect(try await get("/metrics", port).text.contains("lots_store_failing 1\n"))
                let log = try files.loggedText().split(separator: "\n")
                let critical = log.filter { $0.contains(" critical ") }
                #expect(critical.count == 1)
                #expect(critical.first?.contains("\(files.database) is damaged") == true, "\(critical)")
                #expect(log.count { $0.contains("is damaged") } < 5, "the timers tell it once each")
                #expect(await daemon.stop() == .exit(1))
            }
        }
    }

    /// Deadlines that were set while the clock was ahead are months away without a word.
    @Test func aClockThatWasAheadIsTold() async throws {
        try await Daemon.Files.with { files in
            let tomorrow = (Date.now + 86_400).formatted(.iso8601)
            let told = "the clock is behind the newest entry"
            try await Daemon.with(files, ["CLOCK_START_AT": tomorrow]) { daemon in
                _ = try await ReferralClient(daemon.client("polisen-stockholm/vasterort")).submit(Sample.submission("m"))
                #expect(await daemon.stop() == .exit(0))
            }
            try await Daemon.with(files, ["CLOCK_START_AT": tomorrow]) { #expect(await $0.stop() == .exit(0)) }
            #expect(try !files.loggedText().contains(told))
            try await Daemon.with(files, ["PAGES_PORT": "0"]) { daemon in
                let metrics = try await get("/metrics", pagesPort(files)).text
                let seconds = metrics.firstMatch(of: /\nlots_clock_behind_log_seconds ([0-9]+)/).flatMap { Int($0.output.1) }
                #expect((86_000...86_520).contains(try #require(seconds)), "\(metrics)")
                #expect(await daemon.stop() == .exit(0))
            }
            let line = try #require(files.loggedText().split(separator: "\n").first { $0.contains(told) })
            #expect(line.contains("critical") && line.contains(/seconds=86[0-9]{3}/), "\(line)")
        }
    }

    /// As every other mistake in the settings: the service manager does not try again what only a person can mend.
    @Test func mistakesThatAreFoundLateAreMistakesInTheSettings() async throws {
        let installation = try await Installation.current
        let expired = Installation.Unwelcome.expired
        let (certificate, key) = (installation.file(of: expired), installation.file(of: expired, "key"))
        for (variables, part) in [
            (["TLS_KEY": "/nowhere/server.key"], "/nowhere/server.key"), (["DATABASE_PATH": "/nowhere/lots.sqlite"], "no folder /nowhere"),
            (["DIGEST_KEY": "/nowhere/digest.key"], "/nowhere/digest.key"),
            (["TLS_CERTIFICATE": certificate, "TLS_KEY": key], "\(certificate): certificate expired"),
        ] {
            try await Daemon.Files.with { files in
                let program = try await Daemon.launch(files, ["--config", installation.settings], variables)
                #expect(await program.wait() == .exit(78))
                let log = try files.loggedText()
                #expect(log.contains(part), "\(log)")
            }
        }
    }

    @Test func theVersionIsTold() async throws {
        for (program, arguments) in [("lots", ["--version"]), ("lotsd", ["--version"]), ("lotsd", ["run", "--version"])] {
            let output = try await Program.run(Program.built(program), arguments)
            #expect(output.end == .exit(0) && output.text == "\(LotsVersion.current)\n", "\(output.errors)")
        }
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                #expect(await daemon.stop() == .exit(0))
                let log = try files.loggedText()
                #expect(log.contains(" notice lotsd starts version=\(LotsVersion.current)\n"), "\(log)")
            }
        }
    }

    /// Who comes when no more files can be opened waits until there are some; the log says so once, and the start had warned of it.
    @Test func itSaysThatFilesRunOutAndGoesOn() async throws {
        try await Daemon.Files.with { files in
            let shell = "ulimit -Sc $(ulimit -Hc); ulimit -Sn 60; ulimit -Hn 100"
            try await Daemon.with(files, ["LIMITS_FIRST_BYTE_TIMEOUT": "1m"], after: shell) { daemon in
                let limits = try daemon.limits()
                for line in [/Max core file size +0 +0 +bytes/, /Max open files +100 +100 +files/] {
                    #expect(limits.contains(line), "\(limits)")
                }
                let warning = try files.loggedText().split(separator: "\n").first { $0.contains("may open 100 files") }
                #expect(warning?.contains(" warning ") == true && warning?.contains("limits.connections (1000)") == true)

                var channels: [any Channel] = []
                for _ in 0..<150 {
                    channels.append(
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connect(host: "127.0.0.1", port: daemon.port).get())
                }
                let complaints = {
                    try files.loggedText().split(separator: "\n").filter { $0.contains("connections cannot be accepted") }
                }
                _ = try await eventually("the log complains") { try complaints().isEmpty ? nil : true }
                for channel in channels { try? await channel.close() }
                let client = try await daemon.client("polisen-stockholm/vasterort")
                #expect(try await ReferralClient(client).submit(Sample.submission("m")).outcome == .accepted)
                let lines = try complaints()
                #expect(lines.count == 1 && lines[0].contains(" error "), "\(lines)")
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    @Test func pagesForOtherMachinesMustBeAskedFor() async throws {
        let installation = try await Installation.current
        for (host, isAllowed) in [("0.0.0.0", false), ("192.0.2.1", false), ("127.0.0.1", true), ("::1", true), ("localhost", true)] {
            let output = try await Program.run(
                Program.built("lotsd"), ["check", "--config", installation.settings],
                environment: ["LOTS_PAGES_PORT": "0", "LOTS_PAGES_HOST": host])
            #expect((output.end == .exit(0)) == isAllowed, "\(host): \(output.errors)")
            #expect(output.errors.contains("allow_remote") == !isAllowed)
        }
    }

    private func message(from manager: DatagramReceiver) async throws -> String {
        try await eventually("a message to the service manager") { manager.next() }
    }

    private func pagesPort(_ files: Daemon.Files) async throws -> Int {
        try await eventually("the pages' port is logged") {
            try files.loggedText().firstMatch(of: /pages for monitoring address=127.0.0.1:([0-9]+)/).flatMap { Int($0.output.1) }
        }
    }

    private func get(_ path: String, _ port: Int) async throws -> (status: Int, text: String) {
        let collected = Collected()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(collected)) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: lots\r\n\r\n"))
        try await channel.closeFuture.get()
        let answer = collected.text.withLock(\.self)
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0, parts.count == 2 ? String(parts[1]) : "")
    }
}

extension ReferralClient {
    /// Calls `body` while a stream of submissions is open, and asks for another answer afterwards.
    fileprivate func submitStreamOpen(during body: () async throws -> Void) async throws {
        try await submitStream { writer, results in
            var results = results.makeAsyncIterator()
            try await writer.write(Sample.submission("held"))
            _ = try await results.next()
            try await body()
            _ = try await results.next()
        }
    }
}

private final class Collected: Sendable {
    let text = Mutex("")
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let collected: Collected

    init(_ collected: Collected) {
        self.collected = collected
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        collected.text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
    }
}
