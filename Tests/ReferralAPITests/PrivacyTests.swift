import NIOCore
import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

/// Whatever is wrong with a message, nothing of what it says about people comes back in the error.
@Suite struct PrivacyTests {
    private static let marker = "QZJX7W"
    private static let number = "987654321"
    private static let type = AnyMessageType(Submission.wireType)

    /// Ways to break a text that keep the marker in it.
    private static let plants: [String] = [
        marker, marker + "\u{7}", " \u{1B}" + marker, String(repeating: marker, count: 3_000), "\(marker)@\(marker)", "+46\(marker)",
        "2026-13-\(marker)", "19811218\(marker)", "å\(marker)\n",
    ]

    @Test(arguments: plants)
    func plantedInEveryFieldAtOnce(_ plant: String) throws {
        let json = try Self.type.json(fromPacked: Array(packedSubmission().readableBytesView))
        let planted = Self.map(json) { _, value in Self.planted(value, plant) }
        try check(Self.type.packed(fromJSON: planted))
    }

    @Test func plantedInOneFieldAtATime() throws {
        let json = try Self.type.json(fromPacked: Array(packedSubmission().readableBytesView))
        var paths: [String] = []
        _ = Self.map(json) { path, value in
            if Self.planted(value, Self.marker) != nil { paths.append(path) }
            return nil
        }
        #expect(paths.count > 30)
        for target in paths {
            for plant in Self.plants {
                let planted = Self.map(json) { path, value in path == target ? Self.planted(value, plant) : nil }
                try check(Self.type.packed(fromJSON: planted))
            }
        }
    }

    @Test(arguments: [0x00, 0xFF, 0xC3] as [UInt8])
    func plantedWithBytesThatAreNoText(_ byte: UInt8) throws {
        let json = try Self.type.json(fromPacked: Array(packedSubmission().readableBytesView))
        let planted = Self.map(json) { _, value in Self.planted(value, "###" + Self.marker) }
        let message = replace(Array("###".utf8), in: ByteBuffer(bytes: try Self.type.packed(fromJSON: planted)), with: [byte, byte, byte])
        try check(Array(message.readableBytesView))
    }

    private func check(_ bytes: [UInt8]) throws {
        do throws(Faults) {
            _ = try decoder.submitRequest(ByteBuffer(bytes: bytes), today: today)
        } catch {
            let status = Status(error)
            let result = try SubmitResult(
                item: 1, messageID: decoder.messageID(in: ByteBuffer(bytes: bytes)), result: .failure(Refusal(error))
            ).packed()
            let said: [[UInt8]] =
                [Array(status.message.utf8), Array("\(error)".utf8), Array("\(CallFailure(status))".utf8), Array(result.readableBytesView)]
                + status.details.map(\.value)
            for text in said {
                let text = String(decoding: text, as: UTF8.self)
                #expect(!text.contains(Self.marker))
                #expect(!text.contains(Self.number))
                for value in ["Öberg", "811218", "1981", "701234567", "exempel", "Storgatan", "9401", "K771533"] {
                    #expect(!text.contains(value))
                }
            }
            #expect(!error.faults.isEmpty)
            #expect(status.message.utf8.count <= 1_000)
        }
    }

    /// Nil for what says nothing about a person: lists and marks. The message id is the sender's own and may come back.
    private static func planted(_ value: JSONValue, _ plant: String) -> JSONValue? {
        switch value.content {
        case .string(let text) where text == "m-1": nil
        case .string(let text) where text.contains("_") && text == text.uppercased(): nil
        case .string: .string(plant)
        case .number: .number(987_654_321)
        default: nil
        }
    }

    private static func map(_ value: JSONValue, _ path: String = "", _ change: (String, JSONValue) -> JSONValue?) -> JSONValue {
        switch value.content {
        case .object(let members):
            JSONValue(.object(members.map { JSONValue.Member($0.name, map($0.value, "\(path).\($0.name)", change)) }))
        case .array(let values):
            .array(values.enumerated().map { map($1, "\(path)[\($0)]", change) })
        default: change(path, value) ?? value
        }
    }
}
