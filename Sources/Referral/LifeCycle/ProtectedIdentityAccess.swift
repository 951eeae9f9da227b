extension ReferralState {
    /// Whether a unit may have this case at all: one of a person with a protected identity is for named readers only. To other units of its
    /// owner it is not there.
    public func isOpen(to participant: Participant, at now: Instant, _ policy: Policy) -> Bool {
        guard facts.protectedIdentity.isProtected else { return true }
        return policy.directory(at: now).readsProtected(participant, on: CivilDate(inStockholmAt: now))
    }
}
