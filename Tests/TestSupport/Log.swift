package import Logging
import Synchronization

/// Keeps what is logged.
package final class Log: Sendable {
    private let content = Mutex<[String]>([])

    package init() {}

    package var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    package func lines(_ level: Logger.Level) -> [String] { content.withLock { $0.filter { $0.hasPrefix("\(level) ") } } }

    private struct Handler: LogHandler {
        let log: Log
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.content.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") } }
    }
}
