import Referral
import Testing

extension StoreContract {
    /// What keeps a unit from a case.
    static let accessRules = [
        Rule("cases of people with a protected identity are available to their readers, and hold up nobody") { store in
            for number in 0..<20 { try await store.append(Sample.offered(number, protectedIdentity: .protectedRegistration)) }
            for number in 20..<22 { try await store.append(Sample.offered(number, protectedIdentity: .unknown)) }
            try await store.read { reader throws in
                let unit = Sample.holder(Sample.recipients[0])
                #expect(try reader.available(to: unit, readsProtected: false, limit: 2) == [20, 21].map { Sample.assignment($0) })
                #expect(try reader.available(to: unit, readsProtected: true, limit: 99).count == 22)
            }
        },
        Rule("a case is not available to a unit that was shown another side of the same event") { store in
            let organisation = Sample.recipients[0]
            let (one, other) = (Sample.holder(organisation), Participant(organisation: organisation, unit: UnitID("annan")))
            func available(_ unit: Participant) async throws -> [AssignmentID] {
                try await store.read { try $0.available(to: unit, readsProtected: false, limit: 9) }
            }
            let victim = try Sample.offered(1, conflict: "a0")
            try await store.append(victim)
            for (number, mark) in [(2, "a0"), (3, "b0")] {
                try await store.append(Sample.offered(number, role: .relativeOfOffender, conflict: mark))
            }
            try await store.append(Sample.offered(4, role: .witness, conflict: "a0"))
            #expect(try await available(one).count == 4)
            let lease = try Sample.leased(victim.state, until: Sample.noon)
            try await store.append(lease)
            // The witness is on the victim's side; the other group is another event.
            #expect(try await available(one) == [3, 4].map { Sample.assignment($0) })
            #expect(try await available(other) == [2, 3, 4].map { Sample.assignment($0) })
            let sides = try await store.read { reader in
                try [one, other].map { try reader.sides(of: ContentDigest(hexadecimal: "a0"), shownTo: $0) }
            }
            #expect(sides == [[.victim], []])
            // It has seen the case, also when it lets go of it.
            try await store.append(Sample.step([.leaseExpired(Sample.assignment(1))], after: lease.state, by: nil))
            #expect(try await available(one) == [1, 3, 4].map { Sample.assignment($0) })
        },
        Rule("what a person has given to an organisation is available to all its units") { store in
            let organisation = Sample.recipients[0]
            let unit = Sample.holder(organisation)
            let victim = try Sample.offered(1, conflict: "a0")
            let relative = try Sample.offered(2, role: .relativeOfOffender, conflict: "a0")
            try await store.append(victim)
            try await store.append(relative)
            try await store.append(Sample.leased(victim.state, until: Sample.noon))
            #expect(try await store.read { try $0.available(to: unit, readsProtected: false, limit: 9) } == [])
            let id = Sample.assignment(2)
            try await store.append(
                Sample.step(
                    [
                        .review(id, reason: .untaken, owner: Sample.coordinator), .assigned(id, reason: .reviewed),
                        .offered(id, to: organisation),
                    ], after: relative.state, by: nil))
            #expect(try await store.read { try $0.available(to: unit, readsProtected: false, limit: 9) } == [id])
        },
    ]
}
