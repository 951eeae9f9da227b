package import CProtobufC

/// A bounded bump allocator for building messages: it owns every byte it hands out and frees all of them in one step.
///
/// Pointers it returned are valid while the arena lives. It never traps and never throws while a message is being
/// filled: a text with a NUL (which C strings cannot carry) or a value past the capacity is noted as the arena's
/// `fault`, harmless stand-ins are handed out from then on, and `encode` refuses to pack.
///
/// Not sendable: one arena belongs to one task.
package final class Arena {
    private var memory: BumpAllocator
    private var standIns: [UnsafeMutableRawBufferPointer] = []
    private let capacity: Int

    /// The first thing that went wrong, nil while everything asked for was handed out.
    package private(set) var fault: EncodeFault?

    /// - Parameter capacity: the most bytes the arena will hold.
    package init(capacity: Int) {
        self.capacity = capacity
        memory = BumpAllocator(capacity: capacity)
    }

    deinit {
        for standIn in standIns { standIn.deallocate() }
    }

    /// An empty message: every field at its default.
    package func make<Message>(_ type: MessageType<Message>) -> UnsafeMutablePointer<Message> {
        let size = type.descriptor.pointee.sizeof_message
        let message = (allocate(size) ?? standIn(size)).bindMemory(to: Message.self, capacity: 1)
        protobuf_c_message_init(type.descriptor, message)
        return message
    }

    /// A NUL-terminated copy of `text`, which must not contain a NUL. Not to be written to.
    package func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        guard !text.isEmpty else { return lots_protobuf_empty_string() }
        var text = text
        return text.withUTF8 { utf8 in
            guard !utf8.contains(0) else {
                note(EncodeFault(rule: "a text contains a NUL character, which a string field cannot carry"))
                return lots_protobuf_empty_string()
            }
            guard let copy = allocate(utf8.count + 1) else { return lots_protobuf_empty_string() }
            UnsafeMutableRawBufferPointer(start: copy, count: utf8.count).copyBytes(from: utf8)
            copy.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
            return copy.bindMemory(to: CChar.self, capacity: utf8.count + 1)
        }
    }

    /// A copy of `content` for a `bytes` field.
    package func bytes(_ content: some Collection<UInt8>) -> ProtobufCBinaryData {
        let (count, elements) = array(content)
        return ProtobufCBinaryData(len: count, data: elements)
    }

    /// A copy of `values` for a repeated field of numbers, enums or `bytes`.
    package func array<Value: BitwiseCopyable>(_ values: some Collection<Value>) -> (count: Int, elements: UnsafeMutablePointer<Value>?) {
        let count = values.count
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        guard count > 0, let memory = allocate(overflow ? Int.max : size) else { return (0, nil) }
        let elements = UnsafeMutableBufferPointer(start: memory.bindMemory(to: Value.self, capacity: count), count: count)
        let initialized = elements.initialize(fromContentsOf: values)
        return (initialized, elements.baseAddress)
    }

    /// A copy of `texts` for a repeated `string` field. No text may contain a NUL.
    package func strings(_ texts: some Collection<String>) -> (count: Int, elements: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        array(texts.lazy.map { Optional(self.string($0)) })
    }

    /// A repeated message field with one message for each of `values`, filled by `fill`.
    package func array<Message, Values: Collection>(
        _ type: MessageType<Message>, of values: Values, _ fill: (UnsafeMutablePointer<Message>, Values.Element) throws -> Void
    ) rethrows -> (count: Int, elements: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) {
        let (size, overflow) = values.count.multipliedReportingOverflow(by: MemoryLayout<UnsafeMutableRawPointer>.stride)
        guard size > 0, let memory = allocate(overflow ? Int.max : size) else { return (0, nil) }
        let elements = memory.bindMemory(to: UnsafeMutablePointer<Message>?.self, capacity: values.count)
        var count = 0
        for value in values.prefix(values.count) {
            let message = make(type)
            try fill(message, value)
            (elements + count).initialize(to: message)
            count += 1
        }
        return (count, elements)
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        if fault == nil, let memory = memory.allocate(count) { return memory }
        note(EncodeFault(rule: "the message needs more than \(capacity) bytes of memory"))
        return nil
    }

    /// Memory that may be written and is never packed. The messages past the capacity share it.
    private func standIn(_ size: Int) -> UnsafeMutableRawPointer {
        if let last = standIns.last, last.count >= size, let start = last.baseAddress { return start }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size * 2, alignment: BumpAllocator.alignment)
        standIns.append(UnsafeMutableRawBufferPointer(start: memory, count: size * 2))
        return memory
    }

    private func note(_ fault: EncodeFault) {
        if self.fault == nil { self.fault = fault }
    }
}
