public import CoreMetrics
public import NIOCore
import Synchronization
public import TTRPC
public import TTRPCOverTLS

/// Records what a server does: handshakes, calls, bytes and what was refused.
///
/// Label values come from closed lists: the router's methods, the named status codes, ``Bound``, ``HandshakeOutcome`` and ``CertificateEnd``.
public final class ServerMetrics: ServerObserver {
    private struct CallKey: Hashable {
        var method: MethodName?
        var code: Int32
    }

    private struct Calls {
        var counters: [CallKey: Counter] = [:]
        var timers: [MethodName: Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let handshakes: [HandshakeOutcome: Counter]
    private let handshakeTime: Timer
    private let receivedBytes: Counter
    private let sentBytes: Counter
    private let refusals: [Bound: Counter]
    private let cuts: [CertificateEnd: Counter]
    private let calls = Mutex(Calls())

    /// Every series whose labels are known beforehand is there from the beginning, at 0.
    public init(factory: any MetricsFactory) {
        self.factory = factory
        handshakes = Dictionary(
            uniqueKeysWithValues: HandshakeOutcome.allCases.map {
                ($0, Counter(label: "lots_handshakes_total", dimensions: [("result", $0.rawValue)], factory: factory))
            })
        handshakeTime = Timer(label: "lots_handshake_seconds", factory: factory)
        receivedBytes = Counter(label: "lots_received_bytes_total", factory: factory)
        sentBytes = Counter(label: "lots_sent_bytes_total", factory: factory)
        refusals = Dictionary(
            uniqueKeysWithValues: Bound.allCases.map {
                ($0, Counter(label: "lots_refusals_total", dimensions: [("bound", $0.rawValue)], factory: factory))
            })
        cuts = Dictionary(
            uniqueKeysWithValues: CertificateEnd.allCases.map {
                ($0, Counter(label: "lots_connections_cut_total", dimensions: [("reason", $0.rawValue)], factory: factory))
            })
    }

    public func handshakeEnded(_ outcome: HandshakeOutcome, after duration: TimeAmount) {
        handshakes[outcome]?.increment()
        if outcome == .full || outcome == .resumed { handshakeTime.recordNanoseconds(duration.nanoseconds) }
    }

    public func connectionCut(_ reason: CertificateEnd) { cuts[reason]?.increment() }

    public func callEnded(_ method: MethodName?, _ code: Status.Code, after duration: TimeAmount) {
        // A handler may fail a call with any number; those without a name share a label.
        let code = (0...16).contains(code.rawValue) ? code : .unknown
        let (counter, timer) = calls.withLock { calls -> (Counter, Timer?) in
            let key = CallKey(method: method, code: code.rawValue)
            let counter =
                calls.counters[key]
                ?? Counter(
                    label: "lots_calls_total",
                    dimensions: [("method", method.map { "\($0)" } ?? "none"), ("code", code.description)], factory: factory)
            calls.counters[key] = counter
            guard let method else { return (counter, nil) }
            let timer =
                calls.timers[method] ?? Timer(label: "lots_call_seconds", dimensions: [("method", "\(method)")], factory: factory)
            calls.timers[method] = timer
            return (counter, timer)
        }
        counter.increment()
        timer?.recordNanoseconds(duration.nanoseconds)
    }

    public func received(byteCount: Int) { receivedBytes.increment(by: byteCount) }

    public func sent(byteCount: Int) { sentBytes.increment(by: byteCount) }

    public func refused(_ bound: Bound) { refusals[bound]?.increment() }
}
