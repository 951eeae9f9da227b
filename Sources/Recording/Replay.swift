import NIOCore
import Protobuf
package import TTRPC

/// Plays the requests of a recording to live exchanges, in the recorded order, and compares every answer with the recorded one.
///
/// Unary calls are made one after another; the requests of a stream go out as fast as the recording has them. Memory is bounded by
/// the calls that are under way and by the values that the exchange makes, not by the length of the recording. The answers of a stream
/// are taken where the recording has them: until then they have to fit in what a client holds for one stream.
package struct Replay: Sendable {
    private let types: RecordedTypes
    private let connect: @Sendable (_ identity: String) async throws -> Client
    /// Called before a line is played, with its time: for an exchange whose clock can be set.
    package var beforeLine: (@Sendable (RecordedTime) async throws -> Void)?
    package var rules = ComparisonRules.lots
    /// How long one call may take.
    package var callTimeout = Duration.seconds(30)

    /// - Parameter connect: called once for each connection of the recording, with the URI that its certificate must have. The client
    ///   is closed when the replay is over.
    package init(types: RecordedTypes, connect: @escaping @Sendable (_ identity: String) async throws -> Client) {
        self.types = types
        self.connect = connect
    }

    /// Why a recording cannot be played.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter record: is given the complete recording with the live answers, a line at a time. A recording of requests only can
    ///   only be played like this.
    /// - Throws: `RecordingFaults` before anything is sent; `Failure`; what `connect`, `beforeLine` and `record` throw. A call that
    ///   fails is no error but an answer.
    package func run(
        _ source: RecordingSource, record: (([UInt8]) async throws -> Void)? = nil
    ) async throws -> ReplayReport {
        let summary = try await source.forEachEntry(types: types)
        guard summary.hasAnswers || record != nil else {
            throw Failure(description: "\(source.name): holds requests only, so there is nothing to compare with; record the answers first")
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let session = ReplaySession(self, file: source.name, hasAnswers: summary.hasAnswers)
            do {
                try await source.forEachEntry(types: types) { entry in
                    for bytes in try await session.play(entry, &group) { try await record?(bytes) }
                }
                for bytes in try await session.finish() { try await record?(bytes) }
            } catch {
                session.close()
                group.cancelAll()
                throw error
            }
            session.close()
            return session.report
        }
    }

    var callOptions: CallOptions { CallOptions(timeout: callTimeout) }

    func client(for identity: String) async throws -> Client { try await connect(identity) }

    func method(_ name: MethodName) throws -> RecordedTypes.Method {
        guard let method = types.method(name) else { throw Failure(description: "\(name): is not a method that is known here") }
        return method
    }

    func message(_ bytes: ByteBuffer, as type: AnyMessageType) -> RecordedMessage {
        types.message(Array(buffer: bytes), as: type)
    }

    func bytes(_ message: RecordedMessage, as type: AnyMessageType) throws -> ByteBuffer {
        ByteBuffer(bytes: try types.bytes(message, as: type))
    }

    func status(_ status: Status) -> RecordedStatus { types.status(status) }
}

/// What a replay found.
package struct ReplayReport: Hashable, Sendable {
    /// How many differences are kept.
    package static let limit = 100

    package internal(set) var requests = 0
    package internal(set) var answers = 0
    /// Answers that were compared with a recorded one.
    package internal(set) var comparedAnswers = 0
    /// The first ones, in the order of the recording.
    package internal(set) var differences: [Difference] = []
    /// Found, but not kept.
    package internal(set) var moreDifferences = 0

    mutating func add(_ difference: Difference) {
        if differences.count < Self.limit { differences.append(difference) } else { moreDifferences += 1 }
    }
}
