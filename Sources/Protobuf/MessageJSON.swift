import CProtobufC

extension MessageType {
    /// The message in canonical proto3 JSON: lowerCamelCase names in the order of the field numbers, fields at their
    /// default left out, members of a `oneof` written even then. Fields the descriptor does not know are left out.
    ///
    /// Of the well-known types, `Timestamp`, `Duration` and `Empty` have their canonical form. The others (`Any`, `Struct`,
    /// wrappers, `FieldMask`) are written as the plain messages they are.
    ///
    /// - Throws: `DecodeFaults` for times that have no canonical form.
    package func json(_ message: UnsafePointer<Message>) throws(DecodeFaults) -> JSONValue {
        try MessageJSON.value(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self))
    }

    /// The text of `json(_:)`.
    ///
    /// - Throws: `DecodeFaults` for times that have no canonical form.
    package func jsonText(_ message: UnsafePointer<Message>, pretty: Bool = false) throws(DecodeFaults) -> String {
        try json(message).text(pretty: pretty)
    }
}

extension AnyMessageType {
    /// A packed message in canonical proto3 JSON, as `MessageType.json(_:)` writes it.
    ///
    /// - Throws: `DecodeFaults`.
    package func json(fromPacked bytes: UnsafeRawBufferPointer, limits: DecodeLimits = .default) throws -> JSONValue {
        try withDecoded(descriptor, from: bytes, limits: limits) { try MessageJSON.value($0) }
    }

    /// A packed message in canonical proto3 JSON, as `MessageType.json(_:)` writes it.
    ///
    /// - Throws: `DecodeFaults`.
    package func json(fromPacked bytes: [UInt8], limits: DecodeLimits = .default) throws -> JSONValue {
        try bytes.withUnsafeBytes { try json(fromPacked: $0, limits: limits) }
    }
}

/// Reads C structs by their descriptors.
private struct MessageJSON {
    private var faults: [DecodeFault] = []
    private var names = FieldNames()

    static func value(_ message: UnsafePointer<ProtobufCMessage>) throws(DecodeFaults) -> JSONValue {
        var reader = MessageJSON()
        let value = reader.value(message)
        if !reader.faults.isEmpty { throw DecodeFaults(reader.faults) }
        return value
    }

    private mutating func value(_ message: UnsafePointer<ProtobufCMessage>) -> JSONValue {
        guard let descriptor = message.pointee.descriptor else { return .object([:]) }
        let names = names[descriptor]
        if let time = names.time { return text(of: time, message) }
        var members: [JSONValue.Member] = []
        for (field, name) in zip(descriptor.fields, names.json) {
            let before = faults.count
            guard let value = value(of: field, in: UnsafeRawPointer(message)) else { continue }
            members.append(JSONValue.Member(name, value))
            prefix(from: before, FieldName.original(field))
        }
        return JSONValue(.object(members))
    }

    /// nil if the field is absent or at its default.
    private mutating func value(of field: ProtobufCFieldDescriptor, in message: UnsafeRawPointer) -> JSONValue? {
        let member = message + Int(field.offset)
        if field.label == PROTOBUF_C_LABEL_REPEATED {
            let count = message.load(fromByteOffset: Int(field.quantifier_offset), as: Int.self)
            guard count > 0, let elements = member.load(as: UnsafeRawPointer?.self) else { return nil }
            var values: [JSONValue] = []
            for index in 0..<count {
                let before = faults.count
                values.append(value(of: field, at: elements + index * field.type.elementSize))
                prefix(from: before, "[\(index)]")
            }
            return .array(values)
        }
        if field.isInOneof {
            guard message.load(fromByteOffset: Int(field.quantifier_offset), as: UInt32.self) == field.id else { return nil }
        } else if Self.isDefault(field.type, member) {
            return nil
        }
        return value(of: field, at: member)
    }

    private static func isDefault(_ type: ProtobufCType, _ member: UnsafeRawPointer) -> Bool {
        switch type {
        case PROTOBUF_C_TYPE_STRING: member.load(as: UnsafePointer<CChar>?.self).map { $0.pointee == 0 } ?? true
        case PROTOBUF_C_TYPE_BYTES: member.load(as: ProtobufCBinaryData.self).len == 0
        case PROTOBUF_C_TYPE_MESSAGE: member.load(as: UnsafeRawPointer?.self) == nil
        default: type.elementSize == 8 ? member.load(as: UInt64.self) == 0 : member.load(as: UInt32.self) == 0
        }
    }

    private mutating func value(of field: ProtobufCFieldDescriptor, at member: UnsafeRawPointer) -> JSONValue {
        switch field.type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32: return .number(member.load(as: Int32.self))
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32: return .number(member.load(as: UInt32.self))
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64: return .string(String(member.load(as: Int64.self)))
        case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64: return .string(String(member.load(as: UInt64.self)))
        case PROTOBUF_C_TYPE_FLOAT: return Self.number(member.load(as: Float.self))
        case PROTOBUF_C_TYPE_DOUBLE: return Self.number(member.load(as: Double.self))
        case PROTOBUF_C_TYPE_BOOL: return .bool(member.load(as: protobuf_c_boolean.self) != 0)
        case PROTOBUF_C_TYPE_ENUM: return Self.enumValue(field, member.load(as: Int32.self))
        case PROTOBUF_C_TYPE_BYTES:
            let content = member.load(as: ProtobufCBinaryData.self)
            return .string(Base64.encode(UnsafeBufferPointer(start: content.data, count: content.data == nil ? 0 : content.len)))
        case PROTOBUF_C_TYPE_MESSAGE:
            guard let message = member.load(as: UnsafePointer<ProtobufCMessage>?.self) else { return .object([:]) }
            return value(message)
        default: return .string(member.load(as: UnsafePointer<CChar>?.self).map { String(cString: $0) } ?? "")
        }
    }

    private static func enumValue(_ field: ProtobufCFieldDescriptor, _ value: Int32) -> JSONValue {
        let descriptor = field.descriptor.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        guard let known = protobuf_c_enum_descriptor_get_value(descriptor, value) else { return .number(value) }
        return .string(String(cString: known.pointee.name))
    }

    /// The shortest number that reads back as the same value.
    private static func number(_ value: some BinaryFloatingPoint & LosslessStringConvertible) -> JSONValue {
        if value.isNaN { return .string("NaN") }
        if value.isInfinite { return .string(value < 0 ? "-Infinity" : "Infinity") }
        let text = value.description
        return JSONValue(.number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text))
    }

    private mutating func text(of time: WellKnownTime, _ message: UnsafePointer<ProtobufCMessage>) -> JSONValue {
        func member<Integer: FixedWidthInteger & BitwiseCopyable>(_ number: UInt32) -> Integer {
            guard let field = protobuf_c_message_descriptor_get_field(message.pointee.descriptor, number) else { return 0 }
            return UnsafeRawPointer(message).load(fromByteOffset: Int(field.pointee.offset), as: Integer.self)
        }
        guard let text = time.text(seconds: member(1) as Int64, nanos: member(2) as Int32) else {
            if faults.count < DecodeLimits.default.faults {
                faults.append(DecodeFault(path: "", rule: "is outside of what a \(message.pointee.descriptor.fullName) can hold"))
            }
            return JSONValue(.null)
        }
        return .string(text)
    }

    private mutating func prefix(from start: Int, _ component: @autoclosure () -> String) {
        for index in start..<faults.count {
            let path = faults[index].path
            faults[index].path = path.isEmpty || path.hasPrefix("[") ? component() + path : "\(component()).\(path)"
        }
    }
}

extension ProtobufCFieldDescriptor {
    var isInOneof: Bool { flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0 }
    var isPacked: Bool { flags & PROTOBUF_C_FIELD_FLAG_PACKED.rawValue != 0 }
}
