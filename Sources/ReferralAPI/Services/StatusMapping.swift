import CReferralMessages
import NIOCore
import Protobuf
public import Referral
public import TTRPC

extension Status {
    /// `INVALID_ARGUMENT` with the faults for people in the message and for programs in a detail of type `lots.v1.Faults`.
    public init(_ faults: Faults) {
        self.init(.invalidArgument, faults.description, details: [StatusDetail(faults.faults)].compactMap(\.self))
    }

    /// `code` with the message for people, and the faults for programs in a detail of type `lots.v1.Faults`: at most `Faults.limit`.
    public init(_ code: Code, _ message: String, faults: [Fault]) {
        self.init(code, message, details: [StatusDetail(Array(faults.prefix(Faults.limit)))].compactMap(\.self))
    }

    /// The rule that forbids what was asked for.
    public init(_ rejection: Rejection) {
        let code: Code =
            switch rejection.code {
            case .notFound: .notFound
            case .alreadyExists: .alreadyExists
            case .failedPrecondition: .failedPrecondition
            case .conflict: .aborted
            case .notPermitted: .permissionDenied
            case .invalid: .invalidArgument
            }
        self.init(code, rejection.rule)
    }

    /// `UNAVAILABLE`; what is wrong with the store is the operator's business.
    public init(_ error: StoreError) {
        self.init(.unavailable, "the exchange cannot read or store anything now; try again later")
    }

    /// What the caller is told of an error, nil when it has no word for it.
    init?(_ error: any Error) {
        switch error {
        case let status as Status: self = status
        case let faults as Faults: self.init(faults)
        case let rejection as Rejection: self.init(rejection)
        case let error as StoreError: self.init(error)
        default: return nil
        }
    }

    /// The faults in the details; empty when there are none that can be read.
    public var faults: [Fault] {
        for detail in details where detail.typeURL == StatusDetail.faultsTypeURL {
            let faults = try? ByteBuffer(bytes: detail.value).withUnsafeBytes { bytes throws(Faults) in
                try unpack(faultsType, bytes, .shown) { message, _ in [Fault](message.pointee.n_faults, message.pointee.faults) }
            }
            if let faults { return faults }
        }
        return []
    }
}

extension StatusDetail {
    /// The type of the detail that lists every fault of a message.
    public static let faultsTypeURL = "type.googleapis.com/lots.v1.Faults"

    /// Nil when a text of the faults cannot be packed.
    fileprivate init?(_ faults: [Fault]) {
        let packed = try? pack(faultsType) { message, arena in
            (message.pointee.n_faults, message.pointee.faults) = faults.messages(in: arena)
        }
        guard let packed else { return nil }
        self.init(typeURL: Self.faultsTypeURL, value: Array(packed.readableBytesView))
    }
}

let faultsType = MessageType(lots__v1__faults__init)

extension Refusal {
    /// - Parameter error: anything but a failure of the stream itself. Errors that are not for callers become `INTERNAL` without a word
    ///   of what happened.
    init(_ error: any Error) {
        let status = Status(error) ?? Status(.internal, "the exchange failed on this item")
        self.init(code: status.code, message: status.message, faults: status.faults, retryAfter: status.retryDelay)
    }
}

/// Runs `body` and puts what it throws into the words of the wire. Other errors pass: the router answers them without their text.
func answering<R>(_ body: () async throws -> R) async throws -> R {
    do {
        return try await body()
    } catch {
        throw Status(error) ?? error
    }
}
