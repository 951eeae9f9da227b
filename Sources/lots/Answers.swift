import ArgumentParser
import Protobuf
import Referral
import ReferralAPI
import TTRPC

struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say that fetched cases have arrived.")

    @Argument(help: "Assignment ids.") var assignments: [String]
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await answer(.acknowledge, assignments.map { .object(["assignmentId": .string($0)]) }, options)
    }
}

struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take cases on.")

    @Argument(help: "Assignment ids.") var assignments: [String]
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await answer(.accept, assignments.map { .object(["assignmentId": .string($0)]) }, options)
    }
}

struct GiveBack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "return", abstract: "Give cases back, so that somebody else gets them.")

    @Argument(help: "Assignment ids.") var assignments: [String]
    @Option(help: Choice<ReturnReason>.help) var reason: Choice<ReturnReason>
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await answer(
            .giveBack, assignments.map { .object(["assignmentId": .string($0), "reason": .string(reason.member("RETURN_REASON_"))]) },
            options)
    }
}

/// Asks the same of each case and shows where each stands; what is refused does not stop the rest.
private func answer(_ method: MethodName, _ bodies: [JSONValue], _ options: ConnectionOptions) async throws {
    try await options.connected { client in
        let caller = JSONClient(client)
        var table = Table("ASSIGNMENT", "PHASE", "SINCE")
        var refusal: ExitCode?
        for body in bodies {
            do {
                let state = try await caller.unary(method, body, options: options.call)
                if options.json {
                    Console.json(state)
                } else {
                    table.add(
                        state["assignmentId"]?.string ?? "", Label.member(state["phase"]?.string, without: "ASSIGNMENT_PHASE_"),
                        state["since"]?.string ?? "")
                }
            } catch let failure as CallFailure where [.notFound, .failedPrecondition].contains(failure.status.code) {
                Console.error("lots: \(body["assignmentId"]?.string ?? ""): \(failure.status.message)")
                refusal = Failure.code(for: failure.status.code)
            }
        }
        if !options.json { table.print() }
        if let refusal { throw refusal }
    }
}
