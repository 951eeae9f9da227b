import ArgumentParser
import Configuration
import Foundation
import Referral

/// `lotsd check`: every mistake in the settings, the directory and the routing tables, and every person that the tables leave out or decide
/// twice, without starting anything.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the settings, the directory and the routing tables and name every mistake.",
        discussion: """
            Mistakes keep the daemon from starting: exit code 78. Findings do not, since a case without a rule goes to review: people for \
            whom no rule holds, rules that contradict each other or never decide, columns and values without effect. Exit code 1.
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let (configuration, policy) = try readConfiguration(options.config)
        let directory = policy.routing.directory
        let today = CivilDate(inStockholmAt: ExchangeClock(startAt: nil).now())
        print(
            """
            \(options.config): no mistakes
              \(directory.organisations.count) organisations, \(directory.areas.count) areas, \(policy.routing.ruleSets.count) rule sets
              listens on \(configuration.listen.host):\(configuration.listen.port), database \(configuration.databasePath)
            """)
        let check = policy.routing.check()
        print((check.lines + directory.protectedReaderLines(on: today)).joined(separator: "\n"))
        guard check.unaccepted.isEmpty else { throw ExitCode(1) }
    }
}

/// `lotsd participants`: the units of the directory, one `organisation/unit` a line; what the certificate script takes.
struct Participants: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List every organisation/unit of the directory, one a line.")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let (_, policy) = try readConfiguration(options.config)
        for organisation in policy.routing.directory.organisations {
            for unit in organisation.units { print("\(organisation.id)/\(unit.id)") }
        }
    }
}

/// Reads everything, or prints every mistake, a line each, and ends with the exit code of a configuration error (78, sysexits).
func readConfiguration(_ path: String) throws -> (configuration: DaemonConfiguration, policy: Policy) {
    do {
        return try DaemonConfiguration.readAll(file: path, environment: ProcessInfo.processInfo.environment)
    } catch {
        try? FileHandle.standardError.write(contentsOf: Data("\(error)\n".utf8))
        throw ExitCode(78)
    }
}
