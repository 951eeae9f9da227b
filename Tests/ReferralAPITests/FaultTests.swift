import CReferralMessages
import NIOCore
import Protobuf
import Referral
import Testing

@testable import ReferralAPI

@Suite struct FaultTests {
    @Test func theUnchangedMessageHasNone() throws {
        #expect(faults(try packedSubmission()) == [])
    }

    @Test(arguments: badMessages)
    func everyRuleIsNamed(_ bad: BadMessage) throws {
        let message = try packedSubmission { message, arena in
            if let referral = message.pointee.referral { bad.change(message, referral, arena) }
        }
        #expect(faults(message) == bad.faults)
    }

    @Test func allFaultsComeAtOnceInTheOrderOfTheFields() throws {
        let message = try packedSubmission { message, arena in
            guard let referral = message.pointee.referral else { return }
            message.pointee.message_id = arena.string("")
            referral.pointee.person.pointee.name = arena.string(" \u{7}")
            referral.pointee.role = .init(rawValue: 0)
            referral.pointee.contacts[1]?.pointee.phone = arena.string("1")
            referral.pointee.contacts[1]?.pointee.holder = .init(rawValue: 0)
            referral.pointee.event.pointee.date = arena.string("x")
            referral.pointee.mediation.pointee.offenders[0]?.pointee.age = 200
            referral.pointee.consent.pointee.support = 0
        }
        #expect(
            faults(message).map(\.path) == [
                "message_id", "referral.person.name", "referral.person.name", "referral.role", "referral.contacts[1].phone",
                "referral.contacts[1].holder", "referral.event.date", "referral.mediation.offenders[0].age", "referral.consent.support",
            ])
    }

    @Test func anEmptyMessageSaysWhatIsNeeded() throws {
        #expect(faults(ByteBuffer()).map(\.description) == ["message_id: is required", "referral: is required"])
        let paths = faults(
            try pack(Submission.wireType) { message, arena in
                message.pointee.referral = arena.make(ReferralContent.wireType)
            }
        ).map(\.path)
        #expect(
            paths == [
                "message_id", "referral.role", "referral.consent", "referral.legal_basis", "referral.protected_identity", "referral.event",
                "referral.services",
            ])
    }

    @Test func noMoreFaultsThanTheLimit() throws {
        let message = try packedSubmission { message, arena in
            guard let mediation = message.pointee.referral.pointee.mediation, let offender = mediation.pointee.offenders[0] else { return }
            offender.pointee.age = 999
            offender.pointee.phone = arena.string("x")
            offender.pointee.admitted = .init(rawValue: 77)
            offender.pointee.name = arena.string(" ")
            let offenders = Array(repeating: Optional(offender), count: 20)
            (mediation.pointee.n_offenders, mediation.pointee.offenders) = arena.array(offenders)
        }
        let found = faults(message)
        #expect(found.count == Faults.limit)
        #expect(Faults(found).description.hasPrefix("at least 64 faults: "))
    }

    @Test(arguments: [[0xC3], [0xFF], [0xED, 0xA0, 0x80], [0x00], [0xF8, 0x88, 0x80, 0x80, 0x80]] as [[UInt8]])
    func badBytesInTextsAreFaultsOfTheField(_ bytes: [UInt8]) throws {
        let marker = Array(repeating: UInt8(ascii: "#"), count: bytes.count)
        let message = try packedSubmission { message, arena in
            message.pointee.referral.pointee.person.pointee.name = arena.string("a" + String(decoding: marker, as: UTF8.self) + "b")
        }
        let found = faults(replace(marker, in: message, with: bytes))
        #expect(found.map(\.path) == ["referral.person.name"])
    }

    @Test func testDataIsRefusedWhereItIsNotTaken() throws {
        let production = ReferralDecoder(digestKey: [1], acceptsTestData: false)
        #expect(
            faults(try packedSubmission(), decoder: production)
                == [Fault(path: "referral.test", rule: "must be false: this exchange takes no test data")])
        var real = fullContent
        real.isTest = false
        #expect(faults(try packedSubmission(real), decoder: production) == [])
    }

    @Test func anOversizedMessageIsNotLookedAt() throws {
        var message = try packedSubmission()
        // An unknown field, which would otherwise be kept.
        message.writeBytes([0xFA, 0x07, 0x80, 0x80, 0x10])
        message.writeRepeatingByte(0, count: 262_144)
        #expect(faults(message).map(\.description) == ["must not be longer than 262144 bytes"])
    }

    @Test func theLongestContentThatPassesFits() throws {
        var content = fullContent
        let wide = "😟"
        content.person.name = String(repeating: wide, count: 200)
        content.freeText = String(repeating: wide, count: 10_000)
        let contact = Contact(
            phone: "+123456789012345", email: String(repeating: "a", count: 64) + "@" + String(repeating: "b", count: 63) + ".se",
            postalAddress: String(repeating: wide, count: 500), holder: .other, holderName: String(repeating: wide, count: 200),
            safeHours: String(repeating: wide, count: 500), mayAnswer: String(repeating: wide, count: 500))
        content.contacts = Array(repeating: contact, count: 5)
        content.mediation?.offenders = Array(
            repeating: Offender(name: String(repeating: wide, count: 200), residence: fullContent.residence), count: 20)
        let message = try packedSubmission(content)
        #expect(try decoder.submitRequest(message, today: today).content == content)
    }

    @Test func theLimitsThemselvesPass() throws {
        for (change, name) in [
            ({ $0.person.age = 130 }, "age 130"),
            ({ $0.event.crimeCodeYear = 2027 }, "next year's code"),
            ({ $0.event.crimeCodeYear = 1960 }, "the first code"),
            ({ $0.event.date = today }, "today"),
            ({ $0.consent.askedOn = today }, "asked today"),
            ({ $0.contacts[1].phone = "+1234567" }, "short phone"),
            ({ $0.contacts[1].phone = "+123456789012345" }, "long phone"),
            ({ $0.contacts[1].email = "o'brien@räksmörgås.se" }, "unicode domain"),
            ({ $0.freeText = "a\r\n\tb" }, "line ends"),
            (
                {
                    $0.protectedIdentity = .assumedIdentity; $0.contacts = []
                }, "protected, no contact"
            ),
            (
                {
                    $0.consent = Consent(status: .notAsked); $0.contacts = []
                }, "not asked, no contact"
            ),
            ({ $0.person = Person() }, "anonymous"),
        ] as [((inout ReferralContent) -> Void, String)] {
            var content = fullContent
            change(&content)
            #expect(faults(try packedSubmission(content)) == [], "\(name)")
        }
    }

    @Test func previewsAreCheckedTheSame() throws {
        let message = try pack(PreviewRequest.wireType) { message, arena in
            PreviewRequest(content: fullContent, asOf: nil).write(to: message, in: arena)
            message.pointee.referral.pointee.role = .init(rawValue: 0)
            message.pointee.as_of = arena.string("2026-13-01")
            message.pointee.why_not = arena.string("no space")
        }
        do throws(Faults) {
            _ = try decoder.previewRequest(message, today: today)
            Issue.record("faults were not found")
        } catch {
            #expect(error.faults.map(\.path) == ["referral.role", "as_of", "why_not"])
        }
    }
}

/// The message with every occurrence of `old` replaced by as many other bytes.
func replace(_ old: [UInt8], in message: ByteBuffer, with new: [UInt8]) -> ByteBuffer {
    var bytes = Array(message.readableBytesView)
    var index = 0
    while index + old.count <= bytes.count {
        if Array(bytes[index..<(index + old.count)]) == old { bytes.replaceSubrange(index..<(index + old.count), with: new) }
        index += 1
    }
    return ByteBuffer(bytes: bytes)
}
