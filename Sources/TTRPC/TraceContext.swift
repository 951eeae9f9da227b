public import Logging

/// Where a call stands in a trace, as W3C Trace Context (level 1) has it: the ids that tie together what several programs did for one
/// cause.
public struct TraceContext: Hashable, Sendable {
    private let traceBits: (high: UInt64, low: UInt64)
    private let spanBits: UInt64
    /// Whether the caller may be recording the trace.
    public let isSampled: Bool
    /// What tracing systems keep with the trace, as `tracestate` carries it; empty when there is nothing. Not interpreted.
    public let state: String

    /// 32 lowercase hexadecimal digits, not all 0; the same for the whole trace.
    public var traceID: String { Self.digits(traceBits.high) + Self.digits(traceBits.low) }
    /// 16 lowercase hexadecimal digits, not all 0: this step.
    public var spanID: String { Self.digits(spanBits) }

    /// The trace of the call that this task works on; nil when there is none.
    @TaskLocal public static var current: TraceContext?

    /// Reads what a caller sent. A faulty `tracestate` is dropped and the trace kept.
    ///
    /// - Parameters:
    ///   - traceparent: the header of that name.
    ///   - tracestate: every header of that name, in order.
    /// - Returns: nil when `traceparent` is not valid: the trace begins anew.
    public init?(traceparent: String, tracestate: [String] = []) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash else { return nil }
        guard let version = Self.number(bytes[0..<2]), version != 0xFF, version != 0 || bytes.count == 55,
            bytes.count == 55 || bytes[55] == Self.dash
        else { return nil }
        guard let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]), let span = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55]), high != 0 || low != 0, span != 0
        else { return nil }
        self.init(trace: (high, low), span: span, isSampled: flags & 1 == 1, state: Self.state(tracestate))
    }

    private init(trace: (high: UInt64, low: UInt64), span: UInt64, isSampled: Bool, state: String) {
        traceBits = trace
        // Zero is not an id.
        spanBits = max(span, 1)
        self.isSampled = isSampled
        self.state = state
    }

    /// The first step of a new trace, not sampled.
    /// - Parameter random: gives 64 random bits each time it is called.
    public static func root(random: () -> UInt64) -> TraceContext {
        TraceContext(trace: (random(), max(random(), 1)), span: random(), isSampled: false, state: "")
    }

    /// A further step of this trace.
    /// - Parameter random: gives 64 random bits.
    public func child(random: () -> UInt64) -> TraceContext {
        TraceContext(trace: traceBits, span: random(), isSampled: isSampled, state: state)
    }

    public static func == (one: TraceContext, other: TraceContext) -> Bool {
        one.traceBits == other.traceBits && one.spanBits == other.spanBits && one.isSampled == other.isSampled && one.state == other.state
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(traceBits.low)
        hasher.combine(spanBits)
    }

    /// The header that tells the next program of this step. Always version 00.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    /// `trace` and `span`, for log lines.
    public var logMetadata: Logger.Metadata { ["trace": "\(traceID)", "span": "\(spanID)"] }

    // MARK: - Form

    private static let dash = UInt8(ascii: "-")
    /// A longer state is dropped.
    private static let longestState = 512
    private static let mostStateMembers = 32

    private static func digits(_ bits: UInt64) -> String {
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// At most 16 lowercase hexadecimal digits.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    private static func state(_ headers: [String]) -> String {
        let members = headers.joined(separator: ",").split(separator: ",").map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
        var keys: Set<Substring> = []
        for member in members {
            guard let equals = member.firstIndex(of: "=") else { return "" }
            let (key, value) = (member[..<equals], member[member.index(after: equals)...])
            guard isKey(key), isValue(value), keys.insert(key).inserted else { return "" }
        }
        let text = members.joined(separator: ",")
        return members.count <= mostStateMembers && text.utf8.count <= longestState ? text : ""
    }

    private static func isKey(_ key: Substring) -> Bool {
        key.wholeMatch(of: /[a-z][a-z0-9_\-*\/]{0,255}|[a-z0-9][a-z0-9_\-*\/]{0,240}@[a-z][a-z0-9_\-*\/]{0,13}/) != nil
    }

    private static func isValue(_ value: Substring) -> Bool {
        (1...256).contains(value.utf8.count) && value.last != " "
            && value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}

extension Logger.MetadataProvider {
    /// The ids of the trace that the logging task works on.
    public static let traceContext = Logger.MetadataProvider { TraceContext.current?.logMetadata ?? [:] }
}

/// Carries traces from program to program: a client sends the current one, or begins one, in `traceparent` and `tracestate`; a server
/// goes on with what it was sent. Either way ``TraceContext/current`` is set while the call runs.
public struct TracePropagation: ClientInterceptor, ServerInterceptor {
    private let random: @Sendable () -> UInt64

    /// - Parameter random: gives 64 random bits each time it is called.
    public init(random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }) {
        self.random = random
    }

    public func intercept<Answer>(_ call: OutgoingCall, next: (OutgoingCall) async throws -> Answer) async throws -> Answer {
        let trace = TraceContext.current?.child(random: random) ?? .root(random: random)
        var call = call
        call.options.metadata.replace(Self.traceparent, with: [trace.traceparent])
        call.options.metadata.replace(Self.tracestate, with: trace.state.isEmpty ? [] : [trace.state])
        return try await TraceContext.$current.withValue(trace) { try await next(call) }
    }

    public func intercept<Answer: Sendable>(
        _ context: CallContext, next: (CallContext) async throws -> Answer
    ) async throws -> Answer {
        let parents = context.metadata[all: Self.traceparent]
        // Two parents are as good as none.
        let parent = parents.count == 1 ? TraceContext(traceparent: parents[0], tracestate: context.metadata[all: Self.tracestate]) : nil
        let trace = parent?.child(random: random) ?? .root(random: random)
        return try await TraceContext.$current.withValue(trace) { try await next(context) }
    }

    private static let traceparent = "traceparent"
    private static let tracestate = "tracestate"
}

extension Metadata {
    /// Only these values for `key`.
    fileprivate mutating func replace(_ key: String, with values: [String]) {
        self = Metadata(entries.filter { $0.key != key } + values.map { Entry(key: key, value: $0) })
    }
}
