package import NIOCore

/// The message of the echo service: `{ string text = 1; uint32 n = 2; bytes blob = 3; }`.
package struct EchoMessage: Hashable {
    package var text = ""
    package var number = 0
    package var blob: [UInt8] = []

    package init(text: String = "", number: Int = 0, blob: [UInt8] = []) {
        self.text = text
        self.number = number
        self.blob = blob
    }

    package struct Malformed: Error {}

    package init(decoding bytes: ByteBuffer) throws {
        var bytes = bytes
        func varint() throws -> Int {
            var value = 0
            for shift in stride(from: 0, to: 63, by: 7) {
                guard let byte: UInt8 = bytes.readInteger() else { throw Malformed() }
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw Malformed()
        }
        while bytes.readableBytes > 0 {
            switch try varint() {
            case 0x0A:
                guard let text = bytes.readString(length: try varint()) else { throw Malformed() }
                self.text = text
            case 0x10:
                number = try varint()
            case 0x1A:
                guard let blob = bytes.readBytes(length: try varint()) else { throw Malformed() }
                self.blob = blob
            default:
                throw Malformed()
            }
        }
    }

    package var encoded: ByteBuffer {
        var bytes = ByteBuffer()
        func write(varint value: Int) {
            var rest = UInt(value)
            while rest >= 0x80 {
                bytes.writeInteger(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            bytes.writeInteger(UInt8(rest))
        }
        if !text.isEmpty {
            write(varint: 0x0A)
            write(varint: text.utf8.count)
            bytes.writeString(text)
        }
        if number != 0 {
            write(varint: 0x10)
            write(varint: number)
        }
        if !blob.isEmpty {
            write(varint: 0x1A)
            write(varint: blob.count)
            bytes.writeBytes(blob)
        }
        return bytes
    }
}
