import CReferralMessages
import Foundation
import Referral

/// How strictly a message is read.
struct ReadingRules {
    /// Days after it are faults, and it decides the century of short personal numbers. Nil: not checked, and a personal number is taken
    /// as it is.
    var today: CivilDate?
    /// Rules about several fields together, ages and the test mark: what is checked once, when a referral arrives.
    var isSubmission = false
    var acceptsTestData = true

    static func submission(today: CivilDate, acceptsTestData: Bool) -> ReadingRules {
        ReadingRules(today: today, isSubmission: true, acceptsTestData: acceptsTestData)
    }

    /// What has been checked before and may have become old.
    static func stored(received: CivilDate) -> ReadingRules { ReadingRules(today: received) }

    /// What the exchange has sent, fields withheld.
    static let shown = ReadingRules()
}

/// Reads the fields of a decoded message into domain values and gathers every fault on the way.
///
/// A function that reads a field returns nil when the field is absent or has a fault; the fault is noted then. Strings are valid
/// UTF-8 without NUL, as decoding promises.
struct FieldReader {
    typealias CText = UnsafePointer<CChar>

    let rules: ReadingRules
    var faults = FaultCollector()

    init(_ rules: ReadingRules) {
        self.rules = rules
    }

    /// Reads a part of the message; its faults get `name` in front.
    mutating func within<R>(_ name: StaticString, index: Int? = nil, _ body: (inout FieldReader) -> R) -> R {
        faults.enter(name, index: index)
        defer { faults.leave() }
        return body(&self)
    }

    /// Reads a part that may be missing.
    mutating func within<Message, R>(
        _ name: StaticString, _ message: UnsafeMutablePointer<Message>?, _ body: (UnsafePointer<Message>, inout FieldReader) -> R?
    ) -> R? {
        guard let message else { return nil }
        return within(name) { body(UnsafePointer(message), &$0) }
    }

    /// Reads a part that has to be there.
    mutating func required<Message, R>(
        _ name: StaticString, _ message: UnsafeMutablePointer<Message>?, _ body: (UnsafePointer<Message>, inout FieldReader) -> R?
    ) -> R? {
        guard message != nil else {
            faults.note(name, "is required")
            return nil
        }
        return within(name, message, body)
    }

    /// Reads the elements of a repeated message, nil when one of them has a fault.
    mutating func elements<Message, R>(
        _ name: StaticString, _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?,
        _ body: (UnsafePointer<Message>, inout FieldReader) -> R?
    ) -> [R]? {
        guard count > 0, let messages else { return [] }
        var result: [R] = []
        result.reserveCapacity(count)
        var isComplete = true
        for index in 0..<count {
            guard let message = messages[index] else { continue }
            if let value = within(name, index: index, { body(UnsafePointer(message), &$0) }) {
                result.append(value)
            } else {
                isComplete = false
            }
        }
        return isComplete ? result : nil
    }

    // MARK: Controlled lists

    /// A list from which something has to be chosen.
    mutating func member<Value: WireEnumeration>(_ wire: Value.Wire, _ field: StaticString, index: Int? = nil) -> Value? {
        if let member = Value.numbering.member(wire) { return member }
        faults.note(field, index: index, "must be one of \(Value.numbering.names)")
        return nil
    }

    /// A list whose zero means `unsaid`.
    mutating func member<Value: WireEnumeration>(_ wire: Value.Wire, _ field: StaticString, unsaid: Value) -> Value? {
        if let member = Value.numbering.member(wire) { return member }
        if wire.rawValue == 0 { return unsaid }
        faults.note(field, "must be left out or one of \(Value.numbering.names)")
        return nil
    }

    /// A list whose zero means that nothing is said.
    mutating func optionalMember<Value: WireEnumeration>(_ wire: Value.Wire, _ field: StaticString) -> Value? {
        if wire.rawValue == 0 { return nil }
        if let member = Value.numbering.member(wire) { return member }
        faults.note(field, "must be left out or one of \(Value.numbering.names)")
        return nil
    }

    // MARK: Texts

    /// Nil for the empty text: a plain field of the wire cannot say more.
    static func said(_ text: CText?) -> CText? {
        guard let text, text.pointee != 0 else { return nil }
        return text
    }

    /// A text of the exchange's own, taken as it is.
    static func plain(_ text: CText?) -> String? {
        said(text).map { String(cString: $0) }
    }

    static func bytes(_ text: CText) -> UnsafeBufferPointer<UInt8> {
        let count = strlen(text)
        return UnsafeBufferPointer(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// A text for people, kept byte for byte.
    /// - Parameter limit: in Unicode scalars.
    mutating func text(_ text: CText?, _ field: StaticString, limit: Int, multiline: Bool = false) -> String? {
        guard let text else { return nil }
        let bytes = Self.bytes(text)
        let content = TextForm.content(of: bytes, multiline: multiline)
        let before = faults.faults.count
        if !content.isVisible { faults.note(field, "must not be blank") }
        if content.hasControls {
            faults.note(
                field, multiline ? "must not have control characters other than tabs and line ends" : "must not have control characters")
        }
        if content.characters > limit { faults.note(field, "must not have more than \(limit) characters") }
        return faults.faults.count == before ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// A text for people that has to be there.
    mutating func requiredText(
        _ text: CText?, _ field: StaticString, limit: Int, multiline: Bool = false
    ) -> String? {
        guard let text = Self.said(text) else {
            faults.note(field, "is required")
            return nil
        }
        return self.text(text, field, limit: limit, multiline: multiline)
    }

    /// A text with a form of its own.
    mutating func text(
        _ text: CText?, _ field: StaticString, rule: @autoclosure () -> String, form: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> String? {
        guard let text else { return nil }
        let bytes = Self.bytes(text)
        guard form(bytes) else {
            faults.note(field, rule())
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func phone(_ text: CText?) -> String? {
        self.text(
            text, "phone", rule: "must be + and 7 to 15 digits with the country code first (E.164)", form: TextForm.isPhone)
    }

    /// An identifier made by somebody else: compared, never taken apart.
    mutating func identifier(_ text: CText?, _ field: StaticString) -> String? {
        self.text(text, field, rule: "must be 1 to 64 visible ASCII characters") { TextForm.isVisibleASCII($0, limit: 64) }
    }

    /// An identifier that has to be there.
    mutating func requiredIdentifier<ID: Identifier>(_ text: CText?, _ field: StaticString) -> ID? {
        guard let text else {
            faults.note(field, "is required")
            return nil
        }
        return identifier(text, field).map { ID(rawValue: $0) }
    }

    /// `organisation/unit`; nil for nobody.
    mutating func participant(_ text: CText?, _ field: StaticString) -> Participant? {
        Self.said(text) == nil ? nil : requiredParticipant(text, field)
    }

    /// `organisation/unit`
    mutating func requiredParticipant(_ text: CText?, _ field: StaticString) -> Participant? {
        let parts = (Self.plain(text) ?? "").split(separator: "/", maxSplits: 1)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count <= 64 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            faults.note(field, "must be organisation/unit")
            return nil
        }
        return Participant(organisation: OrganisationID(String(parts[0])), unit: UnitID(String(parts[1])))
    }

    // MARK: Counts

    /// The version of a case or a referral that the caller has seen; nil: whatever it is.
    mutating func expectedVersion(_ version: UInt64) -> Int? {
        version == 0 ? nil : count(version, "expected_version")
    }

    /// What other languages may count further than this one.
    mutating func count<Number: FixedWidthInteger>(_ number: UInt64, _ field: StaticString) -> Number? {
        if let count = Number(exactly: number) { return count }
        faults.note(field, "must not be more than \(Number.max)")
        return nil
    }

    // MARK: Days, ages, moments

    /// A day that has to be there.
    mutating func requiredDate(_ text: CText?, _ field: StaticString) -> CivilDate? {
        guard let text = Self.said(text) else {
            faults.note(field, "is required")
            return nil
        }
        return date(text, field)
    }

    /// A day that has been: not after today.
    mutating func pastDate(_ text: CText?, _ field: StaticString) -> CivilDate? {
        guard let date = date(text, field) else { return nil }
        if let today = rules.today, rules.isSubmission, date > today {
            faults.note(field, "must not lie in the future")
            return nil
        }
        return date
    }

    mutating func date(_ text: CText?, _ field: StaticString) -> CivilDate? {
        guard let text else { return nil }
        if let date = CivilDate(String(cString: text)) { return date }
        faults.note(field, "must be a day that exists, YYYY-MM-DD")
        return nil
    }

    static let oldestAge = 130

    mutating func age(_ age: UInt32?) -> Int? {
        guard let age else { return nil }
        guard age <= Self.oldestAge else {
            faults.note("age", "must not be more than \(Self.oldestAge)")
            return nil
        }
        return Int(age)
    }

    /// A birth date that a living person can have.
    mutating func birthDate(_ text: CText?) -> CivilDate? {
        pastDate(text, "birth_date").flatMap { isPlausible($0, "birth_date") ? $0 : nil }
    }

    private mutating func isPlausible(_ birthDate: CivilDate, _ field: StaticString) -> Bool {
        guard let today = rules.today, rules.isSubmission, birthDate.completedYears(on: today) > Self.oldestAge else { return true }
        faults.note(field, "must not be more than \(Self.oldestAge) years ago")
        return false
    }

    /// A personal number and the birth date that goes with it, which may also be given on its own.
    mutating func identity(number: CText?, birthDate: CText?) -> (number: String?, birthDate: CivilDate?) {
        let stated = self.birthDate(birthDate)
        guard let number else { return (nil, stated) }
        let text = String(cString: number)
        guard let today = rules.today else { return (text, stated) }
        do throws(PersonalNumber.Fault) {
            let parsed = try PersonalNumber(reading: text, today: today)
            guard isPlausible(parsed.birthDate, "personal_number") else { return (nil, stated) }
            if let stated, stated != parsed.birthDate {
                guard rules.isSubmission else { return (text, stated) }
                faults.note("birth_date", "must be the day in personal_number when both are given")
            }
            return (text, parsed.birthDate)
        } catch {
            switch error {
            case .form: faults.note("personal_number", "must be YYYYMMDDNNNC, YYMMDD-NNNC or, from the year of turning 100, YYMMDD+NNNC")
            case .checkDigit: faults.note("personal_number", "must end with the right check digit")
            case .day: faults.note("personal_number", "must begin with a day that exists and does not lie in the future")
            }
            return (nil, stated)
        }
    }

    mutating func instant(_ timestamp: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ field: StaticString) -> Instant? {
        guard let timestamp else {
            faults.note(field, "is required")
            return nil
        }
        guard let instant = Instant(timestamp.pointee) else {
            faults.note(field, "must be a moment from year 1 to 9999")
            return nil
        }
        return instant
    }

    /// A moment that may be missing.
    mutating func optionalInstant(
        _ timestamp: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ field: StaticString
    ) -> Instant? {
        timestamp == nil ? nil : instant(timestamp, field)
    }
}
