import CProtobufC

/// The names of a message's fields, worked out once for each message type that a conversion meets.
struct FieldNames {
    private var known: [UnsafePointer<ProtobufCMessageDescriptor>: Names] = [:]

    struct Names {
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
            if let names = known[descriptor] { return names }
            let names = Names(descriptor)
            known[descriptor] = names
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
