import Foundation
import Referral
import Testing

/// One unit is never on two sides of one event.
@Suite struct ConflictOfInterestTests {
    private typealias World = SmallWorld
    private static let mark = ContentDigest(hexadecimal: "a0")

    private static func life(_ role: Role, _ service: Service = .support, mark: ContentDigest? = mark) throws -> Life {
        var content = World.content(services: [service])
        content.role = role
        if role.followsVictim { content.relatedVictim = RelatedVictim(age: 17) }
        return try Life(content, conflictMark: mark)
    }

    @Test func everyRoleHasItsSide() {
        let expected: [Role: Side?] = [
            .victim: .victim, .witness: .victim, .relativeOfVictim: .victim, .relativeOfOffender: .offender, .professional: nil,
        ]
        for role in Role.allCases {
            #expect(Side(.support, for: role) == expected[role] ?? nil)
            #expect(Side(.mediation, for: role) == .mediation)
        }
    }

    @Test func aPlaceIsClosedToThoseOfOtherSidesAlone() throws {
        let life = try Self.life(.victim)
        let place = try #require(life.state.conflictPlace(of: try life.assignment))
        #expect(place.mark == Self.mark && place.side == .victim)
        for sides in [[], [Side.victim]] { #expect(!place.isClosed(toThoseOn: Set(sides))) }
        for sides in [[Side.offender], [.mediation], [.victim, .mediation]] { #expect(place.isClosed(toThoseOn: Set(sides))) }
    }

    @Test func withoutAGroupOrASideNothingIsClosed() throws {
        for life in [try Self.life(.victim, mark: nil), try Self.life(.professional)] {
            #expect(try life.state.conflictPlace(of: life.assignment) == nil)
        }
        let mediation = try Self.life(.professional, .mediation)
        #expect(mediation.state.assignments.first.flatMap { mediation.state.conflictPlace(of: $0) }?.side == .mediation)
    }

    /// Who decides knows of the conflict: the review says so. But whoever gets the case is on its side from then on.
    @Test func whatAPersonHasDecidedStands() throws {
        var life = try Self.life(.victim)
        try life.act(.assign(to: World.jour, reason: .reviewed), by: World.coordinatorOne)
        #expect(try life.assignment.isAssignedByHand)
        #expect(try life.state.conflictPlace(of: life.assignment) == nil)
        #expect(try life.state.side(of: life.assignment)?.side == .victim)
        // Until the rules decide again.
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.jourOne)
        try life.send(.giveBack(Life.support, reason: .outsideAge), by: World.jourOne)
        #expect(try life.assignment.owner == World.centre)
        #expect(try life.state.conflictPlace(of: life.assignment)?.side == .victim)
    }

    @Test func whoIsShownACaseIsSaidByTheEvent() throws {
        let id = Life.support
        let lease = Lease(holder: World.jourOne, until: World.morning)
        #expect(ReferralEvent.leased(id, lease, disclosed: []).shownTo?.reader == World.jourOne)
        #expect(ReferralEvent.handover(id, .accepted(by: World.jourOne, disclosed: [])).shownTo?.reader == World.jourOne)
        let reading = ContentReading(by: World.jourOne, reason: nil, disclosed: [])
        #expect(ReferralEvent.read(id, reading).shownTo?.reader == World.jourOne)
        // The coordinator is on no side.
        let checking = ContentReading(by: World.coordinatorOne, reason: .danger, disclosed: [])
        for event in [ReferralEvent.accepted(id, by: World.jourOne), .offered(id, to: World.jour), .read(id, checking)] {
            #expect(event.shownTo == nil)
        }
    }

    /// Facts from before the mark was kept.
    @Test func factsWithoutAMarkAreRead() throws {
        let facts = CaseFacts(World.content(), received: CivilDate(inStockholmAt: World.morning), conflictMark: Self.mark)
        let encoded = try JSONEncoder().encode(facts)
        #expect(try JSONDecoder().decode(CaseFacts.self, from: encoded) == facts)
        var old = try #require(try JSONSerialization.jsonObject(with: encoded) as? [String: Any])
        #expect(old.removeValue(forKey: "conflictMark") != nil)
        let read = try JSONDecoder().decode(CaseFacts.self, from: JSONSerialization.data(withJSONObject: old))
        #expect(read.conflictMark == nil && read.area == facts.area)
    }
}
