import Foundation
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct JSONWriterTests {
    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(JSONWriter.text(value).utf8))
    }

    @Test(arguments: [UInt64](1...3)) func whatIsWrittenIsReadByFoundation(seed: UInt64) throws {
        var lives = LifeCycles(seed: seed)
        for _ in 0..<200 {
            let events = try lives.next().events
            #expect(try roundTrip(events) == events)
        }
    }

    @Test func theTextIsCompactAndInOrder() throws {
        #expect(
            try JSONWriter.text([ReferralEvent.offered(AssignmentID("a/b"), to: OrganisationID("c"))])
                == #"[{"offered":{"_0":"a/b","to":"c"}}]"#)
        #expect(
            try JSONWriter.text([ReferralEvent.leaseExpired(AssignmentID("a")), .refused(.consentRefused)])
                == #"[{"leaseExpired":{"_0":"a"}},{"refused":{"_0":"consent-refused"}}]"#)
    }

    @Test func everyCharacterSurvives() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap(Unicode.Scalar.init))) + "\u{2028}\u{FEFF}\u{1F6A8}e\u{301}"
        let back = try roundTrip([text: [text]])
        #expect(back == [text: [text]])
        #expect(back.keys.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
        #expect(try JSONWriter.text("\u{0}\u{1F}\"\\é") == #""\u0000\u001f\"\\é""#)
    }

    private struct Empty: Codable, Hashable {}

    private struct Everything: Codable, Hashable {
        var bools = [true, false]
        var integers: [Int64] = [.min, 0, .max]
        var unsigned: UInt64 = .max
        var small: [Int8] = [.min, .max]
        var double = -1.5e-300
        var float: Float = 0.1
        var none: Int?
        var nested: [[Int?]] = [[], [1, nil], [2]]
        var dictionary = ["a": ["b": [Empty(), Empty()]], "": [:]]
        var empty = Empty()
        var last = "last"
    }

    @Test func everyKindOfValueSurvives() throws {
        #expect(try roundTrip(Everything()) == Everything())
        #expect(try roundTrip([Everything(), Everything()]) == [Everything(), Everything()])
        #expect(try roundTrip([String: Int]()) == [:])
        #expect(try roundTrip([Int]()) == [])
    }

    private class Parent: Codable {
        var name = "parent"
    }

    private class Child: Parent {
        var age = 0

        init(age: Int) {
            self.age = age
            super.init()
        }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            age = try container.decode(Int.self, forKey: .age)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try super.encode(to: container.superEncoder())
            try container.encode(age, forKey: .age)
        }

        enum Key: CodingKey { case age }
    }

    @Test func aContainerGoesOnAfterItsParts() throws {
        #expect(try JSONWriter.text([Child(age: 7)]) == #"[{"super":{"name":"parent"},"age":7}]"#)
        #expect(try roundTrip(Child(age: 7)).age == 7)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func aNumberThatJSONLacksIsAnError(number: Double) {
        #expect(throws: EncodingError.self) { try JSONWriter.text([number]) }
        #expect(throws: EncodingError.self) { try JSONWriter.text([Float(number)]) }
    }
}
