import Referral
import ReferralAPI
import TTRPC

/// The three watches, by what they tell of an entry.
extension Exchange {
    /// What the coordinator and organisations are told of cases.
    func watchCases(
        _ request: WatchRequest, _ responses: WatchResponses, drain: DrainSignal,
        access: @escaping @Sendable () throws -> Participant, as reader: @escaping @Sendable (Participant) -> LogReader
    ) async throws {
        let watch = Watch<CaseChange>(
            exchange: self, access: { reader(try access()) },
            tell: { logged in
                let participant = try access()
                // People with a protected identity are in nobody's stream but that of their named readers.
                let policy = policy
                guard logged.after.isOpen(to: participant, at: now(), policy) else { return [] }
                let told =
                    switch reader(participant) {
                    case .organisation(let organisation): logged.told(to: organisation)
                    case .coordinator: logged.toldToCoordinator
                    case .sender: [LoggedChange.Told]()
                    }
                return told.map { told in
                    let place = WatchPlace(logged.entry.sequence, told.index)
                    var state = told.state.map { self.state($0, of: logged.after, seenBy: participant) }
                    // What it was like then may be for others to see now: Get shows the parties of today.
                    state?.mediation = nil
                    return (
                        place,
                        CaseChange(
                            sequence: place.number, at: logged.entry.at, assignmentID: told.assignment, what: told.what, state: state)
                    )
                }
            })
        try await watch.run(request, drain: drain) { event in
            switch event {
            case .change(let change): try await responses.write(.change(change))
            case .alarm(.alarm(let alarm)): try await responses.write(.alarm(alarm))
            case .alarm(.notice(let notice)): try await responses.write(.notice(notice))
            case .caughtUp(let caughtUp): try await responses.write(.caughtUp(caughtUp))
            }
        }
    }

    /// What a unit is told of the referrals that it has sent.
    func watchStatus(
        _ request: WatchRequest, _ responses: WatchStatusResponses, drain: DrainSignal,
        access: @escaping @Sendable () throws -> Participant
    ) async throws {
        let watch = Watch<StatusChange>(
            exchange: self, access: { .sender(try access()) },
            tell: { logged in
                guard logged.isToldToSender else { return [] }
                let place = WatchPlace(through: logged.entry.sequence)
                return [
                    (place, StatusChange(sequence: place.number, at: logged.entry.at, status: ReferralStatus(logged.after)))
                ]
            })
        try await watch.run(request, drain: drain) { event in
            switch event {
            case .change(let change): try await responses.write(.change(change))
            case .alarm(.alarm(let alarm)): try await responses.write(.alarm(alarm))
            case .alarm(.notice(let notice)): try await responses.write(.notice(notice))
            case .caughtUp(let caughtUp): try await responses.write(.caughtUp(caughtUp))
            }
        }
    }
}
