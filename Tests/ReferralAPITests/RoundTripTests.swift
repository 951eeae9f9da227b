import NIOCore
import Referral
import SeededRandom
import Testing

@testable import ReferralAPI

@Suite struct RoundTripTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func generatedContentArrivesAsItWasSent(seed: UInt64) throws {
        var generator = ContentGenerator(seed: seed)
        for _ in 0..<100 {
            let content = generator.content()
            let request = try decoder.submitRequest(packedSubmission(content, id: "m!~"), today: today)
            #expect(request.content == content)
            #expect(request.messageID == MessageID("m!~"))
            #expect(try request.canonical == content.packed())
            #expect(try decoder.content(stored: request.canonical, received: today) == content)
        }
    }

    /// Or the test above proves less than it says.
    @Test func generatedContentUsesEveryField() {
        var generator = ContentGenerator(seed: 1)
        var values: [String: Set<String>] = [:]
        for _ in 0..<500 { collect(generator.content(), "", into: &values) }
        #expect(values.count > 60)
        for (path, seen) in values { #expect(seen.count > 1, "\(path) is always the same") }
    }

    @Test func storedContentIsReadByTheDayItArrived() throws {
        var content = fullContent
        content.person = Person(personalNumber: "260315-0000")
        let canonical = try content.packed()
        #expect(try decoder.content(stored: canonical, received: day("2026-03-15")).person.birthDate == day("2026-03-15"))
        #expect(try decoder.content(stored: canonical, received: day("2125-12-31")).person.birthDate == day("2026-03-15"))
        #expect(try decoder.content(stored: canonical, received: day("2126-03-15")).person.birthDate == day("2126-03-15"))
    }

    @Test func whatWasStoredStaysReadableWhenRulesWouldRefuseItToday() throws {
        var content = fullContent
        content.contacts = []
        content.consent.coversSupport = false
        content.event.crimeCodeYear = 2090
        content.event.date = day("2030-01-01")
        #expect(try decoder.content(stored: content.packed(), received: today) == content)
        let production = ReferralDecoder(digestKey: [1], acceptsTestData: false)
        #expect(try production.content(stored: content.packed(), received: today) == content)
    }

    @Test func damagedStorageIsAFaultAndNoTrap() throws {
        let canonical = try fullContent.packed()
        for length in 0..<canonical.count {
            _ = try? decoder.content(stored: Array(canonical.prefix(length)), received: today)
        }
        var random = SplitMix64(seed: 3)
        for _ in 0..<5_000 {
            var bytes = canonical
            bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            var message = ByteBuffer(bytes: [0x0A, 1, 0x61, 0x12] + varint(bytes.count))
            message.writeBytes(bytes)
            _ = try? decoder.submitRequest(message, today: today)
        }
        #expect(throws: Faults.self) { try decoder.content(stored: [0xFF], received: today) }
    }

    @Test func whatEachRecipientIsShownCanBeReadByItsClient() throws {
        var generator = ContentGenerator(seed: 11)
        for _ in 0..<300 {
            let content = generator.content()
            for recipient in RecipientClass.allCases {
                for service in content.services {
                    let shown = Disclosure.project(
                        content, to: Disclosure.groups(for: recipient, service: service), service: service,
                        facts: CaseFacts(content, received: today))
                    let assignment = sampleAssignment(shown, service)
                    #expect(try Assignment(unpacking: assignment.packed(), .shown) == assignment)
                }
            }
        }
    }

    private func collect(_ value: Any, _ path: String, into values: inout [String: Set<String>]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .struct where !(value is CivilDate):
            for child in mirror.children { collect(child.value, "\(path).\(child.label ?? "")", into: &values) }
        case .collection:
            values[path, default: []].insert("\(mirror.children.count)")
            for child in mirror.children { collect(child.value, path + "[]", into: &values) }
        case .optional:
            values[path, default: []].insert(mirror.children.isEmpty ? "nil" : "some")
            if let child = mirror.children.first { collect(child.value, path + "?", into: &values) }
        default: values[path, default: []].insert("\(value)")
        }
    }
}

func sampleAssignment(_ content: ReferralContent = fullContent, _ service: Service = .mediation) -> Assignment {
    Assignment(
        id: AssignmentID("a-1"), service: service, availableAt: Instant(milliseconds: 1_773_570_000_123),
        leasedUntil: Instant(milliseconds: 1_773_570_300_000),
        sender: Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort")), content: content,
        decision: sampleDecision(.recipient(OrganisationID("stodcentrum-soderort"))))
}

func sampleDecision(_ outcome: RoutingDecision.Outcome) -> RoutingDecision {
    RoutingDecision(
        service: .mediation, outcome: outcome, ruleSet: "2026-1", rule: "r7", ruleText: "Gärningsperson under 21",
        inputs: [.init(name: "age", value: "16", origin: "birth date"), .init(name: "area", value: nil, origin: nil)],
        notes: ["boundary-age", "x"], asOf: today,
        otherwise: [
            .init(
                input: "own age", value: "22 or more", outcome: .recipient(OrganisationID("bojen-vasterort")), rule: "adult",
                isBoundary: true),
            .init(input: "area", value: "0186 or 2 other areas", outcome: .review(.noRecipientForArea), rule: nil),
        ], agesOn: today)
}

func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + varint(value >> 7)
}
