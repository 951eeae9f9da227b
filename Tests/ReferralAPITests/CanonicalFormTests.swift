import NIOCore
import Referral
import SeededRandom
import Testing

@testable import ReferralAPI

@Suite struct CanonicalFormTests {
    @Test func theOrderOfTheFieldsDoesNotMatter() throws {
        let expected = try decoder.submitRequest(packedSubmission(), today: today)
        var random = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let referral = shuffled(try fullContent.packed(), &random)
            var message = ByteBuffer()
            message.writeBytes([0x12] + varint(referral.count) + referral)
            message.writeBytes([0x0A, 3] + Array("m-1".utf8))
            let request = try decoder.submitRequest(message, today: today)
            #expect(request == expected)
        }
    }

    @Test func defaultsThatAreWrittenOutDoNotMatter() throws {
        var content = fullContent
        content.interpreterNeeded = false
        let referral = try content.packed() + [0x50, 0x00]
        let message = ByteBuffer(bytes: [0x0A, 3] + Array("m-1".utf8) + [0x12] + varint(referral.count) + referral)
        #expect(try decoder.submitRequest(message, today: today).canonical == content.packed())
    }

    @Test func fieldsOfANewerContractCount() throws {
        func digest(_ extra: [UInt8]) throws -> ContentDigest {
            let referral = try fullContent.packed() + extra
            let message = ByteBuffer(bytes: [0x0A, 3] + Array("m-1".utf8) + [0x12] + varint(referral.count) + referral)
            return try decoder.submitRequest(message, today: today).digest
        }
        #expect(Set([try digest([]), try digest([0xF8, 0x07, 1]), try digest([0xF8, 0x07, 2])]).count == 3)
    }

    @Test func everyChangeOfAFieldIsAnotherDigest() throws {
        let changes: [(inout ReferralContent) -> Void] = [
            { $0.person.name = "Åsa Oberg" }, { $0.person.name = nil }, { $0.person.personalNumber = nil },
            { $0.person.personalNumber = "19811218-9876" }, { $0.person.birthDate = nil }, { $0.person.age = 43 }, { $0.person.age = nil },
            { $0.person.sex = .other }, { $0.role = .victim }, { $0.relatedVictim = nil }, { $0.relatedVictim?.birthDate = nil },
            { $0.relatedVictim?.age = 17 }, { $0.residence = nil }, { $0.residence = Area(municipality: "0180") }, { $0.stay = $0.scene },
            { $0.scene = nil }, { $0.contacts.reverse() }, { $0.contacts[0].phone = "+46701234568" },
            { $0.contacts[0].email = "asa.oberg+y@exempel.se" }, { $0.contacts[0].postalAddress = nil },
            { $0.contacts[0].holder = .guardian },
            { $0.contacts[0].holderName = nil }, { $0.contacts[0].noVoicemail = false }, { $0.contacts[0].noSMS = false },
            { $0.contacts[0].notAtHome = false }, { $0.contacts[0].safeHours = nil }, { $0.contacts[0].mayAnswer = nil },
            { $0.consent.status = .guardianYes }, { $0.consent.coversOutcome = false }, { $0.consent.askedOn = nil },
            {
                $0.consent.status = .no; $0.consent.coversSupport = false
            },
            {
                $0.consent.status = .no; $0.consent.coversMediation = false
            },
            { $0.legalBasis = .ownRequest }, { $0.protectedIdentity = .unknown }, { $0.language = "ar" }, { $0.interpreterNeeded = false },
            { $0.event.category = .threat }, { $0.event.crimeCode = "9402" }, { $0.event.crimeCodeYear = 2025 }, { $0.event.date = nil },
            { $0.event.policeReference = "K771533-26" }, { $0.event.reported = .no }, { $0.event.exploitedForPayment = false },
            { $0.services.reverse() },
            {
                $0.services = [.support]; $0.mediation = nil
            }, { $0.mediation?.offenders[0].name = nil },
            { $0.mediation?.offenders[0].personalNumber = nil }, { $0.mediation?.offenders[0].birthDate = nil },
            { $0.mediation?.offenders[0].age = 15 }, { $0.mediation?.offenders[0].residence = nil },
            { $0.mediation?.offenders[0].phone = nil }, { $0.mediation?.offenders[0].admitted = .no },
            { $0.mediation?.offenders[0].takesPart = .yes }, { $0.mediation?.offenders.append(Offender()) },
            { $0.mediation?.investigation = .none }, { $0.mediation?.leaderConsulted = .no }, { $0.mediation?.personTakesPart = .yes },
            { $0.mediation?.suitable = .no }, { $0.conflictGroup = nil }, { $0.freeText = ($0.freeText ?? "") + " " },
            { $0.isTest = false },
        ]
        var digests: Set = [try decoder.submitRequest(packedSubmission(), today: today).digest]
        for change in changes {
            var content = fullContent
            change(&content)
            digests.insert(try decoder.submitRequest(packedSubmission(content), today: today).digest)
        }
        #expect(digests.count == changes.count + 1)
    }

    @Test func theDigestIsOfTheContentUnderTheKey() throws {
        let one = try decoder.submitRequest(packedSubmission(id: "a"), today: today).digest
        #expect(try decoder.submitRequest(packedSubmission(id: "b"), today: today).digest == one)
        let other = ReferralDecoder(digestKey: [UInt8](repeating: 8, count: 32), acceptsTestData: true)
        #expect(try other.submitRequest(packedSubmission(id: "a"), today: today).digest != one)
        #expect(one.description.utf8.count == 64)
    }

    /// The top-level fields in a random order, those of one number in the order they had.
    private func shuffled(_ message: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var fields: [(number: Int, bytes: ArraySlice<UInt8>)] = []
        var index = 0
        func readVarint() -> Int {
            var value = 0
            var shift = 0
            repeat {
                value |= Int(message[index] & 0x7F) << shift
                shift += 7
                index += 1
            } while message[index - 1] >= 0x80
            return value
        }
        while index < message.count {
            let start = index
            let tag = readVarint()
            let value = readVarint()
            if tag & 7 == 2 { index += value }
            fields.append((tag >> 3, message[start..<index]))
        }
        var queues = Dictionary(grouping: fields, by: \.number).mapValues { $0.map(\.bytes) }
        let order = fields.map(\.number).shuffled(using: &random)
        return order.flatMap { number in queues[number]?.removeFirst() ?? [] }
    }
}
