import CProtobufC

/// Checks the bytes of a message against its descriptor, unpacks it and lends it to `body`.
///
/// The message and everything it points to are freed when `body` returns: nothing of it may escape, and it must not be
/// passed to a `free_unpacked` function. What the message promises:
/// - every string is valid UTF-8 without a NUL;
/// - every field has its declared wire type, and every singular message field is given at most once (protobuf merges
///   repetitions, protobuf-c merges proto3 scalars wrongly, and no encoder writes them);
/// - the limits hold. Fields the descriptor does not know are accepted and count towards the limits.
///
/// - Throws: `DecodeFaults`, or what `body` throws.
package func withDecoded<Message, R>(
    _ type: MessageType<Message>, from bytes: UnsafeRawBufferPointer, limits: DecodeLimits = .default,
    _ body: (UnsafePointer<Message>) throws -> R
) throws -> R {
    try withDecoded(type.descriptor, from: bytes, limits: limits) { message in
        try body(UnsafeRawPointer(message).assumingMemoryBound(to: Message.self))
    }
}

/// The same for an array of bytes.
package func withDecoded<Message, R>(
    _ type: MessageType<Message>, from bytes: [UInt8], limits: DecodeLimits = .default, _ body: (UnsafePointer<Message>) throws -> R
) throws -> R {
    try bytes.withUnsafeBytes { try withDecoded(type, from: $0, limits: limits, body) }
}

func withDecoded<R>(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, from bytes: UnsafeRawBufferPointer, limits: DecodeLimits,
    _ body: (UnsafePointer<ProtobufCMessage>) throws -> R
) throws -> R {
    let capacity = limits.arenaCapacity(for: bytes.count)
    let needed = try WireCheck.memoryNeeded(for: descriptor, bytes, capacity: capacity, limits: limits)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: BumpAllocator.alignment)
    defer { memory.deallocate() }
    // What was counted is enough for this protobuf-c; another version may take more, up to the capacity.
    var arena = BumpAllocator(capacity: capacity, lent: memory)
    guard let message = arena.unpack(descriptor, bytes) else {
        throw DecodeFaults([DecodeFault(path: "", rule: "cannot be unpacked within \(capacity) bytes of memory")])
    }
    return try withExtendedLifetime(arena) { try body(message) }
}
