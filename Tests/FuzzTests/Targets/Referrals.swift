import NIOCore
import Referral

@testable import ReferralAPI

extension FuzzTarget {
    /// A submission that is accepted can be read from the store as it was accepted, and sent on as it was stored.
    static let referrals = FuzzTarget(name: "referrals") { bytes in
        let decoder = ReferralDecoder(digestKey: [UInt8](repeating: 7, count: 32), acceptsTestData: true)
        guard let today = CivilDate("2026-03-15") else { return }
        let message = ByteBuffer(bytes: bytes)
        let request: SubmitRequest
        do throws(Faults) {
            request = try decoder.submitRequest(message, today: today)
        } catch {
            return try require(!error.faults.isEmpty, "a refusal says why")
        }
        let stored = try decoder.content(stored: request.canonical, received: today)
        try require(stored == request.content, "what is stored is what was accepted")
        let written = try request.content.packed()
        try require(try decoder.content(stored: written, received: today) == request.content, "content says the same when written again")
        let repeated = try decoder.submitRequest(message, today: today)
        try require(repeated.digest == request.digest && repeated.canonical == request.canonical, "a repeated message has the same digest")
        try require(decoder.messageID(in: message) == request.messageID, "the id of a message is found without reading it")
    }
}
