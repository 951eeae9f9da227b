import Foundation
import NIOCore
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// Invented referrals, by where the example's rules send them.
enum Sample {
    /// The telephone series and the personal numbers are kept for fiction and tests.
    static let phone = "+46701740605"

    /// An adult in Hässelby-Vällingby: Brottsofferjouren Västerort, and nobody else serves there.
    static func adult(in area: Area = Area(municipality: "0180", district: "hasselby-vallingby"), age: Int = 41) -> ReferralContent {
        ReferralContent(
            person: Person(name: "Exempla Påhittad", age: age, sex: .female), role: .victim, residence: area,
            contacts: [Contact(phone: phone, holder: .person)], consent: Consent(status: .yes, coversSupport: true),
            legalBasis: .consent, protectedIdentity: .none, language: "sv", event: CrimeEvent(category: .robbery, reported: .yes),
            services: [.support], isTest: true)
    }

    /// A young person in Hässelby-Vällingby: Stödcentrum Västerort, and when they give it back Brottsofferjouren Västerort.
    static func young() -> ReferralContent { adult(age: 17) }

    /// An adult on Lidingö: Brottsofferjouren Stockholm-Gotland, which has two units.
    static func onLidingo() -> ReferralContent { adult(in: Area(municipality: "0186")) }

    static func submission(_ id: String, _ content: ReferralContent = adult()) -> Submission {
        Submission(messageID: MessageID(id), content: content)
    }

    /// The bytes of a `SubmitRequest`.
    static func packed(_ submission: Submission) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        writeField(1, Array(submission.messageID.rawValue.utf8), to: &buffer)
        writeField(2, try submission.content.packed(), to: &buffer)
        return buffer
    }

    /// The message in the form that the command line takes.
    static func json(_ submission: Submission) throws -> String {
        guard let method = MessageCatalogue.contract[.submit] else { throw CallFailure(Status(.unimplemented, "Submit")) }
        return try method.request.json(fromPacked: Array(buffer: packed(submission))).text()
    }

    private static func writeField(_ number: UInt8, _ bytes: [UInt8], to buffer: inout ByteBuffer) {
        buffer.writeInteger(number << 3 | 2)
        var length = bytes.count
        while length > 0x7F {
            buffer.writeInteger(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        buffer.writeInteger(UInt8(length))
        buffer.writeBytes(bytes)
    }
}

/// How a call failed; nil when it went well.
func failure(_ call: () async throws -> Void) async -> Status? {
    do {
        try await call()
        return nil
    } catch let failure as CallFailure {
        return failure.status
    } catch let status as Status {
        return status
    } catch {
        return Status(.unknown, "\(error)")
    }
}
