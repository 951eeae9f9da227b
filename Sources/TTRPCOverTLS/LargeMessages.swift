import CAllocator

/// How a process that carries large messages uses its memory.
public enum LargeMessages {
    /// Has the allocator keep the memory of a large message for the next one. By default glibc gives it back to the system each time, and
    /// getting it again, page by page, takes longer than encrypting the message. Keeps up to 128 MiB after a burst. For the whole process:
    /// to be called once, at its start. Does nothing with other C libraries.
    public static func keepMemory() {
        CAllocator_keep(32 << 20, 128 << 20)
    }
}
