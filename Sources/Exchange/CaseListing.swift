public import Referral
import ReferralAPI

extension Exchange {
    /// One page of a list, as it is answered to a unit of the organisation whose list it is.
    func list(_ list: CaseList, _ request: ListCasesRequest, for participant: Participant) async throws -> ListCasesResponse {
        let place = try request.pageToken.map { try CasePlace(token: $0) }
        let (cases, next) = try await cases(of: participant.organisation, in: list, after: place, limit: request.limit)
        return ListCasesResponse(
            cases: cases.map { state($0, of: $1, seenBy: participant) }, nextPageToken: next.map(\.token))
    }

    /// One page of an organisation's list, the longest responsible first.
    /// - Returns: the cases, and the place to go on from when there are more.
    public func cases(
        of organisation: OrganisationID, in list: CaseList, after place: CasePlace?, limit: Int
    ) async throws -> (cases: [(AssignmentState, of: ReferralState)], next: CasePlace?) {
        let (page, damaged) = try await read { reader in
            let places = try reader.cases(of: organisation, in: list, after: place, limit: limit + 1)
            var cases: [(AssignmentState, of: ReferralState)] = []
            // One case that contradicts itself must not keep the others from being listed.
            var damaged: [AssignmentID] = []
            var parties = 0
            var last: CasePlace?
            for place in places.prefix(limit) where parties < Self.mostPartiesListed {
                last = place
                let state = try Self.undamaged { try Self.state(of: place.assignment, in: reader) }
                guard let state, let assignment = state.assignment(place.assignment) else {
                    damaged.append(place.assignment)
                    continue
                }
                cases.append((assignment, of: state))
                parties += assignment.mediation?.parties.count ?? 0
            }
            return ((cases: cases, next: last == places.last ? nil : last), damaged)
        }
        storeFault.report(damaged, logger)
        return page
    }

    /// No further case is listed in an answer once there are this many parties of mediations in it, so that it fits a frame.
    private static let mostPartiesListed = 2_000
}

extension CasePlace {
    /// For callers to bring back, never to take apart.
    fileprivate var token: String { "\(availableAt.milliseconds)_\(assignment)" }

    fileprivate init(token: String) throws {
        let parts = token.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]) else {
            throw Faults([Fault(path: "page_token", rule: "must be a next_page_token of the same list")])
        }
        self.init(availableAt: Instant(milliseconds: milliseconds), assignment: AssignmentID(String(parts[1])))
    }
}
