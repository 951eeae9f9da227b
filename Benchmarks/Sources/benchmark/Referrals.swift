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

/// More submissions than a running daemon can store: each is sent at its time, whether or not those before are answered.
struct Overload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overload", abstract: "Measure how a running lotsd answers more submissions than it can store.")

    @Option var port: Int
    @Option(help: "Times what it stores in the same time.") var factor = 2.0
    @Option var seconds = 3.0
    @OptionGroup var pki: PKIOption

    func run() async throws {
        var clients: [ReferralClient] = []
        for _ in 0..<4 { clients.append(ReferralClient(try await connect(port: port, pki: pki.pki, as: "polisen-stockholm/vasterort"))) }
        let (connections, contents, run) = (clients, sampleContents(), UUID().uuidString.prefix(8))
        @Sendable func submit(_ kind: String, _ number: Int) async throws {
            _ = try await connections[number % connections.count].submit(
                Submission(messageID: MessageID("\(run)-\(kind)-\(number)"), content: contents[number % contents.count]))
        }
        let capacity = try await Latencies.measure(concurrency: 64, seconds: seconds) { try await submit("c", $0) }
        print("capacity, 64 outstanding: \(capacity.summary)")

        let clock = ContinuousClock()
        let start = clock.now
        let interval = Duration.seconds(1 / (capacity.perSecond * factor))
        let outcomes = try await withThrowingTaskGroup(of: (Duration, Bool).self) { group in
            var number = 0
            while case let now = clock.now, now - start < .seconds(seconds) {
                while case let due = start + interval * number, due <= now {
                    group.addTask { [number] in
                        do {
                            try await submit("o", number)
                            return (clock.now - due, true)
                        } catch let failure as CallFailure where failure.status.code == .resourceExhausted {
                            return (clock.now - due, false)
                        }
                    }
                    number += 1
                }
                try await clock.sleep(for: .milliseconds(1))
            }
            return try await group.reduce(into: [(Duration, Bool)]()) { $0.append($1) }
        }
        let elapsed = clock.now - start
        print("\(factor) times as many, accepted: \(Latencies(outcomes.filter(\.1).map(\.0), elapsed: elapsed).summary)")
        print("\(factor) times as many, refused:  \(Latencies(outcomes.filter { !$0.1 }.map(\.0), elapsed: elapsed).summary)")
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
        func measure(_ what: String, _ decide: (CaseFacts) -> RoutingDecision) throws {
            var inputs = 0
            let time = ContinuousClock().measure {
                for number in 0..<decisions { inputs += decide(facts[number % facts.count]).inputs.count }
            }
            guard inputs > 0 else { throw ExitCode.failure }
            print("\(what): \(Int(time / Duration.nanoseconds(1)) / decisions) ns")
        }
        try measure("routing decision with its inputs and rule") { routing.decide($0, service: .support, on: day) }
        try measure("the same with what would have been otherwise") { routing.explain($0, service: .support, on: day) }
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
