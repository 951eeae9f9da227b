import COpenSSL
import NIOCore

/// The two ends of the wire as OpenSSL sees them: it reads what arrived from `input` and appends what is to be sent to `output`.
///
/// An own `BIO` in place of OpenSSL's memory BIO: arriving buffers are read where they lie, ciphertext is copied once, and both give up their
/// memory as soon as they are drained.
final class CiphertextBuffers {
    private(set) var input = ByteBuffer()
    private(set) var output = ByteBuffer()

    /// Takes in bytes from the network.
    func receive(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeImmutableBuffer(bytes)
        }
    }

    /// Hands over what is to be sent.
    func takeOutput() -> ByteBuffer {
        defer { output = ByteBuffer() }
        return output
    }

    /// Makes room for ciphertext to come, so that the buffer does not grow step by step.
    func reserveOutput(_ byteCount: Int) {
        output.reserveCapacity(minimumWritableBytes: byteCount)
    }

    /// A BIO that reads from and writes to these buffers; the caller owns it and must keep these buffers as long as it.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private func read(into destination: UnsafeMutableRawBufferPointer) -> Int {
        let count = input.readWithUnsafeReadableBytes { available in
            let count = min(available.count, destination.count)
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
            return count
        }
        if input.readableBytes == 0 {
            input = ByteBuffer()
        }
        return count
    }

    private static func buffers(of bio: OpaquePointer?) -> CiphertextBuffers? {
        BIO_get_data(bio).map { Unmanaged<CiphertextBuffers>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Safe to share: complete before first use, never changed, kept for the life of the process as OpenSSL's own methods are.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ByteBuffer") else { return nil }
        BIO_meth_set_read(method) { bio, destination, count in
            COpenSSL_BIO_clear_retry_flags(bio)
            guard let buffers = buffers(of: bio), let destination, count > 0 else { return 0 }
            let read = buffers.read(into: UnsafeMutableRawBufferPointer(start: destination, count: Int(count)))
            guard read > 0 else {
                // More may come: this is not the end of the stream.
                COpenSSL_BIO_set_retry_read(bio)
                return -1
            }
            return CInt(read)
        }
        BIO_meth_set_write(method) { bio, source, count in
            COpenSSL_BIO_clear_retry_flags(bio)
            guard let buffers = buffers(of: bio), let source, count > 0 else { return 0 }
            buffers.output.writeBytes(UnsafeRawBufferPointer(start: source, count: Int(count)))
            return count
        }
        // OpenSSL flushes after each flight; everything else has the answer "not supported".
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

}
