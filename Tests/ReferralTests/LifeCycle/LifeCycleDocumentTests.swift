import Foundation
import Referral
import Testing

@Suite struct LifeCycleDocumentTests {
    private typealias World = SmallWorld

    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "LIFECYCLE.md")

    @Test func theDocumentSaysWhatTheCodeDoes() throws {
        let text = try LifeCycleDocument().text
        if let path = ProcessInfo.processInfo.environment["LOTS_WRITE_LIFECYCLE"] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == text, "LIFECYCLE.md is not what the code does; see its first lines")
    }

    @Test func everyStateOfACaseIsTried() throws {
        let tried = try TransitionTable.representatives().map { TransitionTable.name($0.1.state) }
        #expect(try TransitionTable.representatives().map(\.0) == tried)
        let stages = Stage.allCases.map(\.rawValue)
        let others = ["review", "offered", "leased", "received", "on hold", "handover offered", "proposed"]
        let ends = ["completed", "reported", "unreachable", "declined", "withdrawn", "recalled", "entered in error"]
        #expect(Set(tried) == Set(stages + others + ends + ["awaiting consent", "refused", "closed"]))
    }

    @Test func nothingLeadsOutOfAFinalState() throws {
        for (name, life) in try TransitionTable.representatives() {
            guard let assignment = life.state.assignment(Life.support), !assignment.isOpen else { continue }
            let table = try TransitionTable([(name, life)])
            for row in table.rows {
                if case .to(let next)? = row.answers.first?.answer { #expect(next == name, "\(row.command)") }
            }
        }
    }

    @Test func everybodyDoesOnlyWhatIsTheirs() throws {
        // By the permissions of the command alone, whatever the state.
        for (name, life) in try TransitionTable.representatives() {
            for command in AssignmentCommand.all(at: life.now) {
                for actor in TransitionTable.actors {
                    let request = CaseRequest(id: CommandID("x"), .assignment(Life.support, command))
                    guard let participant = actor.participant, (try? life.decide(.perform(request), by: participant)) != nil else {
                        continue
                    }
                    let assignment = try #require(life.state.assignment(Life.support))
                    let isPermitted = command.permitted.contains { capacity in
                        switch capacity {
                        case .owner: participant.organisation == assignment.owner
                        case .asked:
                            if case .handoverOffered(let offer) = assignment.phase { offer.to == participant.organisation } else { false }
                        case .coordinator: participant == World.coordinatorOne
                        case .sender, .exchange: false
                        }
                    }
                    #expect(isPermitted, "\(command) by \(actor.name) in \(name)")
                }
            }
        }
    }
}

extension AssignmentCommand {
    /// One of each kind.
    static func all(at now: Instant) -> [AssignmentCommand] {
        let day = CivilDate(inStockholmAt: now).adding(days: 10)
        let mediation: [MediationCommand] = [
            .addParty(.victim, age: 30, admitted: .unknown), .find(.suitable(.yes)), .confirmEligible, .consultLeader(.noObjection),
            .ask("victim-1"), .recordAnswer("victim-1", agrees: true), .recordAnswer("offender-1", agrees: false),
            .recordPreMeeting("victim-1", at: now), .recordMediation(at: now), .conclude(agreed: true), .interrupt(.partyNotReached),
            .report(to: .police),
        ]
        return [
            .recordAttempt(Attempt(channel: .call, at: now, result: .noAnswer)), .recordContact(ContactMade(channel: .sms, at: now)),
            .recordMeeting(Meeting(.offered, form: .video, at: now)), .recordMeeting(Meeting(.held, form: .call, at: now)),
            .recordService(ServiceGiven(.information, minutes: 20, municipality: "0180")), .hold(.illness, until: day), .resume,
            .offerHandover(to: SmallWorld.jour, reason: .age, personAgrees: true),
            .offerHandover(to: SmallWorld.neighbour, reason: .moved, personAgrees: true), .answerHandover(.accepted),
            .answerHandover(.refused(.noCapacity)), .complete(.supported), .closeUnreachable, .decline, .withdraw(.everything),
            .withdraw(.service(.mediation)), .answerRecall(.granted), .answerRecall(.refused(.supportUnderWay)),
            .assign(to: SmallWorld.jour, reason: .reviewed), .assign(to: SmallWorld.neighbour, reason: .ownerUnavailable), .reroute,
            .redrive, .read(.assignment),
        ] + mediation.map { .mediate($0) }
    }
}
