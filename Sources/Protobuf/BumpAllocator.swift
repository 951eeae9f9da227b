import CProtobufC

/// Hands out memory by moving a pointer, up to a capacity, and frees all of it at once when it goes away.
///
/// Memory comes in chunks that double in size. The first may be lent by the caller, who keeps owning it; the others are
/// owned here, linked through a header in front of each.
struct BumpAllocator: ~Copyable {
    /// The strictest alignment of any member of a generated struct: pointers, 64-bit integers and doubles.
    static let alignment = 8
    private static let headerSize = 16

    private var next: UnsafeMutableRawPointer?
    private var left: Int
    private var chunks: UnsafeMutableRawPointer?
    private var chunkSize: Int
    /// What may still be taken from the system. Tails of chunks that were too short count as used.
    private var reserve: Int

    /// - Parameters:
    ///   - capacity: the most bytes that will ever be handed out, rounding to `alignment` included.
    ///   - lent: the first chunk, aligned to `alignment`; it counts towards the capacity.
    init(capacity: Int, lent: UnsafeMutableRawBufferPointer) {
        next = lent.baseAddress
        left = min(lent.count, capacity) & ~(Self.alignment - 1)
        chunkSize = max(left, 512)
        reserve = max(0, capacity - left)
    }

    init(capacity: Int) {
        self.init(capacity: capacity, lent: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }

    deinit {
        var chunk = chunks
        while let current = chunk {
            chunk = current.load(as: UnsafeMutableRawPointer?.self)
            current.deallocate()
        }
    }

    /// The size an allocation of `count` bytes takes up.
    static func rounded(_ count: Int) -> Int {
        (count &+ (alignment - 1)) & ~(alignment - 1)
    }

    /// Uninitialised memory aligned to `alignment`, or nil if the capacity does not allow it.
    mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count >= 0, count <= Int.max - Self.alignment else { return nil }
        let size = Self.rounded(max(count, 1))
        if size > left {
            guard grow(for: size) else { return nil }
        }
        let memory = next
        next = memory.map { $0 + size }
        left -= size
        return memory
    }

    private mutating func grow(for size: Int) -> Bool {
        guard size <= reserve else { return false }
        chunkSize = min(max(chunkSize &* 2, size), reserve & ~(Self.alignment - 1))
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: Self.headerSize + chunkSize, alignment: Self.headerSize)
        chunk.storeBytes(of: chunks, as: UnsafeMutableRawPointer?.self)
        chunks = chunk
        next = chunk + Self.headerSize
        left = chunkSize
        reserve -= chunkSize
        return true
    }

    /// Unpacks a message into memory of this allocator; nil if protobuf-c refuses the bytes or the capacity does not allow it.
    mutating func unpack(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer
    ) -> UnsafePointer<ProtobufCMessage>? {
        withUnsafeMutablePointer(to: &self) { this in
            var allocator = ProtobufCAllocator(
                alloc: { this, size in this?.assumingMemoryBound(to: BumpAllocator.self).pointee.allocate(size) },
                // Everything goes at once.
                free: { _, _ in },
                allocator_data: this)
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return UnsafePointer(protobuf_c_message_unpack(descriptor, &allocator, bytes.count, start))
        }
    }
}
