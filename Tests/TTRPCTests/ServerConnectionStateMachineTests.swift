import NIOCore
import SeededRandom
import Testing

@testable import TTRPC

struct ServerConnectionStateMachineTests {
    private typealias Machine = ServerConnectionStateMachine<String>

    private var machine = Machine(maximumStreams: 3)

    /// What `receive` decided, in a form that can be compared.
    private enum Decision: Equatable {
        case ignore
        case request(UInt32)
        case answer(UInt32, Status.Code)
        case fail(UInt32, String, Status.Code)
        case deliver(String, String?, end: Bool)
        case cancel(UInt32, String)
        case credited
        case ping(UInt64)
        case pong(UInt64)
        case violation

        init(_ action: Machine.FrameAction) {
            self =
                switch action {
                case .ignore: .ignore
                case .request(let id, _, _): .request(id.rawValue)
                case .answer(let id, let status): .answer(id.rawValue, status.code)
                case .fail(let id, let call, let status): .fail(id.rawValue, call, status.code)
                case .deliver(_, let call, let message, let end): .deliver(call, message.map { String(buffer: $0) }, end: end)
                case .cancel(let id, let call): .cancel(id.rawValue, call)
                case .credited: .credited
                case .ping(let number): .ping(number)
                case .pong(let number): .pong(number)
                case .violation: .violation
                }
        }
    }

    private mutating func receive(_ frame: Frame) -> Decision {
        Decision(machine.receive(frame))
    }

    @discardableResult
    private mutating func open(
        _ id: UInt32, _ kind: CallKind, flags: FrameFlags = [], payloadIsEmpty: Bool = true, deadline: NIODeadline? = nil
    ) -> Machine.Opening {
        machine.open(
            StreamID(id), kind: kind, flags: flags, payloadBytes: payloadIsEmpty ? 0 : 5, deadline: deadline, call: { "call \($0.id)" }
        ).0
    }

    // MARK: - Requests

    @Test(arguments: [0, 2, 4_294_967_294] as [UInt32])
    mutating func evenIDsAreRefused(_ id: UInt32) {
        #expect(receive(.request(id, "Unary")) == .answer(id, .invalidArgument))
        #expect(
            Decision(machine.receiveOversized(FrameHeader(length: 9, streamID: StreamID(id), type: .request), limit: 8))
                == .answer(id, .invalidArgument))
        #expect(receive(.request(1, "Unary")) == .request(1))
    }

    @Test mutating func oddIDsMayComeInAnyOrderAndAgain() {
        for id in [5, 3, .max, 1] as [UInt32] {
            #expect(receive(.request(id, "Unary")) == .request(id))
            let opening = open(id, .unary)
            #expect(machine.handlerReturned(opening.key) == .response)
        }
        #expect(receive(.request(5, "Unary")) == .request(5))
    }

    /// One id, one terminal frame: the first call ends with the second's error.
    @Test mutating func idInUseFailsTheCallOnce() {
        let first = open(1, .bidirectional)
        #expect(receive(.request(1, "Bidi")) == .fail(1, "call 1", .invalidArgument))
        #expect(receive(.data(1, ByteBuffer(string: "late"))) == .ignore)
        #expect(machine.handlerReturned(first.key) == nil)
        #expect(machine.openStreams == 0)
        #expect(machine.runningHandlers == 0)
    }

    @Test mutating func streamsAreBounded() {
        for id in [1, 3, 5] as [UInt32] { open(id, .unary) }
        #expect(receive(.request(7, "Unary")) == .answer(7, .resourceExhausted))
        #expect(machine.openStreams == 3)
    }

    /// Else a client could start any number of handlers, ending each stream at once.
    @Test mutating func handlersWithoutAStreamCount() {
        let openings = [1, 3, 5].map { open($0, .unary) }
        for id in [1, 3, 5] as [UInt32] { #expect(receive(.data(id)) == .fail(id, "call \(id)", .invalidArgument)) }
        #expect(receive(.request(7, "Unary")) == .answer(7, .resourceExhausted))
        #expect(machine.handlerReturned(openings[0].key) == nil)
        #expect(receive(.request(7, "Unary")) == .request(7))
    }

    @Test mutating func aReusedIDDoesNotGetTheAnswerOfItsFirstUse() {
        let first = open(1, .unary)
        #expect(receive(.data(1)) == .fail(1, "call 1", .invalidArgument))
        let second = open(1, .unary)
        #expect(machine.handlerReturned(first.key) == nil)
        #expect(machine.isOpen(second.key))
        #expect(machine.fail(first.key) == nil)
        #expect(machine.handlerReturned(second.key) == .response)
    }

    // MARK: - Opening

    @Test(
        arguments: [
            (CallKind.unary, FrameFlags(), true, true, true),
            (.unary, [.remoteOpen], true, true, true),
            (.serverStreaming, .remoteClosed, true, true, true),
            (.serverStreaming, [], false, true, true),
            (.clientStreaming, .remoteOpen, true, false, false),
            (.clientStreaming, [.remoteOpen, .noData], true, false, false),
            (.bidirectional, .remoteOpen, false, true, false),
            (.bidirectional, [], true, false, false),
            (.bidirectional, .remoteClosed, false, true, true),
            (.bidirectional, .endOfStream, true, false, true),
            (.bidirectional, FrameFlags(rawValue: 0xFA), true, false, false),
        ] as [(CallKind, FrameFlags, Bool, Bool, Bool)])
    mutating func theMethodTableDecidesTheKind(
        _ kind: CallKind, _ flags: FrameFlags, _ payloadIsEmpty: Bool, _ deliversPayload: Bool, _ isEnded: Bool
    ) {
        let opening = open(1, kind, flags: flags, payloadIsEmpty: payloadIsEmpty)
        #expect(opening.deliversPayload == deliversPayload)
        #expect(opening.isEnded == isEnded)
    }

    // MARK: - Data

    @Test(
        arguments: [
            ([], "a", "a", false),
            ([], "", "", false),
            (.remoteClosed, "last", "last", true),
            (.remoteClosed, "", "", true),
            (.endOfStream, "", nil, true),
            (.endOfStream, "ignored", nil, true),
            (FrameFlags(rawValue: 0xF8), "a", "a", false),
        ] as [(FrameFlags, String, String?, Bool)])
    mutating func dataIsDelivered(_ flags: FrameFlags, _ body: String, _ message: String?, _ end: Bool) {
        open(1, .bidirectional)
        #expect(receive(.data(1, ByteBuffer(string: body), flags: flags)) == .deliver("call 1", message, end: end))
        #expect(receive(.data(1, ByteBuffer(string: "more"))) == (end ? .ignore : .deliver("call 1", "more", end: false)))
    }

    @Test mutating func noDataWithoutAnEndMeansNothing() {
        open(1, .clientStreaming)
        #expect(receive(.data(1, ByteBuffer(string: "x"), flags: .noData)) == .ignore)
    }

    @Test mutating func dataForUnknownOrFinishedStreamsIsDropped() {
        #expect(receive(.data(1)) == .ignore)
        #expect(receive(.data(0)) == .ignore)
        let opening = open(1, .bidirectional)
        #expect(machine.handlerReturned(opening.key) == .endOfStream)
        #expect(receive(.data(1)) == .ignore)
    }

    @Test mutating func dataOnAUnaryCallFailsIt() {
        open(1, .unary)
        #expect(receive(.data(1, flags: .endOfStream)) == .fail(1, "call 1", .invalidArgument))
        #expect(machine.openStreams == 0)
    }

    /// A message dropped without a word would look as if it had been taken.
    @Test mutating func dataOnServerStreamingFailsIt() {
        open(1, .serverStreaming)
        #expect(receive(.data(1, flags: .endOfStream)) == .ignore, "no message: an end that is known already")
        #expect(machine.openStreams == 1)
        #expect(receive(.data(1)) == .fail(1, "call 1", .invalidArgument))
        #expect(machine.openStreams == 0)
    }

    @Test(arguments: [0x00, 0x02, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0xFF] as [UInt8])
    mutating func otherFrameTypesAreIgnored(_ type: UInt8) {
        open(1, .bidirectional)
        for id in [0, 1, 2, 3] as [UInt32] {
            #expect(receive(Frame(streamID: StreamID(id), type: FrameType(rawValue: type))) == .ignore)
            #expect(
                Decision(
                    machine.receiveOversized(FrameHeader(length: 9, streamID: StreamID(id), type: FrameType(rawValue: type)), limit: 8))
                    == .ignore)
        }
    }

    @Test mutating func oversizedBodies() {
        func header(_ id: UInt32, _ type: FrameType) -> FrameHeader { FrameHeader(length: 9, streamID: StreamID(id), type: type) }
        #expect(Decision(machine.receiveOversized(header(1, .request), limit: 8)) == .answer(1, .resourceExhausted))
        #expect(Decision(machine.receiveOversized(header(1, .data), limit: 8)) == .ignore)
        open(1, .bidirectional)
        #expect(Decision(machine.receiveOversized(header(1, .data), limit: 8)) == .fail(1, "call 1", .resourceExhausted))
        #expect(Decision(machine.receiveOversized(header(1, .data), limit: 8)) == .ignore)
    }

    // MARK: - Answers

    @Test(arguments: CallKind.allCases)
    mutating func eachKindEndsItsWay(_ kind: CallKind) {
        let answer: Machine.Answer = kind == .unary || kind == .clientStreaming ? .response : .endOfStream
        let opening = open(1, kind)
        #expect(machine.isOpen(opening.key))
        #expect(machine.handlerReturned(opening.key) == answer)
        #expect(!machine.isOpen(opening.key))
    }

    // MARK: - Deadlines

    @Test mutating func deadlinesExpireInclusively() {
        open(1, .unary, deadline: .uptimeNanoseconds(10))
        open(3, .bidirectional, deadline: .uptimeNanoseconds(20))
        open(5, .bidirectional)
        #expect(machine.nextDeadline == .uptimeNanoseconds(10))
        #expect(machine.expire(now: .uptimeNanoseconds(9)).map(\.1) == [])
        #expect(machine.expire(now: .uptimeNanoseconds(10)).map(\.1) == ["call 1"])
        #expect(machine.nextDeadline == .uptimeNanoseconds(20))
        #expect(machine.expire(now: .distantFuture).map(\.1) == ["call 3"])
        #expect(machine.nextDeadline == nil)
        #expect(machine.openStreams == 1)
        #expect(machine.runningHandlers == 3)
    }

    @Test(
        arguments: [
            (0, 0, 0), (5, 10, 15), (.max, 1, UInt64(Int64.max)), (UInt64(Int64.max), .max, UInt64(Int64.max)), (7, .min, 7),
        ] as [(UInt64, Int64, UInt64)])
    func deadlineArithmeticDoesNotOverflow(_ now: UInt64, _ timeout: Int64, _ expected: UInt64) {
        let now = NIODeadline.uptimeNanoseconds(min(now, UInt64(Int64.max)))
        #expect(now.advanced(byNanoseconds: timeout) == .uptimeNanoseconds(expected))
    }

    // MARK: - The end

    @Test mutating func drainingRefusesNewCallsAndFinishesOldOnes() {
        let opening = open(1, .bidirectional)
        #expect(machine.drain() == false)
        #expect(receive(.request(3, "Unary")) == .answer(3, .unavailable))
        #expect(receive(.data(1, ByteBuffer(string: "a"))) == .deliver("call 1", "a", end: false))
        #expect(!machine.isDrained)
        #expect(machine.handlerReturned(opening.key) == .endOfStream)
        #expect(machine.isDrained)
    }

    @Test mutating func closingCancelsAndSilencesEverything() {
        let opening = open(1, .unary)
        open(3, .bidirectional)
        #expect(Set(machine.close()) == ["call 1", "call 3"])
        #expect(receive(.request(5, "Unary")) == .ignore)
        #expect(machine.handlerReturned(opening.key) == nil)
        #expect(machine.close() == [])
    }

    // MARK: - lots/1

    private mutating func speakLots1(window: Int = Credit.initial) {
        machine = Machine(maximumStreams: 3, wireProtocol: .lots1, window: window)
    }

    @Test mutating func cancelEndsTheStreamWithoutAnAnswer() throws {
        speakLots1()
        let opening = open(1, .unary)
        #expect(try receive(.control(.cancel(StreamID(1)))) == .cancel(1, "call 1"))
        #expect(try receive(.control(.cancel(StreamID(1)))) == .ignore)
        #expect(receive(.data(1)) == .ignore)
        #expect(machine.openStreams == 0)
        // The handler counts until it returns.
        #expect(machine.runningHandlers == 1)
        #expect(machine.handlerReturned(opening.key) == nil)
        #expect(machine.runningHandlers == 0)
    }

    @Test mutating func cancelOfAnUnknownStreamIsIgnored() throws {
        speakLots1()
        for id in [1, 2, .max] as [UInt32] { #expect(try receive(.control(.cancel(StreamID(id)))) == .ignore) }
    }

    @Test mutating func idsHaveToGrow() {
        speakLots1()
        #expect(receive(.request(5, "Unary")) == .request(5))
        for id in [5, 3, 1] as [UInt32] { #expect(receive(.request(id, "Unary")) == .answer(id, .invalidArgument)) }
        let oversized = FrameHeader(length: 9, streamID: StreamID(7), type: .request)
        #expect(Decision(machine.receiveOversized(oversized, limit: 8)) == .answer(7, .resourceExhausted))
        #expect(Decision(machine.receiveOversized(oversized, limit: 8)) == .answer(7, .invalidArgument))
        #expect(receive(.request(8, "Unary")) == .answer(8, .invalidArgument))
        #expect(receive(.request(9, "Unary")) == .request(9))
        #expect(machine.lastID == StreamID(9))
    }

    /// What came before GOAWAY is answered, what comes after is not, also if it is too long.
    @Test mutating func afterGoAwayNothingIsProcessed() {
        speakLots1()
        let opening = open(1, .bidirectional)
        #expect(receive(.request(3, "Unary")) == .request(3))
        #expect(machine.drain() == true)
        #expect(machine.drain() == false)
        #expect(machine.lastID == StreamID(3))
        #expect(receive(.request(5, "Unary")) == .ignore)
        let oversized = FrameHeader(length: 9, streamID: StreamID(7), type: .request)
        #expect(Decision(machine.receiveOversized(oversized, limit: 8)) == .ignore)
        #expect(machine.lastID == StreamID(3))
        #expect(receive(.data(1, ByteBuffer(string: "a"))) == .deliver("call 1", "a", end: false))
        #expect(machine.handlerReturned(opening.key) == .endOfStream)
        #expect(machine.isDrained)
    }

    @Test mutating func endingAllLeavesHandlersToReturn() {
        speakLots1()
        let opening = open(1, .unary)
        open(3, .bidirectional)
        #expect(Set(machine.endAll().map(\.1)) == ["call 1", "call 3"])
        #expect(machine.openStreams == 0)
        #expect(machine.handlerReturned(opening.key) == nil)
        #expect(!machine.isDrained)
    }

    @Test mutating func messagesNeedCredit() throws {
        speakLots1()
        let opening = open(1, .serverStreaming)
        #expect(machine.hasCredit(opening.key))
        machine.spendCredit(forMessage: Credit.initial, on: opening.key)
        #expect(!machine.hasCredit(opening.key))
        // 128 bytes more than the message itself.
        #expect(try receive(.control(.credit(StreamID(1), 128))) == .credited)
        #expect(!machine.hasCredit(opening.key))
        #expect(try receive(.control(.credit(StreamID(1), 1))) == .credited)
        #expect(machine.hasCredit(opening.key))
    }

    @Test mutating func creditHasALimit() throws {
        speakLots1()
        open(1, .serverStreaming)
        let most = UInt32(Credit.limit - Credit.initial)
        #expect(try receive(.control(.credit(StreamID(1), most))) == .credited)
        #expect(try receive(.control(.credit(StreamID(1), 1))) == .violation)
        open(3, .serverStreaming)
        #expect(try receive(.control(.credit(StreamID(3), .max))) == .violation)
    }

    @Test mutating func creditForNobodyIsIgnored() throws {
        speakLots1()
        for id in [1, 2, .max] as [UInt32] { #expect(try receive(.control(.credit(StreamID(id), .max))) == .ignore) }
        let first = open(1, .unary)
        #expect(machine.handlerReturned(first.key) == .response)
        #expect(try receive(.control(.credit(StreamID(1), 1))) == .ignore)
    }

    /// One message may overdraw the credit, the next one fails its stream.
    @Test mutating func aClientThatSendsWithoutCreditFailsItsStream() {
        speakLots1()
        open(1, .bidirectional)
        open(3, .bidirectional)
        let message = ByteBuffer(repeating: 0, count: Credit.initial)
        guard case .deliver = machine.receive(.data(1, message)) else {
            Issue.record("the first message is within the credit")
            return
        }
        #expect(receive(.data(1)) == .fail(1, "call 1", .resourceExhausted))
        #expect(receive(.data(3)) == .deliver("call 3", "", end: false))
    }

    @Test mutating func endOfStreamNeedsNoCredit() {
        speakLots1()
        open(1, .bidirectional)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: Credit.initial)))
        #expect(receive(.data(1, flags: .endOfStream)) == .deliver("call 1", nil, end: true))
    }

    /// The window grows when the first messages have been taken, and stays.
    @Test mutating func creditIsGrantedForWhatIsTaken() {
        speakLots1(window: 100_000)
        let opening = open(1, .bidirectional)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 40_000)))
        let grant = machine.consumed(40_128, on: opening.key)
        #expect(grant?.bytes == 40_128 + 100_000 - Credit.initial)
        #expect(grant?.reportStep == 50_000)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 100_000)))
        #expect(machine.consumed(100_128, on: opening.key)?.bytes == 100_128)
        _ = machine.receive(.data(1, ByteBuffer(repeating: 0, count: 100_000)))
        #expect(receive(.data(1, flags: .endOfStream)) == .deliver("call 1", nil, end: true))
        // The client has ended its side, or the whole stream.
        #expect(machine.consumed(100_128, on: opening.key) == nil)
        _ = machine.handlerReturned(opening.key)
        #expect(machine.consumed(1, on: opening.key) == nil)
    }

    /// Streams that are not used have no share of the pool; however a stream ends, the next has its share.
    @Test mutating func windowsShareAPool() throws {
        machine = Machine(maximumStreams: 9, wireProtocol: .lots1, window: 100_000, pool: 40_000)
        let idle = open(1, .bidirectional)
        let busy = [3, 5, 7].map { open($0, .bidirectional) }
        #expect(busy.map { machine.consumed(1, on: $0.key)?.bytes } == [34_465, 5_537, 1])
        #expect(machine.handlerReturned(busy[0].key) == .endOfStream)
        // Who had too little gets the rest as soon as there is any.
        #expect(machine.consumed(1, on: busy[1].key)?.bytes == 28_929)
        #expect(machine.consumed(1, on: idle.key)?.bytes == 5_537)
        for call in [idle, busy[1], busy[2]] { _ = machine.handlerReturned(call.key) }
        let late = open(9, .clientStreaming, deadline: .uptimeNanoseconds(1))
        #expect(machine.consumed(1, on: late.key)?.bytes == 34_465)
        #expect(machine.expire(now: .distantFuture).count == 1)
        let given = open(11, .bidirectional)
        #expect(machine.consumed(1, on: given.key)?.bytes == 34_465)
        #expect(try receive(.control(.cancel(StreamID(11)))) == .cancel(11, "call 11"))
        let last = open(13, .bidirectional)
        #expect(machine.consumed(1, on: last.key)?.bytes == 34_465)
    }

    /// Whatever is opened, sent, taken and ended: credit beyond what streams begin with never exceeds the pool, nobody is failed who
    /// keeps to their credit, and a stream whose messages are taken can always send.
    @Test(arguments: 0..<50 as Range<UInt64>)
    mutating func creditHoldsInAnyOrder(_ seed: UInt64) {
        struct Model {
            var key: StreamKey
            var credit = Credit.initial
            /// Sent and not taken.
            var held = 0
        }
        var random = SplitMix64(seed: seed)
        let pool = Int.random(in: 0...300_000, using: &random)
        let window = Int.random(in: 0...200_000, using: &random)
        machine = Machine(maximumStreams: 8, wireProtocol: .lots1, window: window, pool: pool)
        var streams: [UInt32: Model] = [:]
        var nextID: UInt32 = 1
        for _ in 0..<400 {
            let id = streams.keys.sorted().randomElement(using: &random)
            switch (Int.random(in: 0..<8, using: &random), id) {
            case (0, _) where streams.count < 8, (_, nil):
                guard case .request = machine.receive(.request(nextID, "Bidi", flags: .remoteOpen)) else {
                    Issue.record("the request is refused")
                    return
                }
                streams[nextID] = Model(key: open(nextID, .bidirectional).key)
                nextID += 2
            case (1, let id?):
                if let stream = streams.removeValue(forKey: id) { _ = machine.handlerReturned(stream.key) }
            case (2...4, let id?):
                guard let stream = streams[id], stream.credit > 0 else { continue }
                let size = Int.random(in: 0...70_000, using: &random)
                guard case .deliver = machine.receive(.data(id, ByteBuffer(repeating: 0, count: size))) else {
                    Issue.record("a message within its credit is refused")
                    return
                }
                streams[id]?.credit -= Credit.cost(ofMessage: size)
                streams[id]?.held += Credit.cost(ofMessage: size)
            case (_, let id?):
                guard let stream = streams[id], stream.held > 0 else { continue }
                let taken = Int.random(in: 1...stream.held, using: &random)
                guard let grant = machine.consumed(taken, on: stream.key) else {
                    Issue.record("what is taken is not granted again")
                    return
                }
                streams[id]?.credit += grant.bytes
                streams[id]?.held -= taken
            }
            let beyond = streams.values.map { $0.credit + $0.held - Credit.initial }
            #expect(beyond.allSatisfy { (0...Credit.largestGrowth(window: window)).contains($0) })
            #expect(beyond.reduce(0, +) <= pool)
            #expect(streams.values.allSatisfy { $0.held > 0 || $0.credit >= Credit.initial })
        }
    }

    @Test mutating func aMessageInTheRequestCostsCredit() {
        speakLots1()
        let message = Credit.initial
        _ = machine.open(
            StreamID(1), kind: .bidirectional, flags: .remoteOpen, payloadBytes: message, deadline: nil, call: { _ in "call 1" })
        #expect(receive(.data(1)) == .fail(1, "call 1", .resourceExhausted))
    }

    @Test mutating func pingsAndPongsAreHandedOn() throws {
        speakLots1()
        #expect(try receive(.control(.ping(7))) == .ping(7))
        #expect(try receive(.control(.pong(8))) == .pong(8))
    }

    @Test mutating func framesThatBreakTheProtocol() throws {
        speakLots1()
        open(1, .bidirectional)
        #expect(try receive(.control(.goAway(lastID: StreamID(1), reason: ""))) == .violation)
        for frame in ControlFrameTests.malformed { #expect(receive(frame) == .violation) }
        for type in [FrameType.cancel, .credit, .ping, .pong, .goAway] {
            let header = FrameHeader(length: 9, streamID: StreamID(1), type: type)
            #expect(Decision(machine.receiveOversized(header, limit: 8)) == .violation)
        }
        for type in [0x00, 0x02, 0x09, 0xFF] as [UInt8] {
            #expect(receive(Frame(streamID: StreamID(1), type: FrameType(rawValue: type))) == .ignore)
        }
    }
}
