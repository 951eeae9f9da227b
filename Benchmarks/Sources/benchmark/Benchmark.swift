import ArgumentParser

/// Each subcommand measures one thing and prints a line. `scripts/bench` runs them side by side with their peers.
@main
struct Benchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures Lots.",
        subcommands: [
            ServeEcho.self, CallEcho.self, StreamBytes.self, Handshakes.self, IdleConnections.self, SubmitReferrals.self,
            Overload.self, RouteReferrals.self,
        ])
}

/// Where the certificates are: ca.crt, server.crt, server.key, clients/<organisation>/<unit>.crt and .key.
struct PKIOption: ParsableArguments {
    @Option(help: "The folder of a development PKI.")
    var pki: String
}
