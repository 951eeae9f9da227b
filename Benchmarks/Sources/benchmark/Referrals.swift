import ArgumentParser
import Configuration
import Foundation
import Referral
import ReferralAPI
import TTRPC

/// Durable submissions to a running daemon: every receipt means that the referral is on disk.
struct SubmitReferrals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "submit", abstract: "Measure durable submissions to a running lotsd.")

    @Option var port: Int
    @Option var outstanding = 64
    @Option var seconds = 3.0
    @OptionGroup var pki: PKIOption

    func run() async throws {
        let client = try await connect(port: port, pki: pki.pki, as: "polisen-stockholm/vasterort")
        defer { client.close() }
        let referrals = ReferralClient(client)
        let run = UUID().uuidString.prefix(8)
        let contents = sampleContents()
        let latencies = try await Latencies.measure(concurrency: outstanding, seconds: seconds, on: client.taskExecutor) { number in
            let receipt = try await referrals.submit(
                Submission(messageID: MessageID("\(run)-\(outstanding)-\(number)"), content: contents[number % contents.count]))
            guard case .accepted = receipt.outcome else { throw ExitCode.failure }
        }
        print("durable submissions, \(outstanding) outstanding: \(latencies.summary)")
    }
}

/// Routing decisions of the shipped configuration, on one core.
struct RouteReferrals: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "route", abstract: "Measure routing decisions.")

    @Option var config: String
    @Option var decisions = 1_000_000

    func run() throws {
        let routing = try DaemonConfiguration.readAll(file: config).policy.routing
        guard let day = CivilDate("2026-03-02") else { throw ExitCode.failure }
        let facts = sampleContents().map { CaseFacts($0, received: day) }
        var inputs = 0
        let time = ContinuousClock().measure {
            for number in 0..<decisions {
                inputs += routing.decide(facts[number % facts.count], service: .support, on: day).inputs.count
            }
        }
        guard inputs > 0 else { throw ExitCode.failure }
        print("routing decision with its explanation: \(Int(time / Duration.nanoseconds(1)) / decisions) ns")
    }
}

/// A mix of ages and areas, some 500 bytes each on the wire. Invented persons.
private func sampleContents() -> [ReferralContent] {
    let districts = ["farsta", "bromma", "sodermalm", "jarva", "skarpnack", "hasselby-vallingby", "kungsholmen", "skarholmen"]
    return (0..<256).map { number in
        ReferralContent(
            person: Person(name: "Exempel Påhittad \(number)", age: 10 + number % 70, sex: number.isMultiple(of: 2) ? .female : .male),
            role: .victim, residence: Area(municipality: "0180", district: districts[number % districts.count]),
            contacts: [
                Contact(
                    phone: "+46701740605", email: "exempel\(number)@example.org", holder: .person, noVoicemail: true,
                    safeHours: "vardagar efter 16")
            ],
            consent: Consent(status: .yes, coversSupport: true, coversOutcome: true), legalBasis: .consent, protectedIdentity: .none,
            language: "sv",
            event: CrimeEvent(
                category: .assault, crimeCode: "0375", crimeCodeYear: 2026, policeReference: "5000-K\(100_000 + number)-26", reported: .yes),
            services: [.support], freeText: String(repeating: "Träffas helst på dagtid. ", count: 8), isTest: true)
    }
}
