import ArgumentParser
import Configuration

@main
struct Lotsd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lotsd", abstract: "The exchange: takes referrals from senders and hands them to those who help.",
        version: LotsVersion.current,
        subcommands: [Run.self, Check.self, Participants.self, Recount.self, Backup.self, Restore.self], defaultSubcommand: Run.self)
}

/// What every subcommand is told.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "The settings; see config/lots.yaml. LOTS_… variables win over the file.")
    var config: String
}
