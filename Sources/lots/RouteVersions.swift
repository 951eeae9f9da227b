import ArgumentParser
import Foundation
import NIOPosix
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// `lots route versions`: what was published, and when it is in force.
struct RouteVersions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "List the rule sets and directories that were published, and when each is in force.",
        discussion: "For the coordinator and auditors.")

    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let answer = try await JSONClient(client).unary(.listVersions, .object([:]), options: options.call)
            let versions = Label.array(answer["versions"])
            if options.json { return versions.forEach(Console.json) }
            var table = Table("VERSION", "NAME", "IN FORCE", "PUBLISHED", "BY", "SIGNED OFF BY", "ROLLED BACK")
            for version in versions {
                let rollback = version["rollback"].map { "\($0["at"]?.string ?? ""): \($0["reason"]?.string ?? "")" } ?? ""
                table.add(
                    VersionText.label(version), version["name"]?.string ?? "", VersionText.days(version),
                    version["publishedAt"]?.string ?? "", version["publishedBy"]?.string ?? "", version["signedOffBy"]?.string ?? "",
                    rollback.split(whereSeparator: \.isNewline).joined(separator: " "))
            }
            table.print()
        }
    }
}

/// `lots route version`: the files of one version, to be edited and published anew.
struct RouteVersion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Write the files of a version to a folder, so that they can be edited and published anew.",
        discussion: "For the coordinator and auditors. With --json the version and its texts are printed and nothing is written.")

    @OptionGroup var version: VersionChoice
    @Option(help: "The folder; default: rule-set-N or directory-N here. No file in it is overwritten.") var to: String?
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let request = JSONValue.object(["kind": .string(version.member), "number": .number(version.number)])
            let answer = try await JSONClient(client).unary(.getVersion, request, options: options.call)
            if options.json { return Console.json(answer) }
            let texts = Label.array(answer["texts"]).map { ($0["name"]?.string ?? "", $0["text"]?.string ?? "") }
            let folder = to ?? "\(version.word)-\(version.number)"
            do {
                for path in try await Self.write(texts, to: folder) { Console.line(path) }
            } catch let error as CocoaError {
                _ = Failure.report(error)
                throw Failure.output
            }
        }
    }

    private static func write(_ texts: [(name: String, text: String)], to folder: String) async throws -> [String] {
        try await NIOThreadPool.singleton.runIfActive {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return try texts.map { name, text in
                // The name comes from the exchange; it is not to lead out of the folder.
                let known = VersionKind.allCases.flatMap(PublicationContent.names)
                guard known.contains(name) else { throw InputFault(description: "the exchange has sent a file of an unknown name") }
                let path = (folder as NSString).appendingPathComponent(name)
                try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
                return path
            }
        }
    }
}

/// Which version is meant.
struct VersionChoice: ParsableArguments {
    @Option(help: "The number of a rule set.") var ruleSet: Int?
    @Option(help: "The number of a directory.") var directory: Int?

    func validate() throws {
        guard (ruleSet == nil) != (directory == nil) else { throw ValidationError("give --rule-set N or --directory N") }
    }

    /// Below 1 when there is none, which the exchange refuses.
    var number: Int { ruleSet ?? directory ?? 0 }
    var word: String { ruleSet == nil ? "directory" : "rule-set" }
    /// As the contract names the kind.
    var member: String { ruleSet == nil ? "VERSION_KIND_DIRECTORY" : Self.ruleSetMember }
    static let ruleSetMember = "VERSION_KIND_RULE_SET"
}

/// A version in words.
enum VersionText {
    /// `rule set 3`
    static func label(_ version: JSONValue) -> String {
        "\(Label.member(version["kind"]?.string, without: "VERSION_KIND_")) \(version["number"]?.integer(as: Int.self) ?? 0)"
    }

    /// `2026-12-01 to 2026-12-31, from 2027-02-01`
    static func days(_ version: JSONValue) -> String {
        let periods = Label.array(version["inForce"]).map { days in
            let (first, last) = (days["first"]?.string ?? "", days["last"]?.string ?? "")
            return switch (first.isEmpty, last.isEmpty) {
            case (true, true): "always"
            case (false, true): "from \(first)"
            case (true, false): "until \(last)"
            case (false, false): first == last ? first : "\(first) to \(last)"
            }
        }
        return periods.isEmpty ? "on no day" : periods.joined(separator: ", ")
    }

    /// `rule set 3 Stockholm 2027 is in force from 2027-01-01`
    static func sentence(_ version: JSONValue) -> String {
        let title = "\(label(version)) \(version["name"]?.string ?? "")"
        guard let rollback = version["rollback"] else { return "\(title) is in force \(days(version))" }
        return "\(title) was rolled back at \(rollback["at"]?.string ?? "") and keeps the days before, in force \(days(version)); "
            + "`lots route versions` shows what is in force now"
    }
}
