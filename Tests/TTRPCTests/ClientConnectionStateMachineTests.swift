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

        init(_ action: Machine.FrameAction) {
            self =
                switch action {
                case .ignore: .ignore
                case .response(let id, _): .response(id.rawValue)
                case .message(_, let call, let message): .message(call, String(buffer: message))
                case .end(let call, let last): .end(call, last: last.map { String(buffer: $0) })
                case .answer(let call, let payload): .answer(call, String(buffer: payload))
                case .fail(let call, let status): .fail(call, status.code)
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
        #expect(try open(.unary).rawValue == .max)
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
        #expect(Decision(machine.receive(.data(1))) == .fail("\(kind)", .internal))
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
        #expect(Decision(machine.receiveOversized(header, limit: 8)) == .fail("unary", .resourceExhausted))
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
}
