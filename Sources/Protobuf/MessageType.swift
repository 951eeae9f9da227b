package import CProtobufC

/// Names a generated message type by its init function, the one symbol protoc-c exports that is bound to both the C
/// struct and its descriptor.
///
/// Only proto3 messages are supported: what `LABEL_NONE`, `LABEL_REPEATED` and `oneof` can express.
package struct MessageType<Message>: Sendable {
    // Safe to share: protoc-c emits descriptors as constants that live as long as the program.
    nonisolated(unsafe) package let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// - Parameter initialize: the generated init function, for example `lots__v1__referral__init`.
    package init(_ initialize: (UnsafeMutablePointer<Message>?) -> Void) {
        descriptor = withUnsafeTemporaryAllocation(of: Message.self, capacity: 1) { storage in
            initialize(storage.baseAddress)
            let base = UnsafeRawBufferPointer(storage).load(as: ProtobufCMessage.self)
            precondition(
                base.descriptor.pointee.magic == UInt32(PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC)
                    && base.descriptor.pointee.sizeof_message == MemoryLayout<Message>.stride,
                "not an init function written by protoc-c for this struct")
            return base.descriptor
        }
    }

    /// The name with its package, for example `lots.v1.Referral`.
    package var fullName: String { descriptor.fullName }
}

/// A message type whose C struct is not known at compile time: what tables of methods and recorded streams work with.
package struct AnyMessageType: Sendable {
    // Safe to share: protoc-c emits descriptors as constants that live as long as the program.
    nonisolated(unsafe) package let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    package init<Message>(_ type: MessageType<Message>) {
        descriptor = type.descriptor
    }

    /// The name with its package, for example `lots.v1.Referral`.
    package var fullName: String { descriptor.fullName }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
    var fullName: String { String(cString: pointee.name) }
}
