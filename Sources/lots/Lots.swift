import ArgumentParser
import Configuration

@main
struct Lots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lots", abstract: "Send referrals, fetch cases, work on them, and ask what became of them.",
        discussion: """
            Exit codes: 0 done; 64 the command line is wrong; 65 something in the input was refused; 66 nothing of that id;
            69 the exchange cannot be reached; 70 the exchange failed; 74 the output cannot be written; 75 try again later; 77 not permitted; 78 the profile is wrong.
            """,
        version: LotsVersion.current,
        subcommands: [
            Submit.self, Status.self, Amend.self, ConsentCommand.self, Recall.self, Withdraw.self, EnterInError.self, Pull.self,
            Acknowledge.self, Accept.self, GiveBack.self, Case.self, Watch.self, Review.self, Source.self, Route.self, Health.self,
            ReplayStream.self,
            Summary.self, ReportCommand.self,
        ])
}
