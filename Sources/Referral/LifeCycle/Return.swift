extension CaseDecision {
    /// A first return is routed again without those who have let go of the case; after the second people decide.
    func giveBack(_ reason: ReturnReason) throws(Rejection) -> [ReferralEvent] {
        switch assignment.phase {
        case .offered, .leased, .received: break
        case .review, .working, .onHold, .handoverOffered, .ended:
            switch try stageUndisturbed() {
            case .accepted, .contacting, .eligible, .leaderConsulted: break
            case .contacted, .inSupport, .askingParties, .preMeetings, .meeting:
                throw .forbidden("the person has been reached: hand the case over instead, with their consent")
            case .agreed, .notAgreed, .interrupted: throw .mediationOver
            }
        }
        let returned = ReferralEvent.returned(id, by: actor, reason: reason)
        let coordinator = policy.directory(at: now).coordinator
        guard assignment.returnedBy.isEmpty else {
            return [returned] + placing([.review(id, reason: .returnedTwice, owner: coordinator)])
        }
        let decision = policy.routing.explain(
            state.facts, service: assignment.service, on: CivilDate(inStockholmAt: now),
            excluding: assignment.letGoBy.union([actor.organisation]))
        return [returned] + placing(ReferralState.placement(of: id, by: decision, coordinator: coordinator))
    }
}
