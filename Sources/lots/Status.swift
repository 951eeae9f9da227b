import ArgumentParser
import Protobuf
import ReferralAPI
import TTRPC

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask what became of a referral that you sent.")

    @Flag(help: "The id is your own message id, not the exchange's referral id.") var message = false
    @Argument(help: "A referral id, or with --message a message id.") var id: String
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let caller = JSONClient(client)
            let status = try await caller.unary(
                .getStatus, .object([message ? "messageId" : "referralId": .string(id)]), options: options.call)
            guard !options.json else { return Console.json(status) }
            StatusText.show(status)
        }
    }
}

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask whether the exchange is serving; exit code 69 when it is not.")

    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let caller = JSONClient(client)
            let answer = try await caller.unary(.healthCheck, .object([:]), options: options.call)
            let status = answer["status"]?.string ?? "UNKNOWN"
            options.json ? Console.json(answer) : Console.line(status.lowercased().split(separator: "_").joined(separator: " "))
            if status != "SERVING" { throw Failure.unavailable }
        }
    }
}
