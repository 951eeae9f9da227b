import CReferralMessages
import Protobuf

extension HealthCheckRequest: WireMessage {
    static let wireType = MessageType(grpc__health__v1__health_check_request__init)
    private static let serviceLimit = 200

    init?(_ message: UnsafePointer<Grpc__Health__V1__HealthCheckRequest>, _ fields: inout FieldReader) {
        let service = fields.text(FieldReader.said(message.pointee.service), "service", limit: Self.serviceLimit)
        self.init(service: service ?? "")
    }

    func write(to message: UnsafeMutablePointer<Grpc__Health__V1__HealthCheckRequest>, in arena: Arena) {
        message.pointee.service = arena.string(service)
    }
}

extension HealthCheckResponse: WireMessage {
    static let wireType = MessageType(grpc__health__v1__health_check_response__init)

    init?(_ message: UnsafePointer<Grpc__Health__V1__HealthCheckResponse>, _ fields: inout FieldReader) {
        guard let status: ServingStatus = fields.member(message.pointee.status, "status") else { return nil }
        self.init(status: status)
    }

    func write(to message: UnsafeMutablePointer<Grpc__Health__V1__HealthCheckResponse>, in arena: Arena) {
        message.pointee.status = status.wire
    }
}

extension ServingStatus: WireEnumeration {
    static let numbering = WireNumbering<ServingStatus>(grpc__health__v1__health_check_response__serving_status__descriptor)

    var wire: Grpc__Health__V1__HealthCheckResponse__ServingStatus {
        switch self {
        case .unknown: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__UNKNOWN
        case .serving: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
        case .notServing: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
        case .serviceUnknown: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
        }
    }
}
