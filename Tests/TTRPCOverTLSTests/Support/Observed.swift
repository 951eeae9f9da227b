import NIOCore
import Synchronization
import TTRPC
import TTRPCOverTLS

/// Keeps what it hears.
final class Observed: ServerObserver {
    private struct State {
        var handshakes: [HandshakeOutcome] = []
        var calls: [String] = []
        var bytes = (received: 0, sent: 0)
        var refusals: [Bound] = []
        var cuts: [CertificateEnd] = []
    }

    private let state = Mutex(State())

    var handshakes: [HandshakeOutcome] { state.withLock(\.handshakes) }
    var calls: [String] { state.withLock(\.calls) }
    var bytes: (received: Int, sent: Int) { state.withLock(\.bytes) }
    var refusals: [Bound] { state.withLock(\.refusals) }
    var cuts: [CertificateEnd] { state.withLock(\.cuts) }

    func handshakeEnded(_ outcome: HandshakeOutcome, after duration: TimeAmount) { state.withLock { $0.handshakes.append(outcome) } }
    func connectionCut(_ reason: CertificateEnd) { state.withLock { $0.cuts.append(reason) } }
    func callEnded(_ method: MethodName?, _ code: Status.Code, after duration: TimeAmount) {
        state.withLock { $0.calls.append("\(method.map { "\($0)" } ?? "none") \(code)") }
    }
    func received(byteCount: Int) { state.withLock { $0.bytes.received += byteCount } }
    func sent(byteCount: Int) { state.withLock { $0.bytes.sent += byteCount } }
    func refused(_ bound: Bound) { state.withLock { $0.refusals.append(bound) } }
}
