import CProtobufC

/// Why a message could not be packed. The rule never contains a value.
package struct EncodeFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// For people: what is wrong with the message.
    package var rule: String

    package init(rule: String) {
        self.rule = rule
    }

    package var description: String { rule }
}

/// A message that is filled and ready to be packed into memory the caller provides.
///
/// Valid as long as the arena the message lives in.
package struct PackableMessage {
    private let message: UnsafePointer<ProtobufCMessage>

    /// The size of the wire form in bytes.
    package let size: Int

    /// - Throws: the fault of the arena, if it has one.
    package init<Message>(_ type: MessageType<Message>, _ message: UnsafePointer<Message>, in arena: Arena) throws(EncodeFault) {
        if let fault = arena.fault { throw fault }
        self.message = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        size = protobuf_c_message_get_packed_size(self.message)
    }

    /// Writes the wire form to the start of `memory` and returns `size`.
    ///
    /// - Precondition: `memory` holds at least `size` bytes.
    @discardableResult
    package func pack(into memory: UnsafeMutableRawBufferPointer) -> Int {
        precondition(size <= memory.count, "the memory is smaller than the packed message")
        guard size > 0, let start = memory.baseAddress else { return 0 }
        return protobuf_c_message_pack(message, start.assumingMemoryBound(to: UInt8.self))
    }
}

/// What an arena may hold by default while one message is built: four bodies of the largest frame.
package let defaultEncodeCapacity = 16 << 20

/// Builds a message in an arena of its own and returns its wire form.
///
/// - Parameter capacity: the most bytes the message may need in memory.
/// - Throws: `EncodeFault` if the arena had a fault, or what `fill` throws.
package func encode<Message>(
    _ type: MessageType<Message>, capacity: Int = defaultEncodeCapacity, _ fill: (Arena, UnsafeMutablePointer<Message>) throws -> Void
) throws -> [UInt8] {
    try withEncoded(type, capacity: capacity, fill) { packable in
        [UInt8](unsafeUninitializedCapacity: packable.size) { memory, count in
            count = packable.pack(into: UnsafeMutableRawBufferPointer(memory))
        }
    }
}

/// Builds a message in an arena of its own and lends it to `body`, which packs it where it wants it.
///
/// ```swift
/// try withEncoded(type, fill) { message in
///     buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: message.size) { message.pack(into: $0) }
/// }
/// ```
/// - Throws: `EncodeFault` if the arena had a fault, or what `fill` and `body` throw.
package func withEncoded<Message, R>(
    _ type: MessageType<Message>, capacity: Int = defaultEncodeCapacity, _ fill: (Arena, UnsafeMutablePointer<Message>) throws -> Void,
    _ body: (PackableMessage) throws -> R
) throws -> R {
    let arena = Arena(capacity: capacity)
    let message = arena.make(type)
    try fill(arena, message)
    return try withExtendedLifetime(arena) { try body(PackableMessage(type, message, in: arena)) }
}
