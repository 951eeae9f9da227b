import Configuration
import Foundation
import Logging
import Operations
import TTRPC

/// Makes a line per event, as text for people or JSON for machines. What is logged holds ids only.
struct LogLine: LogHandler {
    let label: String
    let format: DaemonConfiguration.LogFormat
    /// Nil: nothing is written, only made.
    let output: LogQueue?
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(label: String, format: DaemonConfiguration.LogFormat, output: LogQueue?) {
        self.label = label
        self.format = format
        self.output = output
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let trace = TraceContext.current?.logMetadata ?? [:]
        let metadata = trace.merging(event.metadata ?? [:]) { $1 }
        output?.append(line(level: event.level, message: "\(event.message)", metadata: metadata))
    }

    func line(level: Logger.Level, message: String, metadata added: Logger.Metadata = [:]) -> String {
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        let metadata = metadata.merging(added) { $1 }.sorted { $0.key < $1.key }
        return switch format {
        case .text:
            "\(time) \(level) \(message)" + metadata.map { " \($0.key)=\(Self.quoted($0.value.description))" }.joined()
        case .json:
            "{"
                + [("time", time), ("level", level.rawValue), ("message", message)]
                .map { "\(Self.json($0.0)):\(Self.json($0.1))" }
                .joined(separator: ",")
                + metadata.map { ",\(Self.json($0.key)):\(Self.json($0.value.description))" }.joined() + "}"
        }
    }

    /// A value with spaces is quoted, so that a line can be taken apart; line breaks never leave their line.
    private static func quoted(_ text: String) -> String {
        text.contains(where: { $0 == " " || $0 == "\"" || $0.isNewline }) ? json(text) : text
    }

    private static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case let control where control.value < 0x20: result += "\\u" + String(format: "%04x", control.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension Logger.Level {
    init(_ level: DaemonConfiguration.LogLevel) {
        self = Logger.Level(rawValue: level.rawValue) ?? .info
    }
}
