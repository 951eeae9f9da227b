import NIOCore
import Testing

@testable import TTRPC

struct ClientConnectionStateMachineTests {
    private typealias Machine = ClientConnectionStateMachine<String>

    private var machine = Machine(maximumStreams: 3)

    private enum Decision: Equatable {
        case ignore
        case response(UInt32)
        case message(String, String)
        case end(String, last: String?)
        case answer(String, String)
        case fail(String, Status.Code)
        case abandon(UInt32, String, Status.Code)
        case credited
        case ping(UInt64)
        case pong(UInt64)
        case notProcessed([String])
        case violation

        init(_ action: Machine.FrameAction) {
            self =
                switch action {
                case .ignore: .ignore
                case .response(let id, _): .response(id.rawValue)
                case .message(_, let call, let message): .message(call, String(buffer: message))
                case .end(let call, let last): .end(call, last: last.map { String(buffer: $0) })
                case .answer(let call, let payload): .answer(call, String(buffer: payload))
                case .fail(let call, let status): .fail(call, status.code)
                case .abandon(let id, let call, let status): .abandon(id.rawValue, call, status.code)
                case .credited: .credited
                case .ping(let number): .ping(number)
                case .pong(let number): .pong(number)
                case .notProcessed(let calls, _): .notProcessed(calls.map(\.1).sorted())
                case .violation: .violation
                }
        }
    }

    private mutating func open(_ kind: CallKind, deadline: NIODeadline? = nil) throws -> StreamID {
        try machine.open(kind, service: "s", deadline: deadline, call: "\(kind)")
    }

    private mutating func respond(_ id: StreamID, _ payload: String, failure: Status? = nil) -> Decision {
        Decision(machine.receive(.success(ResponseEnvelope(failure: failure, payload: ByteBuffer(string: payload))), on: id))
    }

    @Test mutating func idsAreOddAndGrow() throws {
        #expect(try open(.unary).rawValue == 1)
        _ = machine.forget(StreamID(1))
        #expect(try open(.bidirectional).rawValue == 3)
    }

    @Test mutating func idsRunOutWithAnError() throws {
        machine = Machine(maximumStreams: 3, firstID: StreamID(.max - 2))
        #expect(try open(.unary).rawValue == .max - 2)
        #expect(machine.takesCalls)
        #expect(try open(.unary).rawValue == .max)
        // Time to connect again.
        #expect(!machine.takesCalls)
        #expect { try open(.unary) } throws: { ($0 as? Status)?.code == .unavailable }
    }

    @Test mutating func streamsAreBounded() throws {
        for _ in 0..<3 { _ = try open(.unary) }
        #expect { try open(.unary) } throws: { ($0 as? Status)?.code == .resourceExhausted }
    }

    @Test mutating func framesForInactiveIDsAreIgnored() throws {
        for id in [0, 1, 2] as [UInt32] {
            #expect(Decision(machine.receive(.data(id))) == .ignore)
            #expect(Decision(machine.receive(.response(id, ByteBuffer()))) == .ignore)
            #expect(respond(StreamID(id), "") == .ignore)
        }
        let id = try open(.unary)
        #expect(machine.forget(id) == "unary")
        #expect(Decision(machine.receive(.response(1, ByteBuffer()))) == .ignore)
    }

    @Test(arguments: [CallKind.unary, .clientStreaming])
    mutating func singleAnswer(_ kind: CallKind) throws {
        let id = try open(kind)
        #expect(Decision(machine.receive(.response(1, ByteBuffer()))) == .response(1))
        #expect(respond(id, "a") == .answer("\(kind)", "a"))
        #expect(machine.openStreams == 0)
    }

    @Test(arguments: [CallKind.unary, .clientStreaming])
    mutating func messageInsteadOfTheAnswer(_ kind: CallKind) throws {
        _ = try open(kind)
        #expect(Decision(machine.receive(.data(1, flags: .endOfStream))) == .ignore)
        #expect(Decision(machine.receive(.data(1))) == .abandon(1, "\(kind)", .internal))
        #expect(machine.openStreams == 0)
    }

    @Test(arguments: [CallKind.serverStreaming, .bidirectional])
    mutating func streamOfMessages(_ kind: CallKind) throws {
        let id = try open(kind)
        #expect(Decision(machine.receive(.data(1, ByteBuffer(string: "a")))) == .message("\(kind)", "a"))
        #expect(Decision(machine.receive(.data(1))) == .message("\(kind)", ""))
        #expect(Decision(machine.receive(.data(1, flags: .noData))) == .ignore)
        #expect(Decision(machine.receive(.data(1, ByteBuffer(string: "z"), flags: .remoteClosed))) == .end("\(kind)", last: "z"))
        #expect(machine.mayWrite(id) == false)
        #expect(Decision(machine.receive(.data(1))) == .ignore)
    }

    @Test(arguments: [CallKind.serverStreaming, .bidirectional])
    mutating func streamThatEndsWithAResponse(_ kind: CallKind) throws {
        #expect(respond(try open(kind), "") == .end("\(kind)", last: nil))
        #expect(respond(try open(kind), "z") == .end("\(kind)", last: "z"))
    }

    @Test(arguments: CallKind.allCases)
    mutating func statusEndsAnyKind(_ kind: CallKind) throws {
        #expect(respond(try open(kind), "", failure: Status(.aborted, "")) == .fail("\(kind)", .aborted))
        #expect(Decision(machine.receive(.failure(Status(.internal, "")), on: try open(kind))) == .fail("\(kind)", .internal))
        #expect(machine.openStreams == 0)
    }

    /// Only the text that ttrpc-rust writes for the service called: an application may say something similar.
    @Test mutating func unknownServiceOfRust() throws {
        let rust = Status(.invalidArgument, "s service does not exist")
        #expect(respond(try open(.unary), "", failure: rust) == .fail("unary", .unimplemented))
        let other = Status(.invalidArgument, "area 12 does not exist")
        #expect(respond(try open(.unary), "", failure: other) == .fail("unary", .invalidArgument))
    }

    @Test mutating func writingEndsOnce() throws {
        let id = try open(.bidirectional)
        #expect(machine.mayWrite(id))
        #expect(machine.endWriting(id) == true)
        #expect(!machine.mayWrite(id))
        #expect(machine.endWriting(id) == false)
        #expect(machine.openStreams == 1)
        let other = try open(.serverStreaming)
        #expect(!machine.mayWrite(other))
    }

    @Test mutating func oversizedBodies() throws {
        let header = FrameHeader(length: 9, streamID: try open(.unary), type: .response)
        #expect(Decision(machine.receiveOversized(FrameHeader(length: 9, streamID: StreamID(1), type: .request), limit: 8)) == .ignore)
        #expect(Decision(machine.receiveOversized(header, limit: 8)) == .abandon(1, "unary", .resourceExhausted))
        #expect(Decision(machine.receiveOversized(header, limit: 8)) == .ignore)
    }

    @Test mutating func deadlinesAreEnforcedHereToo() throws {
        _ = try open(.unary, deadline: .uptimeNanoseconds(10))
        _ = try open(.bidirectional, deadline: .uptimeNanoseconds(20))
        #expect(machine.nextDeadline == .uptimeNanoseconds(10))
        #expect(machine.expire(now: .uptimeNanoseconds(10)).map(\.1) == ["unary"])
        #expect(machine.nextDeadline == .uptimeNanoseconds(20))
    }

    @Test mutating func closingKeepsTheFirstReason() throws {
        _ = try open(.unary)
        #expect(machine.close(Status(.unavailable, "first")) == ["unary"])
        #expect(machine.close(Status(.unavailable, "second")) == [])
        #expect(throws: Status(.unavailable, "first")) { try open(.unary) }
    }

    // MARK: - lots/1

    private mutating func speakLots1(window: Int = Credit.initial) {
        machine = Machine(maximumStreams: 3, wireProtocol: .lots1, window: window)
    }

    private mutating func receive(_ control: ControlFrame) throws -> Decision {
        Decision(machine.receive(try .control(control)))
    }

    private func goAway(_ lastID: UInt32) -> ControlFrame {
        .goAway(lastID: StreamID(lastID), reason: "stopping")
    }

    @Test mutating func plainTTRPCIgnoresControlFrames() throws {
        _ = try open(.bidirectional)
        for control in [goAway(0), .ping(1), .pong(1), .credit(StreamID(1), 1), .cancel(StreamID(1))] {
            #expect(try receive(control) == .ignore)
        }
        #expect(
            Decision(machine.receiveOversized(FrameHeader(length: 9, streamID: StreamID(0), type: .ping), limit: 8)) == .ignore)
        #expect(machine.takesCalls)
    }

    @Test mutating func goAwayKeepsWhatWasAccepted() throws {
        speakLots1()
        for kind in [CallKind.unary, .bidirectional, .serverStreaming] { _ = try open(kind) }
        #expect(machine.takesCalls)
        #expect(try receive(goAway(3)) == .notProcessed(["serverStreaming"]))
        #expect(!machine.takesCalls)
        #expect(machine.openStreams == 2)
        #expect { try open(.unary) } throws: { ($0 as? Status)?.code == .unavailable && ($0 as? Status)?.fate == .notProcessed }
        #expect(respond(StreamID(1), "a") == .answer("unary", "a"))
        #expect(Decision(machine.receive(.data(3, ByteBuffer(string: "a")))) == .message("bidirectional", "a"))
    }

    @Test mutating func theReasonOfAGoAwayOutlivesTheConnection() throws {
        speakLots1()
        _ = try receive(goAway(0))
        _ = machine.close(Status(.unavailable, "the connection has closed"))
        let failure = #expect(throws: Status.self) { try open(.unary) }
        #expect(failure?.code == .unavailable && failure?.message.contains("stopping") == true)
    }

    @Test mutating func goAwayMayTakeBackButNotGiveMore() throws {
        speakLots1()
        for _ in 0..<3 { _ = try open(.unary) }
        #expect(try receive(goAway(.max)) == .notProcessed([]))
        #expect(try receive(goAway(3)) == .notProcessed(["unary"]))
        #expect(try receive(goAway(3)) == .notProcessed([]))
        #expect(try receive(goAway(5)) == .violation)
    }

    @Test mutating func onlyWhatWasNeverSentIsMarkedAsNotProcessed() throws {
        speakLots1()
        _ = try open(.unary)
        #expect(machine.close(Status(.unavailable, "lost")) == ["unary"])
        #expect { try open(.unary) } throws: { ($0 as? Status)?.fate == .notProcessed }
        #expect(Status(.unavailable, "lost").fate == .unknown)
    }

    @Test mutating func messagesNeedCredit() throws {
        speakLots1()
        let key = StreamKey(id: try open(.bidirectional), serial: 0)
        machine.spendCredit(forMessage: Credit.initial, on: key)
        #expect(!machine.hasCredit(key))
        #expect(try receive(.credit(key.id, 128)) == .credited)
        #expect(!machine.hasCredit(key))
        #expect(try receive(.credit(key.id, 1)) == .credited)
        #expect(machine.hasCredit(key))
        #expect(try receive(.credit(key.id, UInt32(Credit.limit))) == .violation)
        #expect(try receive(.credit(StreamID(77), 1)) == .ignore)
    }

    @Test mutating func aServerThatSendsWithoutCreditFailsTheCall() throws {
        speakLots1(window: 70_000)
        let id = try open(.serverStreaming)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 60_000)))
        #expect(machine.consumed(60_128, on: id)?.bytes == 60_128 + 70_000 - Credit.initial)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 70_000)))
        #expect(machine.consumed(70_128, on: id)?.bytes == 70_128)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 70_000)))
        #expect(Decision(machine.receive(.data(1))) == .abandon(1, "serverStreaming", .resourceExhausted))
        #expect(machine.consumed(1, on: id) == nil)
    }

    @Test mutating func windowsShareAPool() throws {
        machine = Machine(maximumStreams: 4, wireProtocol: .lots1, window: 100_000, pool: 40_000)
        let idle = try open(.serverStreaming)
        let ids = [try open(.serverStreaming), try open(.bidirectional), try open(.serverStreaming)]
        #expect(ids.map { machine.consumed(1, on: $0)?.bytes } == [34_465, 5_537, 1])
        _ = machine.forget(ids[0])
        #expect(machine.consumed(1, on: idle)?.bytes == 34_465)
    }

    @Test mutating func trailersAreForAnOpenCallOfLots1() throws {
        let response = Result<ResponseEnvelope, Status>.success(
            ResponseEnvelope(failure: nil, payload: ByteBuffer(), trailers: ["k": "v"]))
        let id = try open(.unary)
        #expect(machine.trailers(response, on: id) == nil)
        speakLots1()
        #expect(machine.trailers(response, on: id) == nil)
        _ = try open(.unary)
        let (call, trailers) = try #require(machine.trailers(response, on: id))
        #expect(call == "unary")
        #expect(trailers == ["k": "v"])
        #expect(machine.trailers(.success(ResponseEnvelope(failure: nil, payload: ByteBuffer())), on: id) == nil)
    }

    @Test mutating func framesThatBreakTheProtocol() throws {
        speakLots1()
        _ = try open(.bidirectional)
        #expect(try receive(.cancel(StreamID(1))) == .violation)
        for frame in ControlFrameTests.malformed { #expect(Decision(machine.receive(frame)) == .violation) }
        for type in [FrameType.cancel, .credit, .ping, .pong, .goAway] {
            let header = FrameHeader(length: 9, streamID: StreamID(1), type: type)
            #expect(Decision(machine.receiveOversized(header, limit: 8)) == .violation)
        }
        #expect(try receive(.ping(1)) == .ping(1))
        #expect(try receive(.pong(1)) == .pong(1))
    }
}
