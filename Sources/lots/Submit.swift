import ArgumentParser
import Protobuf
import ReferralAPI
import TTRPC

/// `lots submit`: sends referrals, pipelined, and prints a receipt or a refusal for each.
struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send referrals.",
        discussion: """
            The input is one JSON object {"messageId": …, "referral": {…}}, or one such object a line. A line that is not a message is
            named with its place and left out; the others are sent.
            """)

    /// How many may be on their way unanswered.
    private static let window = 256

    @Argument(help: "A file, or - for standard input.")
    var input: String

    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        var counts = Counts()
        try await options.connected { client in
            // No time limit for the whole stream: it lasts as long as the input.
            counts = try await JSONClient(client).bidirectional(.submitStream) { requests, finish, results in
                var receiver = Receiver(name: input, json: options.json, results: results.makeAsyncIterator())
                var lines = try LineReader(path: input)
                var isFirst = true
                while let line = try await lines.next() {
                    do {
                        let message = try await Self.message(at: line, isFirst: isFirst, of: &lines)
                        isFirst = false
                        if receiver.outstanding == Self.window { try await receiver.receive() }
                        try await requests.write(message)
                        receiver.sent(line: line.number)
                    } catch let faults as JSONFaults {
                        receiver.refuse(faults)
                    }
                }
                finish()
                guard !isFirst || receiver.hasRefused else { throw InputFault(description: "\(input): there is no message in it") }
                while receiver.outstanding > 0 { try await receiver.receive() }
                return receiver.finish()
            }
        }
        if let code = counts.exitCode { throw code }
    }

    /// The first line decides: when it is no complete value, the whole input is one.
    private static func message(at line: LineReader.Line, isFirst: Bool, of lines: inout LineReader) async throws -> JSONValue {
        do {
            return try JSONValue(parsing: line.bytes, firstLine: line.number)
        } catch {
            guard isFirst else { throw error }
            return try JSONValue(parsing: try await lines.rest(after: line), firstLine: line.number)
        }
    }

    struct Counts {
        var taken = 0
        var refused = 0
        /// Of the refused, those that the caller may not send.
        var forbidden = 0
        /// Set when a refusal was the exchange's doing: the message is fine and has to be sent again.
        var tryAgain: ExitCode?

        var exitCode: ExitCode? {
            if refused == 0 { return nil }
            return tryAgain ?? (refused == forbidden ? Failure.noPermission : Failure.dataError)
        }
    }

    /// Takes the answers, counts them and shows them.
    private struct Receiver {
        let name: String
        let json: Bool
        var results: TypedStream<JSONValue>.Iterator
        private(set) var outstanding = 0
        private var counts = Counts()
        private var lines: [Int] = []
        private var table = Table("MESSAGE", "REFERRAL", "OUTCOME", "SERVICES")

        init(name: String, json: Bool, results: TypedStream<JSONValue>.Iterator) {
            self.name = name
            self.json = json
            self.results = results
        }

        mutating func sent(line: Int) {
            lines.append(line)
            outstanding += 1
        }

        mutating func refuse(_ faults: JSONFaults) {
            counts.refused += 1
            for fault in faults.faults { Console.error("\(name):\(fault)") }
        }

        mutating func receive() async throws {
            guard let result = try await results.next() else {
                throw CallFailure(
                    TTRPC.Status(.unavailable, "the exchange ended the stream with \(outstanding) messages unanswered; send them again"))
            }
            outstanding -= 1
            if let receipt = result["receipt"] {
                counts.taken += 1
                if !json {
                    table.add(
                        receipt["messageId"]?.string ?? "", receipt["referralId"]?.string ?? "", Label.outcome(receipt),
                        Label.services(receipt))
                }
            } else {
                counts.refused += 1
                let code: Int32? = result["refusal"]?["code"]?.integer()
                let exit = Failure.code(for: TTRPC.Status.Code(rawValue: code ?? 0))
                if exit == Failure.noPermission { counts.forbidden += 1 }
                if ![Failure.noPermission, Failure.dataError].contains(exit) { counts.tryAgain = exit }
                show(refusal: result)
            }
            if json { Console.json(result) }
            Console.progress("\(counts.taken) taken, \(counts.refused) refused")
        }

        private func show(refusal result: JSONValue) {
            let item = result["item"]?.integer(as: Int.self) ?? 0
            let place = "\(name):\(lines.indices.contains(item - 1) ? lines[item - 1] : 0)"
            let id = result["messageId"]?.string ?? "without a readable id"
            // Every fault, a line each, so that a long list is not cut.
            let faults = Label.array(result["refusal"]?["faults"]).map { "\($0["path"]?.string ?? ""): \($0["rule"]?.string ?? "")" }
            for reason in faults.isEmpty ? [result["refusal"]?["message"]?.string ?? ""] : faults {
                Console.error("\(place): message \(id) was refused: \(reason)")
            }
        }

        var hasRefused: Bool { counts.refused > 0 }

        func finish() -> Counts {
            Console.progress("")
            if !json {
                table.print()
                Console.line("\(counts.taken) taken, \(counts.refused) refused")
            }
            return counts
        }
    }
}
