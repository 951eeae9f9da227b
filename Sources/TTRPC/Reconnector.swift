import NIOCore
import Synchronization

/// Makes calls over a connection that is replaced when it is lost or takes no more calls; what is under way on the old one goes on there.
///
/// Performs what ``ConnectionChoice`` and ``RetryPolicy`` decide.
final class Reconnector: Sendable {
    private struct State {
        var choice: ConnectionChoice<ClientConnection>
        var budget: RetryBudget
        var waiting: [UInt64: Waiting] = [:]
        var lastID: UInt64 = 0
        /// Connects or pauses; nil when nobody waits.
        var steps: Task<Void, Never>?
    }

    /// A call that waits for a connection.
    private struct Waiting {
        var continuation: CheckedContinuation<ClientConnection, any Error>
        var deadline: Scheduled<Void>?

        func resume(with result: Result<ClientConnection, any Error>) {
            deadline?.cancel()
            continuation.resume(with: result)
        }
    }

    private let addresses: [String]
    private let configuration: ReconnectionConfiguration
    private let eventLoop: any EventLoop
    private let connect: @Sendable (_ address: Int) async throws(ConnectionFailure) -> ClientConnection
    private let state: Mutex<State>

    /// Runs tasks on the event loop of the connections.
    let executor: EventLoopTaskExecutor

    init(
        to addresses: [String], configuration: ReconnectionConfiguration, eventLoop: any EventLoop,
        connect: @escaping @Sendable (_ address: Int) async throws(ConnectionFailure) -> ClientConnection
    ) {
        self.addresses = addresses
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.connect = connect
        executor = EventLoopTaskExecutor(eventLoop: eventLoop)
        let first: Int =
            switch configuration.order {
            case .asGiven: 0
            case .rotated: min(Int(configuration.jitter() * Double(addresses.count)), addresses.count - 1)
            }
        let choice = ConnectionChoice<ClientConnection>(
            addresses: addresses, firstAddress: first, backoff: configuration.backoff, maximumCalls: configuration.waitingCalls)
        state = Mutex(State(choice: choice, budget: configuration.budget))
    }

    /// The connection in use; nil while there is none.
    var currentConnection: ClientConnection? { state.withLock { $0.choice.current } }

    /// Closes the connection and makes no other.
    func close() {
        let (steps, connection, waiting, status) = state.withLock { state in
            let end = state.choice.close()
            return (state.steps.take(), end.connection, end.calls.compactMap { state.waiting.removeValue(forKey: $0) }, end.status)
        }
        steps?.cancel()
        connection?.close()
        for call in waiting { call.resume(with: .failure(status)) }
    }

    // MARK: - Calls

    func unary(_ method: MethodName, _ message: ByteBuffer, options: CallOptions) async throws -> ByteBuffer {
        try await repeating(options, isIdempotent: options.isIdempotent, isFinal: { false }) { connection, options in
            try await ConnectionCalls(connection).unary(method, message, options: options)
        }
    }

    // A stream is made again only while its body has not begun: what that has read and written cannot be taken back.

    func serverStreaming<R>(
        _ method: MethodName, _ message: ByteBuffer, options: CallOptions, _ body: (MessageStream) async throws -> R
    ) async throws -> R {
        var hasBegun = false
        return try await repeating(options, isIdempotent: false, isFinal: { hasBegun }) { connection, options in
            try await ConnectionCalls(connection).serverStreaming(method, message, options: options) {
                hasBegun = true
                return try await body($0)
            }
        }
    }

    func clientStreaming(
        _ method: MethodName, options: CallOptions, _ body: (RequestWriter) async throws -> Void
    ) async throws -> ByteBuffer {
        var hasBegun = false
        return try await repeating(options, isIdempotent: false, isFinal: { hasBegun }) { connection, options in
            try await ConnectionCalls(connection).clientStreaming(method, options: options) {
                hasBegun = true
                try await body($0)
            }
        }
    }

    func bidirectional<R>(
        _ method: MethodName, options: CallOptions, _ body: (RequestWriter, MessageStream) async throws -> R
    ) async throws -> R {
        var hasBegun = false
        return try await repeating(options, isIdempotent: false, isFinal: { hasBegun }) { connection, options in
            try await ConnectionCalls(connection).bidirectional(method, options: options) {
                hasBegun = true
                return try await body($0, $1)
            }
        }
    }

    /// Makes attempts until one ends well or must not be repeated.
    /// - Parameter isFinal: asked after an attempt has failed: it must not be repeated whatever the policy says.
    private func repeating<R>(
        _ options: CallOptions, isIdempotent: Bool, isFinal: () -> Bool,
        _ attempt: (ClientConnection, CallOptions) async throws -> R
    ) async throws -> R {
        let deadline = options.timeout.map { eventLoop.now.advanced(by: $0) }
        var attempts = 0
        // What the caller is told of the call's fate holds for all attempts, not for the last alone.
        var mayHaveRun = false
        func overall(_ status: Status) -> Status {
            var status = status
            if mayHaveRun { status.fate = .unknown }
            return status
        }
        while true {
            let connection: ClientConnection
            do {
                // Waiting for a connection has its own patience: when that is over, the call has failed.
                connection = try await self.connection(until: deadline)
            } catch let status as Status {
                throw overall(status)
            }
            attempts += 1
            do {
                defer { closeIfDone(connection) }
                var options = options
                options.timeout = deadline.map { eventLoop.now.duration(to: $0) }
                let answer = try await attempt(connection, options)
                answered(on: connection)
                return answer
            } catch let status as Status {
                if status.fate != .notProcessed { mayHaveRun = true }
                if isFinal() { throw overall(status) }
                let decision = decide(
                    RetryPolicy.Failure(
                        status: status, attempts: attempts, isIdempotent: isIdempotent,
                        timeLeft: deadline.map { eventLoop.now.duration(to: $0) }), on: connection)
                switch decision {
                case .fail: throw overall(status)
                case .retry(let delay): try await configuration.sleep(delay)
                }
            }
        }
    }

    private func decide(_ failure: RetryPolicy.Failure, on connection: ClientConnection) -> RetryPolicy.Decision {
        let jitter = configuration.jitter()
        return state.withLock { state in
            // These may have been made on this side; all others are the server's answers.
            let local: [Status.Code] = [
                .unavailable, .resourceExhausted, .deadlineExceeded, .cancelled, .unauthenticated, .internal, .invalidArgument,
            ]
            if !local.contains(failure.status.code),
                failure.status.fate != .notProcessed
            {
                state.budget.answered()
                state.choice.answered(on: connection)
            }
            return configuration.retry.decide(failure, budget: &state.budget, jitter: jitter)
        }
    }

    private func answered(on connection: ClientConnection) {
        state.withLock { state in
            state.budget.answered()
            state.choice.answered(on: connection)
        }
    }

    /// A connection that has been replaced is closed by whoever is the last to use it.
    private func closeIfDone(_ connection: ClientConnection) {
        guard !connection.takesCalls, connection.holdings.streams == 0 else { return }
        connection.close()
    }

    // MARK: - Connections

    /// - Throws: ``Status`` when there is none in time; nothing has been sent then.
    private func connection(until deadline: NIODeadline?) async throws -> ClientConnection {
        if let ready = state.withLock({ $0.choice.ready(where: \.takesCalls) }) { return ready }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { acquire(id, until: deadline, $0) }
        } onCancel: {
            leave(id) { _ in CancellationError() }
        }
    }

    private func acquire(_ id: UInt64, until deadline: NIODeadline?, _ continuation: CheckedContinuation<ClientConnection, any Error>) {
        let jitter = configuration.jitter()
        let result = state.withLock { state -> Result<ClientConnection, any Error>? in
            // The cancellation handler has run already, or it will see the call: it takes the same lock.
            if Task.isCancelled { return .failure(CancellationError()) }
            let now = eventLoop.now
            let patience = min(now.advanced(by: configuration.patience), deadline ?? .distantFuture)
            switch state.choice.acquire(for: id, patience: patience, now: now, jitter: jitter, isUsable: \.takesCalls) {
            case .use(let connection): return .success(connection)
            case .refuse(let status): return .failure(status)
            case .wait(let step):
                let timer = deadline.map { eventLoop.scheduleTask(deadline: $0) { self.leave(id, \.tooLate) } }
                state.waiting[id] = Waiting(continuation: continuation, deadline: timer)
                if let step { state.steps = Task.detached { await self.take(step) } }
                return nil
            }
        }
        if let result { continuation.resume(with: result) }
    }

    private func leave(_ id: UInt64, _ error: (ConnectionChoice<ClientConnection>) -> any Error) {
        let (call, error) = state.withLock { state in
            _ = state.choice.leave(id)
            return (state.waiting.removeValue(forKey: id), error(state.choice))
        }
        call?.resume(with: .failure(error))
    }

    /// Takes one step after the other until none is needed.
    private func take(_ first: ConnectionChoice<ClientConnection>.Step) async {
        var next: ConnectionChoice<ClientConnection>.Step? = first
        while let step = next, !Task.isCancelled {
            switch step {
            case .connect(let address):
                do throws(ConnectionFailure) {
                    connected(try await connect(address), to: address)
                    next = nil
                } catch {
                    next = failed(error, at: address)
                }
            case .pause(let duration):
                configuration.observe(.waiting(duration))
                try? await configuration.sleep(duration)
                next = state.withLock { $0.choice.pauseEnded(now: eventLoop.now) }
            }
        }
    }

    private func connected(_ connection: ClientConnection, to address: Int) {
        configuration.observe(.connected(address: addresses[address]))
        let calls = state.withLock { state in
            state.choice.connected(connection, now: eventLoop.now)?.compactMap { state.waiting.removeValue(forKey: $0) }
        }
        guard let calls else { return connection.close() }
        for call in calls { call.resume(with: .success(connection)) }
    }

    private func failed(_ failure: ConnectionFailure, at address: Int) -> ConnectionChoice<ClientConnection>.Step? {
        configuration.observe(.failed(address: addresses[address], reason: failure.reason))
        let jitter = configuration.jitter()
        let (step, calls, status) = state.withLock { state in
            let result = state.choice.failed(
                failure.reason, isHopeless: failure.isHopeless, now: eventLoop.now, jitter: jitter)
            return (result.step, result.calls.compactMap { state.waiting.removeValue(forKey: $0) }, result.status)
        }
        for call in calls { call.resume(with: .failure(status)) }
        return step
    }
}
