/// Why a call failed: the status both peers of a call see. Codes and meanings are those of gRPC.
public struct Status: Error, Hashable, Sendable {
    public var code: Code
    /// For people; never holds the value of a personal field.
    public var message: String
    public var details: [StatusDetail]
    /// What this side knows of the call's fate on the other. It is not sent, and does not count when statuses are compared.
    public internal(set) var fate = CallFate.unknown

    public init(_ code: Code, _ message: String, details: [StatusDetail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }
}

/// What became of a call that failed.
public enum CallFate: Hashable, Sendable {
    /// The server may have begun to process it, or has answered.
    case unknown
    /// The server has not begun to process it and never will: it may be sent again, whatever it does.
    case notProcessed
}

extension Status {
    public static func == (one: Status, other: Status) -> Bool {
        one.code == other.code && one.message == other.message && one.details == other.details
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
        hasher.combine(details)
    }

    var notProcessed: Status {
        var status = self
        status.fate = .notProcessed
        return status
    }
}

extension Status: CustomStringConvertible {
    public var description: String {
        message.isEmpty ? code.description : "\(code): \(message)"
    }
}

extension Status {
    /// A gRPC status code. A peer may send a number that has no name here; it is kept.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        public static let ok = Code(rawValue: 0)
        public static let cancelled = Code(rawValue: 1)
        public static let unknown = Code(rawValue: 2)
        public static let invalidArgument = Code(rawValue: 3)
        public static let deadlineExceeded = Code(rawValue: 4)
        public static let notFound = Code(rawValue: 5)
        public static let alreadyExists = Code(rawValue: 6)
        public static let permissionDenied = Code(rawValue: 7)
        public static let resourceExhausted = Code(rawValue: 8)
        public static let failedPrecondition = Code(rawValue: 9)
        public static let aborted = Code(rawValue: 10)
        public static let outOfRange = Code(rawValue: 11)
        public static let unimplemented = Code(rawValue: 12)
        public static let `internal` = Code(rawValue: 13)
        public static let unavailable = Code(rawValue: 14)
        public static let dataLoss = Code(rawValue: 15)
        public static let unauthenticated = Code(rawValue: 16)
    }
}

extension Status.Code: CustomStringConvertible {
    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    /// The name gRPC gives the code, or "CODE_n" for a number without one.
    public var description: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "CODE_\(rawValue)"
    }
}

/// A message attached to a status, for programs: what google.protobuf.Any carries.
public struct StatusDetail: Hashable, Sendable {
    /// The type of `value`, for example "type.googleapis.com/google.rpc.BadRequest".
    public var typeURL: String
    /// The encoded message.
    public var value: [UInt8]

    public init(typeURL: String, value: [UInt8]) {
        self.typeURL = typeURL
        self.value = value
    }
}
