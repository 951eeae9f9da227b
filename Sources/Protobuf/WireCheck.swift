import CProtobufC

/// A walk over the bytes of a message before protobuf-c unpacks them. It checks what protobuf-c does not (see
/// `withDecoded`) and counts the memory that unpacking will take, so that it can be refused before any is taken.
struct WireCheck {
    private var faults: [DecodeFault] = []
    private var memory = 0
    private let capacity: Int
    private let limits: DecodeLimits

    private var depthLimit: Int { min(limits.depth, DecodeLimits.deepest) }

    private init(capacity: Int, limits: DecodeLimits) {
        self.capacity = capacity
        self.limits = limits
    }

    /// The bytes of memory that unpacking takes, at most `capacity`.
    ///
    /// - Throws: `DecodeFaults`.
    static func memoryNeeded(
        for descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer, capacity: Int, limits: DecodeLimits
    ) throws(DecodeFaults) -> Int {
        var check = WireCheck(capacity: capacity, limits: limits)
        _ = check.message(descriptor, WireReader(bytes), depth: 0)
        if !check.faults.isEmpty { throw DecodeFaults(check.faults) }
        return check.memory
    }

    /// Returns false if reading cannot go on.
    private mutating func message(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ reader: WireReader, depth: Int
    ) -> Bool {
        memory &+= BumpAllocator.rounded(descriptor.pointee.sizeof_message)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Int(descriptor.pointee.n_fields)) { counts in
            counts.initialize(repeating: 0)
            return fields(descriptor, reader, counts, depth: depth)
        }
    }

    /// - Parameter counts: how often each field was given so far, by its index; for repeated fields, how many elements.
    private mutating func fields(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ reader: WireReader, _ counts: UnsafeMutableBufferPointer<UInt32>,
        depth: Int
    ) -> Bool {
        var reader = reader
        var lookup = FieldLookup(descriptor)
        var slab = ScannedMemberSlab()
        while !reader.isAtEnd {
            memory &+= slab.memoryForNext()
            var index: Int?
            do throws(WireFault) {
                let (number, wireType) = try reader.tag()
                index = lookup.index(of: number)
                guard let index else {
                    let content = try reader.skip(wireType)
                    memory &+= MemoryLayout<ProtobufCMessageUnknownField>.stride + BumpAllocator.rounded(content)
                    if memory > capacity { throw WireFault.memory }
                    continue
                }
                let field = lookup.fields + index
                let before = faults.count
                let goOn = try element(field, wireType, &reader, &counts[index], depth: depth)
                if faults.count > before { prefix(faults[before...].indices, field, counts[index]) }
                guard goOn, faults.count < max(1, limits.faults) else { return false }
                if memory > capacity { throw WireFault.memory }
            } catch {
                let path = index.map { Self.name(lookup.fields + $0, counts[$0]) } ?? ""
                faults.append(DecodeFault(path: path, rule: rule(for: error)))
                return false
            }
        }
        return true
    }

    /// Checks one occurrence of a field and reads past it.
    ///
    /// Faults it notes itself have a path relative to the field; those that end the reading are thrown.
    private mutating func element(
        _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ wireType: WireType, _ reader: inout WireReader, _ count: inout UInt32,
        depth: Int
    ) throws(WireFault) -> Bool {
        let type = field.pointee.type
        let isRepeated = field.pointee.label == PROTOBUF_C_LABEL_REPEATED
        if isRepeated, wireType == .lengthPrefixed, type.wireType != .lengthPrefixed {
            let elements = try Self.packedElements(type, try reader.lengthPrefixed())
            if count == 0 { memory &+= BumpAllocator.alignment }
            count &+= UInt32(truncatingIfNeeded: elements)
            memory &+= elements &* type.elementSize
            return true
        }
        guard wireType == type.wireType else {
            note("is written as \(wireType.name), not as \(type.wireType.name)")
            _ = try reader.skip(wireType)
            return true
        }
        if isRepeated { memory &+= type.elementSize + (count == 0 ? BumpAllocator.alignment : 0) }
        count &+= 1
        switch type {
        case PROTOBUF_C_TYPE_STRING:
            let text = try reader.lengthPrefixed()
            memory &+= BumpAllocator.rounded(text.count + 1)
            if let fault = UTF8Text.fault(in: text) { note(fault.rule) }
        case PROTOBUF_C_TYPE_BYTES:
            memory &+= BumpAllocator.rounded(try reader.lengthPrefixed().count)
        case PROTOBUF_C_TYPE_MESSAGE:
            let content = try reader.lengthPrefixed()
            if !isRepeated, count > 1 { throw .repetition }
            if depth >= depthLimit { throw .depth }
            let descriptor = field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            return message(descriptor, WireReader(content), depth: depth + 1)
        default:
            _ = try reader.skip(wireType)
        }
        return true
    }

    /// The number of elements in a packed list.
    private static func packedElements(_ type: ProtobufCType, _ content: UnsafeRawBufferPointer) throws(WireFault) -> Int {
        switch type.wireType {
        case .fixed32:
            guard content.count % 4 == 0 else { throw .truncated }
            return content.count / 4
        case .fixed64:
            guard content.count % 8 == 0 else { throw .truncated }
            return content.count / 8
        default:
            var reader = WireReader(content)
            var count = 0
            while !reader.isAtEnd {
                let value = try reader.varint()
                // protobuf-c takes each byte of a packed list of bools for an element.
                if type == PROTOBUF_C_TYPE_BOOL, value > 1 || reader.offset(from: content) != count + 1 { throw .bool }
                count += 1
            }
            return count
        }
    }

    private mutating func note(_ rule: String) {
        faults.append(DecodeFault(path: "", rule: rule))
    }

    private mutating func prefix(_ range: Range<Int>, _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ count: UInt32) {
        let name = Self.name(field, count)
        for index in range {
            let path = faults[index].path
            faults[index].path = path.isEmpty ? name : "\(name).\(path)"
        }
    }

    /// The field's part of a path, with the index of the latest of its `count` elements if it is repeated.
    private static func name(_ field: UnsafePointer<ProtobufCFieldDescriptor>, _ count: UInt32) -> String {
        let name = String(cString: field.pointee.name)
        return field.pointee.label == PROTOBUF_C_LABEL_REPEATED && count > 0 ? "\(name)[\(count - 1)]" : name
    }

    private func rule(for fault: WireFault) -> String {
        switch fault {
        case .truncated: "ends in the middle of a value"
        case .length: "claims to be longer than what is left of the message"
        case .varint: "has a number written in more bytes than a number can have"
        case .fieldNumber: "has a field number outside 1 to 536870911"
        case .wireType: "has a field written as a group or in an undefined way"
        case .bool: "has an element that is neither true nor false"
        case .repetition: "is a single message and is given more than once"
        case .depth: "is nested deeper than \(depthLimit) levels"
        case .memory: "needs more than \(capacity) bytes of memory"
        }
    }
}

/// Finds fields by number, fast when they come in order, as encoders write them.
private struct FieldLookup {
    let fields: UnsafePointer<ProtobufCFieldDescriptor>
    private let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    private let count: Int
    private var latest = 0

    init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
        self.descriptor = descriptor
        count = Int(descriptor.pointee.n_fields)
        // A message without fields has no array; any address does, because it is never read.
        fields = descriptor.pointee.fields ?? UnsafeRawPointer(descriptor).assumingMemoryBound(to: ProtobufCFieldDescriptor.self)
    }

    mutating func index(of number: UInt32) -> Int? {
        if latest < count, fields[latest].id == number { return latest }
        if latest + 1 < count, fields[latest + 1].id == number {
            latest += 1
            return latest
        }
        guard let field = protobuf_c_message_descriptor_get_field(descriptor, number) else { return nil }
        latest = field - fields
        return latest
    }
}

/// How protobuf-c's unpacker allocates for the members of one message: 16 on the stack, then slabs that double.
private struct ScannedMemberSlab {
    /// An upper bound for a struct that is private to protobuf-c 1.x.
    private static let memberSize = 40
    private var size = 16
    private var left = 16

    /// The bytes the next member makes the unpacker allocate.
    mutating func memoryForNext() -> Int {
        if left > 0 {
            left -= 1
            return 0
        }
        size &*= 2
        left = size - 1
        return size &* Self.memberSize
    }
}
