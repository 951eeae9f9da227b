public import Logging
public import NIOCore

/// Logs every call when it has ended: method, status code, duration, who called, and the trace when there is one. Never a message, its
/// metadata or the text of an error.
public struct CallLogging: ClientInterceptor, ServerInterceptor {
    private let observing: CallObserving

    /// - Parameters:
    ///   - level: of calls that went well.
    ///   - failureLevel: of the others.
    public init(
        logger: Logger, level: Logger.Level = .debug, failureLevel: Logger.Level = .info,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        observing = CallObserving(now: now) { record in
            logger.log(level: record.code == .ok ? level : failureLevel, "call", metadata: record.logMetadata)
        }
    }

    public func intercept<Answer>(_ call: OutgoingCall, next: (OutgoingCall) async throws -> Answer) async throws -> Answer {
        try await observing.intercept(call, next: next)
    }

    public func intercept<Answer: Sendable>(
        _ context: CallContext, next: (CallContext) async throws -> Answer
    ) async throws -> Answer {
        try await observing.intercept(context, next: next)
    }
}

extension CallRecord {
    fileprivate var logMetadata: Logger.Metadata {
        let (seconds, attoseconds) = duration.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        var metadata: Logger.Metadata = ["method": "\(method)", "status": "\(code)", "microseconds": "\(microseconds)"]
        if let identity = peer?.identity { metadata["peer"] = "\(identity)" }
        return metadata.merging(TraceContext.current?.logMetadata ?? [:]) { $1 }
    }
}
