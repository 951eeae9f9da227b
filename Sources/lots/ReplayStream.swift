import ArgumentParser
import Foundation
import NIOPosix
import Recording
import ReferralAPI
import TLS
import TTRPC
import TTRPCOverTLS

/// `lots replay`: plays a recorded message stream and compares every answer.
struct ReplayStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play a recorded message stream to an exchange and compare every answer with the recorded one.",
        discussion: "Exit code 65 when an answer differs.")

    @Argument(help: "A recording, JSON lines; see Tests/Streams/README.md.")
    var recording: String

    @Option(help: "host:port of the exchange.")
    var server: String

    @Option(help: "The spiffe:// name that the server's certificate must carry.")
    var serverIdentity = "spiffe://lots.example/lots/exchange"

    @Option(help: "The folder of a development PKI: ca.crt and clients/<organisation>/<unit>.crt and .key for every identity.")
    var pki = "certs/development"

    @Option(help: "Write the recording with the answers of this exchange to a file. Needed when the recording holds requests only.")
    var record: String?

    func validate() throws {
        if address == nil { throw ValidationError("--server: host:port") }
    }

    private var address: (host: String, port: Int)? {
        guard let colon = server.lastIndex(of: ":"), let port = Int(server[server.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        return (String(server[..<colon]), port)
    }

    func run() async throws {
        do {
            let report = try await play()
            for difference in report.differences { Console.error("\(difference)") }
            if report.moreDifferences > 0 { Console.error("and \(report.moreDifferences) more differences") }
            let differences = report.differences.count + report.moreDifferences
            Console.line(
                "\(report.requests) requests, \(report.answers) answers, \(report.comparedAnswers) compared with the recorded ones, "
                    + "\(differences) different")
            if differences > 0 { throw Failure.dataError }
        } catch let exit as ExitCode {
            throw exit
        } catch {
            throw Failure.report(error)
        }
    }

    private func play() async throws -> ReplayReport {
        guard let (host, port) = address else { throw ValidationError("--server: host:port") }
        let replay = Replay(types: .contract) { [serverIdentity, pki] identity in
            guard let identifier = SPIFFEIdentifier(identity) else {
                throw InputFault(description: "\(identity): not the name of a participant")
            }
            let client = "\(pki)/clients/\(identifier.organisation)/\(identifier.unit)"
            var configuration = TLSConfiguration(
                role: .client(expecting: .init(spiffeIdentifier: serverIdentity)), certificateChainFile: "\(client).crt",
                privateKeyFile: "\(client).key", trustRootsFile: "\(pki)/ca.crt")
            configuration.applicationProtocols = WireProtocol.names
            return try await Client.connect(host: host, port: port, context: TLSContext(configuration))
        }
        let source = RecordingSource(file: recording)
        guard let record else { return try await replay.run(source) }
        let manager = FileManager.default
        guard manager.createFile(atPath: record, contents: nil), let output = FileHandle(forWritingAtPath: record) else {
            throw InputFault(description: "\(record): cannot be written")
        }
        let report = try await replay.run(source) { line in
            try await NIOThreadPool.singleton.runIfActive { try output.write(contentsOf: Data(line)) }
        }
        try output.close()
        return report
    }
}
