import Referral

/// Keeps a unit from meeting both sides of one event.
extension Exchange {
    /// Whether a unit has been shown the other side of the same event, and this side never.
    static func isOnOtherSide(
        _ participant: Participant, than assignment: AssignmentState, of state: ReferralState, in reader: any ReferralReader
    ) throws -> Bool {
        guard let place = state.conflictPlace(of: assignment) else { return false }
        let sides = try reader.sides(of: place.mark, shownTo: participant)
        return !sides.contains(place.side) && place.isClosed(toThoseOn: sides)
    }

    /// Whether another side of the same event, which the unit has or has had, closes a case to it.
    static func isClosed(
        _ assignment: AssignmentState, of state: ReferralState, to participant: Participant, in reader: any ReferralReader
    ) throws -> Bool {
        guard let place = state.conflictPlace(of: assignment) else { return false }
        return place.isClosed(toThoseOn: try reader.sides(of: place.mark, shownTo: participant))
    }
}
