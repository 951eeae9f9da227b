import CProtobufC

extension AnyMessageType {
    /// Packs a message that is given in proto3 JSON. Field names may be spelled as in canonical JSON or as in the
    /// `.proto`; enums may be names or numbers; numbers may be strings; `null` stands for a field that is not given.
    ///
    /// The bytes are those protobuf-c would pack: fields in the order of their numbers, defaults left out.
    ///
    /// - Throws: `JSONFaults`: everything that is wrong with the value.
    package func packed(fromJSON value: JSONValue, limits: JSONLimits = .default) throws(JSONFaults) -> [UInt8] {
        var packer = JSONPacker(limits)
        let bytes = packer.message(value, descriptor, depth: 0)
        if packer.faults.count > 0 { throw JSONFaults(packer.faults.faults) }
        return bytes
    }

    /// Packs a message that is given as a JSON text in UTF-8.
    ///
    /// - Throws: `JSONFaults`.
    package func packed(fromJSONText text: some Collection<UInt8>, limits: JSONLimits = .default) throws(JSONFaults) -> [UInt8] {
        try packed(fromJSON: JSONValue(parsing: text, limits: limits), limits: limits)
    }
}

/// Reads a message from a JSON text in UTF-8 and lends it to `body`, on the same terms as `withDecoded`.
///
/// - Throws: `JSONFaults`, `DecodeFaults` if the message is past the limits, or what `body` throws.
package func withMessage<Message, R>(
    _ type: MessageType<Message>, fromJSON text: some Collection<UInt8>, limits: JSONLimits = .default,
    _ body: (UnsafePointer<Message>) throws -> R
) throws -> R {
    try withDecoded(type, from: AnyMessageType(type).packed(fromJSONText: text, limits: limits), body)
}

/// Writes JSON values in the wire format by the descriptor of a message, and goes on after a fault to find them all.
private struct JSONPacker {
    private(set) var faults: JSONFaultList
    private var names = FieldNames()

    init(_ limits: JSONLimits) {
        faults = JSONFaultList(limit: limits.faults)
    }

    mutating func message(_ value: JSONValue, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int) -> [UInt8] {
        let names = names[descriptor]
        if let time = names.time { return self.time(time, value) }
        guard depth <= DecodeLimits.default.depth else {
            faults.note(value.position, "is nested deeper than \(DecodeLimits.default.depth) messages")
            return []
        }
        guard case .object(let members) = value.content else {
            faults.note(value.position, "must be an object, not \(value.kind)")
            return []
        }
        let given = self.given(members, descriptor, names)
        var writer = WireWriter()
        for (index, place) in given.enumerated() {
            guard let place, !members[place].value.isNull else { continue }
            let before = faults.count
            field(descriptor.fields[index], members[place].value, &writer, depth: depth)
            if faults.count > before { faults.prefix(from: before, members[place].name) }
        }
        return writer.bytes
    }

    /// By the index of each field: which of the members gives it.
    private mutating func given(
        _ members: [JSONValue.Member], _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ names: FieldNames.Names
    ) -> [Int?] {
        var given = [Int?](repeating: nil, count: descriptor.fields.count)
        var oneofs: [UInt32: String] = [:]
        // Looking for the nearest name is too much work to do for faults that will not be reported.
        for (place, member) in members.enumerated() where !faults.isFull {
            guard let index = names.index[member.name] else {
                let guess = FieldName.nearest(to: member.name, among: names.json).map { "; did you mean \"\($0)\"?" } ?? ""
                let type = String(cString: descriptor.pointee.short_name)
                faults.note(member.position, "\(type) has no field \"\(FieldName.shown(member.name))\"\(guess)")
                continue
            }
            if given[index] != nil { faults.note(member.position, "is given more than once", path: member.name) }
            given[index] = place
            let field = descriptor.fields[index]
            if field.isInOneof, member.value.content != .null,
                let other = oneofs.updateValue(member.name, forKey: field.quantifier_offset), names.index[other] != index
            {
                faults.note(member.position, "cannot be given together with \"\(other)\"", path: member.name)
            }
        }
        return given
    }

    private mutating func field(_ field: ProtobufCFieldDescriptor, _ value: JSONValue, _ writer: inout WireWriter, depth: Int) {
        guard field.label == PROTOBUF_C_LABEL_REPEATED else {
            let isDefaultWritten = field.isInOneof || field.type == PROTOBUF_C_TYPE_MESSAGE
            if field.type == PROTOBUF_C_TYPE_STRING, case .string(let text) = value.content, !text.utf8.contains(0) {
                guard isDefaultWritten || !text.isEmpty else { return }
                writer.tag(field.id, .lengthPrefixed)
                return writer.lengthPrefixed(text.utf8)
            }
            if let element = element(field, value, depth: depth), isDefaultWritten || !element.isDefault {
                writer.tag(field.id, field.type.wireType)
                element.write(to: &writer)
            }
            return
        }
        guard case .array(let values) = value.content else {
            faults.note(value.position, "must be an array, not \(value.kind)")
            return
        }
        var packed = WireWriter()
        for (index, value) in values.enumerated() where !faults.isFull {
            let before = faults.count
            if let element = element(field, value, depth: depth) {
                if !field.isPacked { packed.tag(field.id, field.type.wireType) }
                element.write(to: &packed)
            }
            faults.prefix(from: before, "[\(index)]")
        }
        if field.isPacked, !packed.bytes.isEmpty {
            writer.tag(field.id, .lengthPrefixed)
            writer.lengthPrefixed(packed.bytes)
        } else {
            writer.append(packed.bytes)
        }
    }

    /// A value in one of the four forms of the wire format.
    private enum Element {
        case varint(UInt64), fixed32(UInt32), fixed64(UInt64), bytes([UInt8])

        var isDefault: Bool {
            switch self {
            case .varint(let value), .fixed64(let value): value == 0
            case .fixed32(let value): value == 0
            case .bytes(let content): content.isEmpty
            }
        }

        func write(to writer: inout WireWriter) {
            switch self {
            case .varint(let value): writer.varint(value)
            case .fixed32(let value): writer.fixed(value)
            case .fixed64(let value): writer.fixed(value)
            case .bytes(let content): writer.lengthPrefixed(content)
            }
        }
    }

    /// nil if there was a fault.
    private mutating func element(_ field: ProtobufCFieldDescriptor, _ value: JSONValue, depth: Int) -> Element? {
        switch field.type {
        case PROTOBUF_C_TYPE_INT32: integer(value, Int32.self).map { .varint(UInt64(bitPattern: Int64($0))) }
        case PROTOBUF_C_TYPE_SINT32: integer(value, Int32.self).map { .varint(UInt64(UInt32(bitPattern: $0 << 1 ^ $0 >> 31))) }
        case PROTOBUF_C_TYPE_SFIXED32: integer(value, Int32.self).map { .fixed32(UInt32(bitPattern: $0)) }
        case PROTOBUF_C_TYPE_UINT32: integer(value, UInt32.self).map { .varint(UInt64($0)) }
        case PROTOBUF_C_TYPE_FIXED32: integer(value, UInt32.self).map { .fixed32($0) }
        case PROTOBUF_C_TYPE_INT64: integer(value, Int64.self).map { .varint(UInt64(bitPattern: $0)) }
        case PROTOBUF_C_TYPE_SINT64: integer(value, Int64.self).map { .varint(UInt64(bitPattern: $0 << 1 ^ $0 >> 63)) }
        case PROTOBUF_C_TYPE_SFIXED64: integer(value, Int64.self).map { .fixed64(UInt64(bitPattern: $0)) }
        case PROTOBUF_C_TYPE_UINT64: integer(value, UInt64.self).map { .varint($0) }
        case PROTOBUF_C_TYPE_FIXED64: integer(value, UInt64.self).map { .fixed64($0) }
        case PROTOBUF_C_TYPE_FLOAT: floatingPoint(value, Float.self).map { .fixed32($0.bitPattern) }
        case PROTOBUF_C_TYPE_DOUBLE: floatingPoint(value, Double.self).map { .fixed64($0.bitPattern) }
        case PROTOBUF_C_TYPE_BOOL: bool(value).map { .varint($0 ? 1 : 0) }
        case PROTOBUF_C_TYPE_ENUM: enumNumber(field, value).map { .varint(UInt64(bitPattern: Int64($0))) }
        case PROTOBUF_C_TYPE_STRING: text(value).map { .bytes($0) }
        case PROTOBUF_C_TYPE_BYTES: base64(value).map { .bytes($0) }
        default:
            .bytes(message(value, field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), depth: depth + 1))
        }
    }

    private mutating func time(_ time: WellKnownTime, _ value: JSONValue) -> [UInt8] {
        guard case .string(let text) = value.content, let (seconds, nanos) = time.parse(text) else {
            faults.note(value.position, time.rule)
            return []
        }
        var writer = WireWriter()
        for (number, value) in [(1, seconds), (2, Int64(nanos))] where value != 0 {
            writer.tag(UInt32(number), .varint)
            writer.varint(UInt64(bitPattern: value))
        }
        return writer.bytes
    }

    private mutating func integer<Integer: FixedWidthInteger>(_ value: JSONValue, _ type: Integer.Type) -> Integer? {
        let range = "a whole number from \(Integer.min) to \(Integer.max)"
        guard let text = numberText(value) else {
            faults.note(value.position, "must be \(range)\(value.string == nil ? ", not \(value.kind)" : "")")
            return nil
        }
        do {
            return try JSONNumber.integer(text)
        } catch {
            faults.note(value.position, "must be \(range)")
            return nil
        }
    }

    /// The number in a number or a string, as it is written.
    private func numberText(_ value: JSONValue) -> String? {
        switch value.content {
        case .number(let text): text
        case .string(let text): JSONNumber.isNumber(text) ? text : nil
        default: nil
        }
    }

    private mutating func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ value: JSONValue, _ type: Number.Type)
        -> Number?
    {
        switch value.string {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: break
        }
        guard let text = numberText(value), let number = Number(text), number.isFinite else {
            faults.note(
                value.position, "must be a number no larger than \(Number.greatestFiniteMagnitude), \"NaN\", \"Infinity\" or \"-Infinity\"")
            return nil
        }
        return number
    }

    private mutating func bool(_ value: JSONValue) -> Bool? {
        if case .bool(let bool) = value.content { return bool }
        faults.note(value.position, "must be true or false, not \(value.kind)")
        return nil
    }

    private mutating func enumNumber(_ field: ProtobufCFieldDescriptor, _ value: JSONValue) -> Int32? {
        let descriptor = field.descriptor.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        switch value.content {
        case .number(let text):
            if let number: Int32 = try? JSONNumber.integer(text) { return number }
        case .string(let name):
            // As a C string the name ends at a NUL.
            if !name.utf8.contains(0), let known = protobuf_c_enum_descriptor_get_value_by_name(descriptor, name) {
                return known.pointee.value
            }
        default: break
        }
        let values = UnsafeBufferPointer(start: descriptor.pointee.values, count: Int(descriptor.pointee.n_values))
        let names = values.prefix(32).map { String(cString: $0.name) }.joined(separator: ", ")
        faults.note(value.position, "must be one of \(names)\(values.count > 32 ? ", …" : "")")
        return nil
    }

    private mutating func text(_ value: JSONValue) -> [UInt8]? {
        guard case .string(let text) = value.content else {
            faults.note(value.position, "must be a string, not \(value.kind)")
            return nil
        }
        guard !text.utf8.contains(0) else {
            faults.note(value.position, "contains a NUL character")
            return nil
        }
        return Array(text.utf8)
    }

    private mutating func base64(_ value: JSONValue) -> [UInt8]? {
        guard case .string(let text) = value.content, let bytes = Base64.decode(text) else {
            faults.note(value.position, "must be a string in base 64")
            return nil
        }
        return bytes
    }
}
