import Configuration
import Exchange
import Foundation
import Logging
import NIOPosix
import Recording
import Referral
import ReferralAPI
import SQLiteStore
import Synchronization
import TTRPC

/// An exchange with the example's directory and rules, a store of its own and a clock that is set by hand.
final class WeekExchange: Sendable {
    private let clock: SettableClock
    private let store: SQLiteStore
    private let commits: CommitQueue
    private let folder: URL
    private let router: Router

    static func with<R>(_ body: (WeekExchange) async throws -> R) async throws -> R {
        let exchange = try WeekExchange()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await exchange.commits.run() }
            let result: Result<R, any Error>
            do { result = .success(try await body(exchange)) } catch { result = .failure(error) }
            exchange.commits.close()
            try await group.waitForAll()
            try await exchange.store.close()
            try FileManager.default.removeItem(at: exchange.folder)
            return try result.get()
        }
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "week-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteStore(path: folder.appending(path: "lots.sqlite").path)
        commits = CommitQueue(store: store)
        let configuration = Week.root.appending(path: "config")
        let directory = try DirectoryFile.read(configuration.appending(path: "directory.yaml").path)
        let routing = try RoutingFile.read(configuration.appending(path: "routing.yaml").path, directory: directory)
        let decoder = ReferralDecoder(digestKey: [UInt8](repeating: 7, count: 32), acceptsTestData: true)
        let clock = SettableClock()
        self.clock = clock
        let exchange = Exchange(
            store: store, commits: commits, policy: Policy(routing: routing), now: { clock.now },
            logger: Logger(label: "week") { _ in SwiftLogNoOpLogHandler() })
        var router = Router()
        router.register(ReferralEndpoint(exchange: exchange, trustDomain: Week.trustDomain), decoder: decoder, now: { clock.now })
        router.register(AssignmentEndpoint(exchange: exchange, decoder: decoder, trustDomain: Week.trustDomain))
        self.router = router
    }

    /// Plays recordings to this exchange.
    /// - Parameter setsClock: its clock follows the recording; else it stands still at the beginning of the week.
    func replay(settingClock setsClock: Bool = true) -> Replay {
        var replay = Replay(types: .lots) { [self] identity in
            InProcessTransport(
                router: router, peer: Peer(identity: identity), logger: Logger(label: "week") { _ in SwiftLogNoOpLogHandler() },
                eventLoop: MultiThreadedEventLoopGroup.singleton.any()
            ).client
        }
        if setsClock { replay.beforeLine = { [clock] time in clock.set(time) } }
        return replay
    }
}

private final class SettableClock: Sendable {
    private let time = Mutex(Week.start)

    var now: Instant { time.withLock(\.self) }

    func set(_ time: RecordedTime) {
        self.time.withLock { $0 = Instant(milliseconds: time.millisecondsSince1970) }
    }
}
