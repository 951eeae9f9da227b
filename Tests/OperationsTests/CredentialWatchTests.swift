import CoreMetrics
import Foundation
import Logging
import Operations
import Synchronization
import TLS
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct CredentialWatchTests {
    /// A server's files in a folder of their own.
    private func with(
        now: @escaping @Sendable () -> Int64 = TLSContext.systemTime, hasList: Bool = false, isOverdue: Bool = false,
        _ body: (_ folder: String, ReloadingTLSContext, CredentialWatch, MetricsRegistry, Log) async throws -> Void
    ) async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["server.crt", "server.key", "ca.crt"] {
            try FileManager.default.copyItem(atPath: pki.path(name), toPath: "\(folder)/\(name)")
        }
        var configuration = TLSConfiguration(
            role: .server, certificateChainFile: "\(folder)/server.crt", privateKeyFile: "\(folder)/server.key",
            trustRootsFile: "\(folder)/ca.crt")
        if hasList {
            try await pki.makeRevocationList("\(folder)/list.crl", revokes: false, isOverdue: isOverdue)
            configuration.revocationListFiles = ["\(folder)/list.crl"]
        }
        let context = try ReloadingTLSContext(configuration)
        let (registry, log) = (MetricsRegistry(), Log())
        let watch = CredentialWatch(context, interval: .seconds(10), now: now, metrics: registry, logger: log.logger)
        try await body(folder, context, watch, registry, log)
    }

    @Test func aChangedFileIsReadOnceItRests() async throws {
        try await with { folder, context, watch, registry, log in
            let before = context.current
            await watch.look()
            #expect(context.current === before)
            // The same content in a new file: what a renewal looks like from outside.
            let certificate = URL(filePath: "\(folder)/server.crt")
            try Data(contentsOf: certificate).write(to: certificate, options: .atomic)
            await watch.look()
            #expect(context.current === before)
            await watch.look()
            let after = context.current
            #expect(after !== before)
            await watch.look()
            #expect(context.current === after)
            #expect(registry.text().contains("lots_tls_reloads_total{result=\"ok\"} 1\n"))
            #expect(log.lines(.notice).count == 1)
        }
    }

    @Test func aFailureIsLoudAndChangesNothing() async throws {
        try await with { folder, context, watch, registry, log in
            let before = context.current
            let authorities = URL(filePath: "\(folder)/ca.crt")
            let good = try Data(contentsOf: authorities)
            try Data("nothing".utf8).write(to: authorities)
            #expect(await !watch.reload(because: "SIGHUP"))
            #expect(context.current === before)
            #expect(log.lines(.critical).count == 1)
            #expect(log.lines(.critical).first?.contains("ca.crt") == true)
            #expect(registry.text().contains("lots_tls_reloads_total{result=\"failed\"} 1\n"))
            #expect(registry.text().contains("lots_tls_files_loaded 0\n"))
            try good.write(to: authorities)
            #expect(await watch.reload(because: "SIGHUP"))
            #expect(registry.text().contains("lots_tls_files_loaded 1\n"))
        }
    }

    /// With it every new client would be refused, and everything that is asked would say that all is well.
    @Test func aListThatHasRunOutDoesNotReplaceOneThatHolds() async throws {
        let pki = try await DevelopmentPKI.current
        try await with(hasList: true) { folder, context, watch, registry, log in
            let before = context.current
            try await pki.makeRevocationList("\(folder)/list.crl", revokes: true, isOverdue: true)
            #expect(await !watch.reload(because: "SIGHUP"))
            #expect(context.current === before)
            #expect(log.lines(.critical).count == 1)
            #expect(log.lines(.critical).first?.contains("\(folder)/list.crl: has run out") == true)
            #expect(registry.text().contains("lots_tls_files_loaded 0\n"))
            try await pki.makeRevocationList("\(folder)/list.crl", revokes: true)
            #expect(await watch.reload(because: "SIGHUP"))
            #expect(registry.text().contains("lots_tls_files_loaded 1\n"))
        }
    }

    /// There is nothing to keep: other files are to be read all the same, and what it means is said.
    @Test func aListThatHadRunOutBeforeKeepsNothingBack() async throws {
        try await with(hasList: true, isOverdue: true) { _, context, watch, _, log in
            let before = context.current
            #expect(await watch.reload(because: "SIGHUP"))
            #expect(context.current !== before)
            #expect(log.lines(.critical).count == 1)
            #expect(log.lines(.critical).first?.contains("a revocation list has run out: all clients of its authority") == true)
        }
    }

    @Test func anAuthorityWithoutAListIsNamed() async throws {
        let pki = try await DevelopmentPKI.current
        try await with(hasList: true) { folder, _, watch, _, log in
            let authorities = URL(filePath: "\(folder)/ca.crt")
            let next = try Data(contentsOf: URL(filePath: pki.path("foreign/ca.crt")))
            try (Data(contentsOf: authorities) + next).write(to: authorities)
            #expect(await watch.reload(because: "SIGHUP"))
            #expect(log.lines(.critical).count == 1)
            let line = try #require(log.lines(.critical).first)
            #expect(line.contains("no revocation list: all its clients are refused") && line.contains("CN=Development authority "))
        }
    }

    @Test func anAuthorityWithoutAListIsNamedAtTheStart() async throws {
        let pki = try await DevelopmentPKI.current
        let log = Log()
        var configuration = TLSConfiguration(
            role: .server, certificateChainFile: pki.path("server.crt"), privateKeyFile: pki.path("server.key"),
            trustRootsFile: pki.path("ca.crt"))
        configuration.revocationListFiles = [pki.path("foreign/ca.crl")]
        let watch = CredentialWatch(
            try ReloadingTLSContext(configuration), interval: .seconds(3_600), metrics: MetricsRegistry(), logger: log.logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await watch.run() }
            while log.lines(.critical).isEmpty { await Task.yield() }
            group.cancelAll()
        }
        #expect(log.lines(.critical).first?.contains("an authority has no revocation list") == true)
    }

    /// Nobody loses a connection because of files that are no good.
    @Test func onlyFilesThatAreGoodAreFollowed() async throws {
        try await with { folder, context, _, registry, log in
            let followed = Mutex<[TLSContext]>([])
            let watch = CredentialWatch(
                context, interval: .seconds(10), metrics: registry, logger: log.logger,
                whenReloaded: { context in followed.withLock { $0.append(context) } })
            let authorities = URL(filePath: "\(folder)/ca.crt")
            let good = try Data(contentsOf: authorities)
            try Data("nothing".utf8).write(to: authorities)
            #expect(await !watch.reload(because: "SIGHUP"))
            #expect(followed.withLock(\.count) == 0)
            try good.write(to: authorities)
            #expect(await watch.reload(because: "SIGHUP"))
            #expect(followed.withLock { $0.map { $0 === context.current } } == [true])
        }
    }

    @Test func whatEndsSoonIsTold() async throws {
        let shift = Mutex<Int64>(0)
        try await with(now: { TLSContext.systemTime() + shift.withLock(\.self) }) { _, context, watch, registry, log in
            let end = try #require(context.current.expiries.first { $0.kind == .certificate }).end
            await watch.look()
            #expect(log.lines(.warning) == [])
            shift.withLock { $0 = end - TLSContext.systemTime() - 13 * 86_400 - 3_600 }
            await watch.look()
            await watch.look()
            #expect(log.lines(.warning).count == 1)
            #expect(registry.text().contains("lots_certificate_days_left{what=\"certificate\"} 13\n"))
            shift.withLock { $0 += 13 * 86_400 }
            await watch.look()
            #expect(log.lines(.critical).count == 1)
            shift.withLock { $0 += 86_400 }
            await watch.look()
            #expect(log.lines(.critical).last?.contains("has expired") == true)
            #expect(registry.text().contains("lots_certificate_days_left{what=\"certificate\"} -1\n"))
        }
    }
}
