import CProtobufC
import CReferralMessages
import Digest
public import NIOCore
import Protobuf
public import Referral

/// Reads the messages that carry referrals: every check, the canonical form and its digest.
public struct ReferralDecoder: Sendable {
    /// The longest message that can carry a referral, in bytes. The longest fields that pass the checks need less.
    public static let messageLimit = 262_144

    /// Says nothing of itself: what holds a decoder may be printed, by a log of services for one.
    private struct Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        let bytes: [UInt8]

        var description: String { "secret" }
        var debugDescription: String { description }
        var customMirror: Mirror { Mirror(self, children: []) }
    }

    private let digestKey: Secret
    private let acceptsTestData: Bool

    /// - Parameters:
    ///   - digestKey: the exchange's secret. With another key a repeated message is taken for a different one.
    ///   - acceptsTestData: whether referrals of invented persons pass.
    public init(digestKey: [UInt8], acceptsTestData: Bool) {
        self.digestKey = Secret(bytes: digestKey)
        self.acceptsTestData = acceptsTestData
    }

    /// Reads a packed `lots.v1.SubmitRequest`.
    /// - Parameter today: the day in Sweden.
    /// - Throws: everything that is wrong with the message.
    public func submitRequest(_ message: ByteBuffer, today: CivilDate) throws(Faults) -> SubmitRequest {
        try checkLength(message)
        return try message.withUnsafeBytes { bytes throws(Faults) in
            try unpack(Submission.wireType, bytes, rules(today)) { wire, fields in
                let messageID: MessageID? = fields.requiredIdentifier(FieldReader.said(wire.pointee.message_id), "message_id")
                let content = fields.required("referral", wire.pointee.referral) { ReferralContent($0, &$1) }
                guard fields.faults.isEmpty, let messageID, let content, let referral = wire.pointee.referral else { return nil }
                let canonical = Self.packed(referral)
                return SubmitRequest(messageID: messageID, content: content, canonical: canonical, digest: digest(of: canonical))
            }
        }
    }

    /// Reads a packed `lots.v1.PreviewRequest`.
    /// - Parameter today: the day in Sweden.
    /// - Throws: everything that is wrong with the message.
    public func previewRequest(_ message: ByteBuffer, today: CivilDate) throws(Faults) -> PreviewRequest {
        try checkLength(message)
        return try PreviewRequest(unpacking: message, rules(today))
    }

    /// Reads what `SubmitRequest.canonical` has been stored as. Rules that may have changed since, or that time has overtaken, are not
    /// checked again.
    /// - Parameter received: the day in Sweden on which the referral arrived; it decides the century of short personal numbers.
    /// - Throws: what is wrong with the bytes: they are not what was stored.
    public func content(stored canonical: [UInt8], received: CivilDate) throws(Faults) -> ReferralContent {
        let result: Result<ReferralContent, Faults> = canonical.withUnsafeBytes { bytes in
            do throws(Faults) {
                return .success(try unpack(ReferralContent.wireType, bytes, .stored(received: received)) { ReferralContent($0, &$1) })
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The id of a submission that could not be read as a whole, if that much of it can.
    func messageID(in message: ByteBuffer) -> MessageID? {
        // Any message whose field 1 is a text and that has no other fields: everything else is passed over unread.
        let id = try? message.withUnsafeBytes { bytes throws(Faults) in
            try unpack(AcknowledgeRequest.wireType, bytes, .shown) { AcknowledgeRequest($0, &$1) }
        }
        return id.map { MessageID(rawValue: $0.assignmentID.rawValue) }
    }

    private func rules(_ today: CivilDate) -> ReadingRules {
        .submission(today: today, acceptsTestData: acceptsTestData)
    }

    private func checkLength(_ message: ByteBuffer) throws(Faults) {
        guard message.readableBytes > Self.messageLimit else { return }
        throw Faults([Fault(path: "", rule: "must not be longer than \(Self.messageLimit) bytes")])
    }

    private static func packed(_ referral: UnsafePointer<Lots__V1__Referral>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: lots__v1__referral__get_packed_size(referral)) { memory, count in
            count = lots__v1__referral__pack(referral, memory.baseAddress)
        }
    }

    /// The facts of a content, with the keyed digest of its conflict group.
    /// - Parameter received: the day in Sweden on which the referral was received.
    public func facts(_ content: ReferralContent, received: CivilDate) -> CaseFacts {
        // No packed referral begins with this byte, so that no content has the digest of a group.
        CaseFacts(
            content, received: received, conflictMark: content.conflictGroup.map { digest(of: [0xFF] + Array($0.utf8)) })
    }

    /// Of ways to reach a person, under the exchange's key.
    /// - Throws: when a text has a NUL.
    public func digest(of contacts: [Contact]) throws -> Referral.ContentDigest {
        let packed = try pack(MessageType(lots__v1__amend_request__init)) { message, arena in
            (message.pointee.n_contacts, message.pointee.contacts) = ReferralContent.messages(of: contacts, in: arena)
        }
        return digest(of: Array(packed.readableBytesView))
    }

    private func digest(of canonical: [UInt8]) -> Referral.ContentDigest {
        let digest = canonical.withUnsafeBytes { Digest.ContentDigest.hmacSHA256(key: digestKey.bytes, $0) }
        return Referral.ContentDigest(
            hexadecimal: String(unsafeUninitializedCapacity: digest.count * 2) { characters in
                for (index, byte) in digest.enumerated() {
                    characters[2 * index] = Self.hexadecimal(byte >> 4)
                    characters[2 * index + 1] = Self.hexadecimal(byte & 0xF)
                }
                return digest.count * 2
            })
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

extension ReferralContent {
    /// The content as a packed `lots.v1.Referral`: the bytes that `SubmitRequest.canonical` has when these fields arrive.
    /// - Throws: when a text has a NUL.
    public func packed() throws -> [UInt8] {
        Array(try pack(Self.wireType, write).readableBytesView)
    }
}
