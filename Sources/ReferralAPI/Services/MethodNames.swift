public import TTRPC

extension MethodName {
    private static func referral(_ method: String) -> MethodName { MethodName(service: ServiceName.referral, method: method) }
    private static func assignment(_ method: String) -> MethodName { MethodName(service: ServiceName.assignment, method: method) }
    private static func health(_ method: String) -> MethodName { MethodName(service: ServiceName.health, method: method) }

    public static let submit = referral("Submit")
    public static let submitStream = referral("SubmitStream")
    public static let getStatus = referral("GetStatus")
    public static let preview = referral("Preview")

    public static let pull = assignment("Pull")
    public static let fetch = assignment("Fetch")
    public static let acknowledge = assignment("Acknowledge")
    public static let accept = assignment("Accept")
    public static let giveBack = assignment("Return")

    public static let healthCheck = health("Check")
    public static let healthWatch = health("Watch")
}

/// The services of the contract, as health checks and logs name them.
public enum ServiceName {
    public static let referral = "lots.v1.ReferralService"
    public static let assignment = "lots.v1.AssignmentService"
    public static let health = "grpc.health.v1.Health"
}
