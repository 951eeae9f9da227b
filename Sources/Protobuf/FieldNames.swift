import CProtobufC
import Synchronization

/// The names of a message's fields, worked out once for each message type.
struct FieldNames {
    /// By the address of the descriptor, which is static.
    private static let all = Mutex<[UInt: Names]>([:])
    /// The few that this conversion has met.
    private var known: [(descriptor: UnsafePointer<ProtobufCMessageDescriptor>, names: Names)] = []

    final class Names: Sendable {
        /// Set if canonical JSON writes the message as a text.
        let time: WellKnownTime?
        /// The canonical JSON names, in the order of the descriptor's fields.
        let json: [String]
        /// The index of a field by its JSON name and by its name in the `.proto`.
        let index: [String: Int]

        init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
            time = WellKnownTime(descriptor)
            let fields = descriptor.fields
            json = fields.map { FieldName.json($0) }
            let original = fields.enumerated().map { (FieldName.original($1), $0) }
            index = Dictionary(zip(json, json.indices).map { ($0, $1) } + original, uniquingKeysWith: { first, _ in first })
        }
    }

    subscript(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Names {
        mutating get {
            if let (_, names) = known.first(where: { $0.descriptor == descriptor }) { return names }
            let address = UInt(bitPattern: descriptor)
            let shared = Self.all.withLock { $0[address] }
            let names = shared ?? Names(descriptor)
            if shared == nil { Self.all.withLock { $0[address] = names } }
            known.append((descriptor, names))
            return names
        }
    }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
    /// In the order of their numbers.
    var fields: UnsafeBufferPointer<ProtobufCFieldDescriptor> {
        UnsafeBufferPointer(start: pointee.fields, count: Int(pointee.n_fields))
    }
}
