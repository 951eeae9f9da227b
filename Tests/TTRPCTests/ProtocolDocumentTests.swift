import Foundation
import NIOCore
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// PROTOCOL.md is true: its examples are replayed, its numbers and the tests it names exist.
@Suite(.timeLimit(.minutes(3)))
struct ProtocolDocumentTests {
    /// What one block of the document shows.
    struct Example: Sendable, CustomStringConvertible {
        enum Step: Sendable {
            case client(Frame)
            case server(Frame)
            case drain
            case closed
        }

        var line: Int
        var wireProtocol: WireProtocol
        /// "misuse": the client breaks rules that ours keeps. "closing": the connection ends with it.
        var words: Set<String>
        var steps: [Step]

        var description: String { "PROTOCOL.md:\(line)" }
    }

    private struct Unreadable: Error {
        var line: Int
    }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func document() throws -> String {
        try String(contentsOf: repository.appending(path: "PROTOCOL.md"), encoding: .utf8)
    }

    static func examples() throws -> [Example] {
        var examples: [Example] = []
        var open: Example?
        var pending: (side: Substring, hex: String)?
        func endFrame(_ line: Int) throws {
            guard let (side, hex) = pending.take() else { return }
            var decoder = FrameDecoder()
            decoder.append(try ByteBuffer(hex: hex))
            guard case .frame(let frame) = try decoder.next(), try decoder.next() == nil else { throw Unreadable(line: line) }
            var whole = ByteBuffer()
            whole.writeFrame(frame)
            guard whole == (try ByteBuffer(hex: hex)) else { throw Unreadable(line: line) }
            open?.steps.append(side == "C" ? .client(frame) : .server(frame))
        }
        for (index, line) in try document().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let example = open {
                    try endFrame(index)
                    examples.append(try #require(open))
                    #expect(!example.steps.isEmpty || !examples.isEmpty)
                    open = nil
                } else {
                    let words = line.dropFirst(3).split(separator: " ")
                    guard let name = words.first, let wireProtocol = WireProtocol(rawValue: String(name)) else {
                        throw Unreadable(line: index + 1)
                    }
                    open = Example(
                        line: index + 1, wireProtocol: wireProtocol, words: Set(words.dropFirst().map(String.init)), steps: [])
                }
            } else if open != nil {
                let digits = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
                switch line.first {
                case "C", "S":
                    try endFrame(index)
                    pending = (line.prefix(1), String(digits.dropFirst()))
                case " ":
                    pending?.hex += digits
                case "!":
                    try endFrame(index)
                    open?.steps.append(line.hasSuffix("drains") ? .drain : .closed)
                default:
                    throw Unreadable(line: index + 1)
                }
            }
        }
        return examples
    }

    private static let router = EchoService.router { router in
        router.register(
            EchoService.method("Detailed"),
            unary: { _, _ in
                throw Status(
                    .resourceExhausted, "later",
                    details: [StatusDetail(typeURL: "type.googleapis.com/google.rpc.RetryInfo", value: [0x0A, 2, 8, 2])])
            })
        router.register(
            MethodName(service: "grpc.health.v1.Health", method: "Check"),
            unary: { _, _ in ByteBuffer(bytes: [8, 1]) })
        router.register(
            EchoService.method("Trailing"),
            unary: { payload, context in
                try context.setTrailers(["node": "a"])
                return payload
            })
        router.register(
            EchoService.method("TrailingStream"),
            serverStreaming: { payload, writer, context in
                try context.setTrailers(["node": "a"])
                try await writer.write(payload)
            })
    }

    @Test func thereAreExamplesOfEverything() throws {
        let examples = try Self.examples()
        #expect(examples.count >= 15)
        var types: Set<UInt8> = []
        for step in examples.flatMap(\.steps) {
            switch step {
            case .client(let frame), .server(let frame): types.insert(frame.type.rawValue)
            case .drain, .closed: break
            }
        }
        #expect(types.isSuperset(of: 1...8))
    }

    /// Our server, given the client's frames, sends the server's, byte for byte, and nothing else.
    @Test(arguments: try examples())
    func exchangesAreAnsweredAsWritten(_ example: Example) async throws {
        let client = try await RawClient(Self.router, wireProtocol: example.wireProtocol)
        for step in example.steps {
            switch step {
            case .client(let frame):
                try await client.send(frame)
            case .server(let expected):
                let frame = try #require(await client.next())
                #expect(frame == expected, "\(Self.hex(frame)) instead of \(Self.hex(expected))")
            case .drain:
                _ = try await client.onLoop { server, _ in server.drain() }
            case .closed:
                #expect(await client.next() == nil)
            }
        }
        try await client.settle()
        #expect(client.takeReceived() == [])
    }

    /// Our client has sent these Requests: it takes every answer, and each of its calls has come to an end.
    @Test(arguments: try examples().filter { !$0.words.contains("misuse") })
    func aClientTakesWhatTheServerSends(_ example: Example) throws {
        var machine = ClientConnectionStateMachine<StreamID>(
            maximumStreams: 100, wireProtocol: example.wireProtocol, window: ConnectionLimits().streamInboundBytes)
        for step in example.steps {
            switch step {
            case .client(let frame) where frame.type == .request:
                let request = try RequestEnvelope(decoding: frame.body, limits: ConnectionLimits())
                let kind = Self.router.methods[request.method] ?? .unary
                guard machine.takesCalls else { continue }
                let id = try machine.open(kind, service: request.method.service, deadline: nil, call: frame.streamID)
                #expect(id == frame.streamID)
            case .client(let frame) where frame.type == .cancel:
                #expect(machine.forget(frame.streamID) != nil)
            case .client, .drain:
                continue
            case .server(let frame):
                let action = machine.receive(frame)
                switch action {
                case .response(let id, let body):
                    let response = Result { () throws(Status) in try ResponseEnvelope(decoding: body) }
                    if case .ignore = machine.receive(response, on: id) { Issue.record("the answer is for nobody") }
                case .violation(let reason):
                    Issue.record("\(reason)")
                case .ignore where frame.type != .credit:
                    Issue.record("the frame is for nobody")
                default:
                    break
                }
            case .closed:
                #expect(!machine.takesCalls || example.wireProtocol == .ttrpc)
            }
        }
        // A plain client learns of the end only from the end.
        #expect(machine.openStreams == 0)
    }

    /// What the document says in numbers is what the code does.
    @Test func numbers() throws {
        let text = try Self.document()
        let limits = ConnectionLimits()
        for number in [
            FrameHeader.largestBody, Credit.initial, Credit.limit, limits.streams, limits.metadataBytes, limits.streamInboundBytes,
            limits.connectionInboundBytes, limits.connectionOutboundBytes, limits.unsentAnswerBytes, ControlFrame.longestReason,
        ] {
            let digits = String(number)
            let grouped = digits.reversed().enumerated().reduce(into: "") { text, digit in
                text = (digit.offset > 0 && digit.offset % 3 == 0 ? "\(digit.element)," : "\(digit.element)") + text
            }
            #expect(text.contains(grouped), "\(grouped)")
        }
        #expect(text.contains("\(limits.metadataEntries) entries"))
        #expect(text.contains("more than \(KeepAlive.pingsPerSecond) PINGs within one second"))
        #expect(text.contains("nothing for \((limits.pingInterval ?? .zero).nanoseconds / 1_000_000_000) seconds"))
        #expect(text.contains("within \(limits.pingTimeout.nanoseconds / 1_000_000_000) seconds after it"))
        #expect(text.contains("bytes and \(MessageBuffer.overheadPerMessage) more"))
    }

    /// Every test that the document names is there.
    @Test func theTestsThatAreNamedExist() throws {
        var sources = ""
        let files = FileManager.default.enumerator(at: Self.repository.appending(path: "Tests"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift" { sources += try String(contentsOf: file, encoding: .utf8) }
        }
        var count = 0
        for match in try Self.document().matches(of: /`([A-Za-z]+Tests)\.([A-Za-z]+)`/) {
            count += 1
            let (suite, name) = (match.output.1, match.output.2)
            let body = try #require(sources.range(of: "struct \(suite) {").map { sources[$0.upperBound...] }, "\(suite)")
            let end = body.range(of: "\n}\n")?.lowerBound ?? body.endIndex
            #expect(body[..<end].contains("func \(name)("), "\(suite).\(name)")
        }
        #expect(count > 100)
    }

    private static func hex(_ frame: Frame) -> String {
        var bytes = ByteBuffer()
        bytes.writeFrame(frame)
        return bytes.readableBytesView.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
