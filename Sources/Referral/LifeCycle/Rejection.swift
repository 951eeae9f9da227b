/// Why a command was refused: the rule that forbids it, for people, without personal data.
public struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// There is nothing of that id that the caller may know of.
        case notFound
        /// The same message id with other content, or the same command id with another command.
        case alreadyExists
        /// Not in this phase of the case.
        case failedPrecondition
        /// The case is not what the caller believed: its version is another.
        case conflict
        /// The caller may know of the case, but this is for others to do.
        case notPermitted
        /// A value that no case could take.
        case invalid
    }

    public let code: Code
    public let rule: String

    public init(_ code: Code, _ rule: String) {
        self.code = code
        self.rule = rule
    }

    public var description: String { rule }

    static let notYours = Rejection(.notFound, "no assignment with this id is yours")
    static let mediatorsOnly = Rejection(
        .failedPrecondition, "mediation is for municipal mediators: data about an offender go to nobody else")

    static let mediationOver = Rejection(.failedPrecondition, "the mediation is over; report it")

    static func forbidden(_ rule: String) -> Rejection { Rejection(.failedPrecondition, rule) }
}
