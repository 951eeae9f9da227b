import CReferralMessages
import Digest
import Protobuf
public import Referral

/// What a publication may hold.
private enum Limit {
    static let name = 200
    static let reason = 500
    static let finding = 500
    static let findings = 1_000
}

extension VersionKind: WireEnumeration {
    static let numbering = WireNumbering<VersionKind>(lots__v1__version_kind__descriptor)

    var wire: Lots__V1__VersionKind {
        switch self {
        case .ruleSet: LOTS__V1__VERSION_KIND__VERSION_KIND_RULE_SET
        case .directory: LOTS__V1__VERSION_KIND__VERSION_KIND_DIRECTORY
        }
    }
}

extension PublicationContent {
    /// SHA-256 over the texts in their order, each with its length in bytes as eight bytes, big-endian, in front.
    public var digest: Referral.ContentDigest {
        var bytes: [UInt8] = []
        for text in texts {
            withUnsafeBytes(of: UInt64(text.text.utf8.count).bigEndian) { bytes += $0 }
            bytes += text.text.utf8
        }
        let digits = bytes.withUnsafeBytes { Digest.ContentDigest.sha256($0) }.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return Referral.ContentDigest(hexadecimal: digits.joined())
    }
}

// MARK: Requests

extension ListVersionsRequest: WireMessage {
    static let wireType = MessageType(lots__v1__list_versions_request__init)

    init?(_ message: UnsafePointer<Lots__V1__ListVersionsRequest>, _ fields: inout FieldReader) {
        self.init()
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListVersionsRequest>, in arena: Arena) {}
}

extension GetVersionRequest: WireMessage {
    static let wireType = MessageType(lots__v1__get_version_request__init)

    init?(_ message: UnsafePointer<Lots__V1__GetVersionRequest>, _ fields: inout FieldReader) {
        let kind: VersionKind? = fields.member(message.pointee.kind, "kind")
        let number = fields.versionNumber(message.pointee.number)
        guard let kind, let number else { return nil }
        self.init(kind: kind, number: number)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__GetVersionRequest>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.number = UInt32(clamping: number)
    }
}

extension PublishRuleSetRequest: WireMessage {
    static let wireType = MessageType(lots__v1__publish_rule_set_request__init)

    init?(_ message: UnsafePointer<Lots__V1__PublishRuleSetRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let name = fields.requiredText(wire.name, "name", limit: Limit.name)
        let first = fields.requiredDate(wire.valid_from, "valid_from")
        let last = fields.date(FieldReader.said(wire.valid_until), "valid_until")
        let support = fields.file(wire.support, "support")
        let mediation = fields.file(wire.mediation, "mediation")
        let signedOffBy = fields.requiredText(wire.signed_off_by, "signed_off_by", limit: Limit.name)
        let comment = fields.text(FieldReader.said(wire.comment), "comment", limit: Limit.reason, multiline: true)
        let accepted = fields.accepted(wire.n_accepted, wire.accepted)
        guard let name, let first, let support, let mediation, let signedOffBy, let accepted else { return nil }
        let texts = zip(PublicationContent.names(of: .ruleSet), [support, mediation]).map { PublicationContent.Text(name: $0, text: $1) }
        self.init(
            content: PublicationContent(
                kind: .ruleSet, name: name, first: first, last: last, texts: texts, signedOffBy: signedOffBy, comment: comment,
                accepted: accepted))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PublishRuleSetRequest>, in arena: Arena) {
        let texts = content.texts.map(\.text)
        message.pointee.name = arena.string(content.name)
        message.pointee.valid_from = arena.string(content.first?.description)
        message.pointee.valid_until = arena.string(content.last?.description)
        message.pointee.support = arena.string(texts.first)
        message.pointee.mediation = arena.string(texts.dropFirst().first)
        message.pointee.signed_off_by = arena.string(content.signedOffBy)
        message.pointee.comment = arena.string(content.comment)
        (message.pointee.n_accepted, message.pointee.accepted) = arena.findings(content.accepted)
    }
}

extension PublishDirectoryRequest: WireMessage {
    static let wireType = MessageType(lots__v1__publish_directory_request__init)

    init?(_ message: UnsafePointer<Lots__V1__PublishDirectoryRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let name = fields.requiredText(wire.name, "name", limit: Limit.name)
        let first = fields.requiredDate(wire.valid_from, "valid_from")
        let directory = fields.file(wire.directory, "directory")
        let signedOffBy = fields.requiredText(wire.signed_off_by, "signed_off_by", limit: Limit.name)
        let comment = fields.text(FieldReader.said(wire.comment), "comment", limit: Limit.reason, multiline: true)
        let accepted = fields.accepted(wire.n_accepted, wire.accepted)
        guard let name, let first, let directory, let signedOffBy, let accepted else { return nil }
        let texts = PublicationContent.names(of: .directory).map { PublicationContent.Text(name: $0, text: directory) }
        self.init(
            content: PublicationContent(
                kind: .directory, name: name, first: first, texts: texts, signedOffBy: signedOffBy, comment: comment, accepted: accepted))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PublishDirectoryRequest>, in arena: Arena) {
        message.pointee.name = arena.string(content.name)
        message.pointee.valid_from = arena.string(content.first?.description)
        message.pointee.directory = arena.string(content.texts.first?.text)
        message.pointee.signed_off_by = arena.string(content.signedOffBy)
        message.pointee.comment = arena.string(content.comment)
        (message.pointee.n_accepted, message.pointee.accepted) = arena.findings(content.accepted)
    }
}

extension RollbackRequest: WireMessage {
    static let wireType = MessageType(lots__v1__rollback_request__init)

    init?(_ message: UnsafePointer<Lots__V1__RollbackRequest>, _ fields: inout FieldReader) {
        let kind: VersionKind? = fields.member(message.pointee.kind, "kind")
        let number = fields.versionNumber(message.pointee.number)
        let reason = fields.requiredText(message.pointee.reason, "reason", limit: Limit.reason, multiline: true)
        guard let kind, let number, let reason else { return nil }
        self.init(kind: kind, number: number, reason: reason)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__RollbackRequest>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.number = UInt32(clamping: number)
        message.pointee.reason = arena.string(reason)
    }
}

// MARK: Answers

extension ListVersionsResponse: WireMessage {
    static let wireType = MessageType(lots__v1__list_versions_response__init)

    init?(_ message: UnsafePointer<Lots__V1__ListVersionsResponse>, _ fields: inout FieldReader) {
        let versions = fields.elements("versions", message.pointee.n_versions, message.pointee.versions) { VersionSummary($0, &$1) }
        guard let versions else { return nil }
        self.init(versions: versions)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListVersionsResponse>, in arena: Arena) {
        (message.pointee.n_versions, message.pointee.versions) = arena.array(VersionSummary.wireType, of: versions) {
            $1.write(to: $0, in: arena)
        }
    }
}

extension VersionTexts: WireMessage {
    static let wireType = MessageType(lots__v1__version_texts__init)

    init?(_ message: UnsafePointer<Lots__V1__VersionTexts>, _ fields: inout FieldReader) {
        let version = fields.required("version", message.pointee.version) { VersionSummary($0, &$1) }
        let texts = fields.elements("texts", message.pointee.n_texts, message.pointee.texts) { text, _ in
            PublicationContent.Text(name: FieldReader.plain(text.pointee.name) ?? "", text: FieldReader.plain(text.pointee.text) ?? "")
        }
        guard let version, let texts else { return nil }
        self.init(version: version, texts: texts)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__VersionTexts>, in arena: Arena) {
        message.pointee.version = arena.make(VersionSummary.wireType)
        version.write(to: message.pointee.version, in: arena)
        (message.pointee.n_texts, message.pointee.texts) = arena.array(textType, of: texts) { message, text in
            message.pointee.name = arena.string(text.name)
            message.pointee.text = arena.string(text.text)
        }
    }
}

extension VersionSummary: WireMessage {
    static let wireType = MessageType(lots__v1__version__init)

    init?(_ message: UnsafePointer<Lots__V1__Version>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let kind: VersionKind? = fields.member(wire.kind, "kind")
        let number = fields.versionNumber(wire.number)
        let first = fields.date(FieldReader.said(wire.valid_from), "valid_from")
        let last = fields.date(FieldReader.said(wire.valid_until), "valid_until")
        let inForce = fields.elements("in_force", wire.n_in_force, wire.in_force) { days, fields in
            DatePeriod(
                first: fields.date(FieldReader.said(days.pointee.first), "first"),
                last: fields.date(FieldReader.said(days.pointee.last), "last"))
        }
        let publishedAt = fields.instant(wire.published_at, "published_at")
        let publishedBy = fields.participant(wire.published_by, "published_by")
        let accepted = fields.accepted(wire.n_accepted, wire.accepted)
        var rollback: Rollback?
        if wire.rollback != nil {
            rollback = fields.within("rollback", wire.rollback) { rollback, fields in
                let by = fields.participant(rollback.pointee.by, "by")
                return fields.instant(rollback.pointee.at, "at").map {
                    Rollback(at: $0, by: by, reason: FieldReader.plain(rollback.pointee.reason) ?? "")
                }
            }
        }
        guard let kind, let number, let inForce, let publishedAt, let accepted else { return nil }
        self.init(
            kind: kind, number: number, name: FieldReader.plain(wire.name) ?? "", validity: DatePeriod(first: first, last: last),
            inForce: inForce, digest: Referral.ContentDigest(hexadecimal: FieldReader.plain(wire.digest) ?? ""), publishedAt: publishedAt,
            publishedBy: publishedBy, signedOffBy: FieldReader.plain(wire.signed_off_by) ?? "", comment: FieldReader.plain(wire.comment),
            accepted: accepted, rollback: rollback)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Version>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.number = UInt32(clamping: number)
        message.pointee.name = arena.string(name)
        message.pointee.valid_from = arena.string(validity.first?.description)
        message.pointee.valid_until = arena.string(validity.last?.description)
        (message.pointee.n_in_force, message.pointee.in_force) = arena.array(daysType, of: inForce) { message, period in
            message.pointee.first = arena.string(period.first?.description)
            message.pointee.last = arena.string(period.last?.description)
        }
        message.pointee.digest = arena.string(digest.description)
        message.pointee.published_at = arena.make(publishedAt)
        message.pointee.published_by = arena.string(publishedBy?.description)
        message.pointee.signed_off_by = arena.string(signedOffBy)
        message.pointee.comment = arena.string(comment)
        (message.pointee.n_accepted, message.pointee.accepted) = arena.findings(accepted)
        if let rollback {
            message.pointee.rollback = arena.make(rollbackType)
            message.pointee.rollback.pointee.at = arena.make(rollback.at)
            message.pointee.rollback.pointee.by = arena.string(rollback.by?.description)
            message.pointee.rollback.pointee.reason = arena.string(rollback.reason)
        }
    }
}

private let textType = MessageType(lots__v1__named_text__init)
private let daysType = MessageType(lots__v1__days__init)
private let rollbackType = MessageType(lots__v1__version_rollback__init)
private let findingType = MessageType(lots__v1__accepted_finding__init)

extension Arena {
    fileprivate func findings(
        _ findings: [AcceptedFinding]
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__AcceptedFinding>?>?) {
        array(findingType, of: findings) { message, finding in
            message.pointee.finding = string(finding.finding)
            message.pointee.by = string(finding.by)
            message.pointee.reason = string(finding.reason)
        }
    }
}

extension FieldReader {
    fileprivate mutating func versionNumber(_ number: UInt32) -> Int? {
        guard (1...1_000_000).contains(number) else {
            faults.note("number", "must be 1 to 1000000")
            return nil
        }
        return Int(number)
    }

    /// A file, kept byte for byte. What is in it is checked by those who understand it.
    fileprivate mutating func file(_ text: CText?, _ field: StaticString) -> String? {
        guard let text = Self.said(text) else {
            faults.note(field, "is required")
            return nil
        }
        let bytes = Self.bytes(text)
        guard bytes.count <= PublicationContent.textLimit else {
            faults.note(field, "must not be larger than \(PublicationContent.textLimit) bytes")
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    fileprivate mutating func accepted(
        _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__AcceptedFinding>?>?
    ) -> [AcceptedFinding]? {
        guard count <= Limit.findings else {
            faults.note("accepted", "must not have more than \(Limit.findings) findings")
            return nil
        }
        return elements("accepted", count, messages) { message, fields in
            let finding = fields.requiredText(message.pointee.finding, "finding", limit: Limit.finding)
            let by = fields.requiredText(message.pointee.by, "by", limit: Limit.name)
            let reason = fields.requiredText(message.pointee.reason, "reason", limit: Limit.reason, multiline: true)
            guard let finding, let by, let reason else { return nil }
            return AcceptedFinding(finding: finding, by: by, reason: reason)
        }
    }
}
