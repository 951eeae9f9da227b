import ArgumentParser
import Foundation
import NIOPosix
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// `lots route publish`: puts new tables or a new directory in force from a day on.
struct RoutePublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Put new tables, or a new directory, in force from a day on, on every exchange of the database.",
        discussion: """
            Either --support and --mediation, the two tables of a rule set, or --directory. For the coordinator only. Nothing is put in \
            force while a file has a mistake or a finding is not accepted: exit code 65, and every one of them is named. Accept a finding \
            with --accept ID=REASON, or those of an earlier rule set with --accept-as-in. Open cases stay where they are. The same again is the same version.
            """)

    @Option(help: "The decision table of support, a DMN file.") var support: String?
    @Option(help: "The decision table of mediation, a DMN file.") var mediation: String?
    @Option(help: "The directory, a file like config/directory.yaml.") var directory: String?
    @Option(help: "What people call this version.") var name: String
    @Option(help: "The first day, YYYY-MM-DD: today or later.") var validFrom: String
    @Option(help: "The last day of a rule set; without it until another one follows.") var validUntil: String?
    @Option(help: "The person who answers for it.") var signedOffBy: String
    @Option(help: "For those who read it later.") var comment: String?
    @Option(parsing: .singleValue, help: "ID=REASON of a finding that is no mistake; may be given several times.") var accept: [String] = []
    @Option(help: "Accept what this rule set has accepted, with its names and reasons.") var acceptAsIn: Int?
    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard (support == nil) == (mediation == nil), (support == nil) != (directory == nil) else {
            throw ValidationError("give --support and --mediation, or --directory")
        }
        guard directory == nil || validUntil == nil else {
            throw ValidationError("--valid-until: a directory is in force until the next one")
        }
        for text in accept where Self.parts(text) == nil { throw ValidationError("--accept \(text): ID=REASON") }
    }

    func run() async throws {
        try await options.connected { client in
            do {
                let (method, request) = try await request(accepting: try await acceptedBefore(client))
                // The check of the whole routing takes a while.
                let call = CallOptions(timeout: .seconds(max(options.timeout, 300)))
                let version = try await JSONClient(client).unary(method, request, options: call)
                options.json ? Console.json(version) : Console.line(VersionText.sentence(version))
            } catch let failure as CallFailure where !failure.faults.isEmpty {
                throw report(failure)
            }
        }
    }

    /// Every mistake or finding on a line of its own, under the names of the caller's own files.
    private func report(_ failure: CallFailure) -> ExitCode {
        let files = ["support.dmn": support, "mediation.dmn": mediation, "directory.yaml": directory]
        for fault in failure.faults {
            let name = fault.path.prefix { $0 != ":" }
            let path = files[String(name)].flatMap(\.self).map { $0 + fault.path.dropFirst(name.count) } ?? fault.path
            Console.error("lots: \(path): \(fault.rule)")
        }
        if failure.status.code == .failedPrecondition { Console.error("lots: \(failure.status.message)") }
        return Failure.code(for: failure.status.code)
    }

    private func acceptedBefore(_ client: Client) async throws -> [JSONValue] {
        guard let acceptAsIn else { return [] }
        let request = JSONValue.object(["kind": .string(VersionChoice.ruleSetMember), "number": .number(acceptAsIn)])
        let answer = try await JSONClient(client).unary(.getVersion, request, options: options.call)
        return Label.array(answer["version"]?["accepted"])
    }

    private func request(accepting before: [JSONValue]) async throws -> (MethodName, JSONValue) {
        let accepted =
            before
            + accept.compactMap(Self.parts).map { id, reason in
                JSONValue.object(["finding": .string(id), "by": .string(signedOffBy), "reason": .string(reason)])
            }
        func message(_ members: [(String, String?)]) -> JSONValue {
            let texts = members + [("name", name), ("validFrom", validFrom), ("signedOffBy", signedOffBy), ("comment", comment)]
            return JSONValue(
                .object(
                    texts.compactMap { name, text in text.map { JSONValue.Member(name, .string($0)) } }
                        + [JSONValue.Member("accepted", .array(accepted))]))
        }
        if let directory { return (.publishDirectory, message([("directory", try await Self.read(directory))])) }
        let tables = [
            ("support", try await Self.read(support ?? "")), ("mediation", try await Self.read(mediation ?? "")),
            ("validUntil", validUntil),
        ]
        return (.publishRuleSet, message(tables))
    }

    private static func parts(_ text: String) -> (id: String, reason: String)? {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex, text.index(after: sign) < text.endIndex else { return nil }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    private static func read(_ path: String) async throws -> String {
        let bytes = try await NIOThreadPool.singleton.runIfActive {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            return try file.read(upToCount: PublicationContent.textLimit + 1) ?? Data()
        }
        guard bytes.count <= PublicationContent.textLimit else {
            throw InputFault(description: "\(path): is larger than \(PublicationContent.textLimit) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw InputFault(description: "\(path): is not UTF-8 text") }
        return text
    }
}

/// `lots route rollback`: the version before is in force again.
struct RouteRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Take a version back: from now on the one before it is in force again.",
        discussion: "For the coordinator only. What was decided stays as it is. A version that has not begun just falls away.")

    @OptionGroup var version: VersionChoice
    @Option(help: "Why, for those who read it later.") var reason: String
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let request = JSONValue.object([
                "kind": .string(version.member), "number": .number(version.number), "reason": .string(reason),
            ])
            let answer = try await JSONClient(client).unary(.rollBack, request, options: options.call)
            options.json ? Console.json(answer) : Console.line(VersionText.sentence(answer))
        }
    }
}
