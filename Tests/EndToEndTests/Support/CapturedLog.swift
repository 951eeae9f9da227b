import Logging
import Synchronization

/// Everything that was logged, as text.
final class CapturedLog: Sendable {
    private let content = Mutex<[String]>([])

    var lines: [String] { content.withLock(\.self) }

    var logger: Logger {
        var logger = Logger(label: "exchange") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            log.content.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
        }
    }
}
