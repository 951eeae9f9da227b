import Exchange
import NIOCore
import Referral
import ReferralAPI
import TTRPC
import Testing

/// Who sees what, in the bytes that leave the exchange.
@Suite(.timeLimit(.minutes(6))) struct DisclosureTests {
    /// What each kind of recipient must not get, planted in an otherwise ordinary referral.
    private enum Planted {
        static let personalNumber = "811218-9876"
        static let birthDate = "1981-12-18"
        static let freeText = "PLANTEDFREETEXT"
        static let policeReference = "0104-K771533-26"
        static let crimeCode = "9401"
        static let offenderName = "PLANTEDOFFENDER"
        static let offenderNumber = "20090501-1235"
        static let offenderBirthDate = "2009-05-01"
        static let offenderPhone = "+46701740699"

        static let offender = [offenderName, offenderNumber, offenderBirthDate, offenderPhone]
        static let all = [personalNumber, birthDate, freeText, policeReference] + offender
    }

    private var content: ReferralContent {
        var content = Sample.adult()
        content.person.age = nil
        content.person.personalNumber = Planted.personalNumber
        content.freeText = Planted.freeText
        content.event.policeReference = Planted.policeReference
        content.event.crimeCode = Planted.crimeCode
        content.event.crimeCodeYear = 2026
        content.services = [.support, .mediation]
        content.consent.coversMediation = true
        content.mediation = Mediation(
            offenders: [
                Offender(
                    name: Planted.offenderName, personalNumber: Planted.offenderNumber, residence: content.residence,
                    phone: Planted.offenderPhone, admitted: .yes, takesPart: .yes)
            ],
            investigation: .running, leaderConsulted: .yes, personTakesPart: .yes, suitable: .yes)
        return content
    }

    @Test(arguments: Carrier.allCases) func volunteersGetNothingOfTheOffence(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let receipt = try await exchange.sender().submit(Sample.submission("m", content))
            #expect(receipt.services.map(\.routing) == [.offered, .offered])
            let client = try await exchange.client("bojen-vasterort/stodsamordning")
            let bytes = try await client.unary(.fetch, ByteBuffer())
            for marker in Planted.all { #expect(!bytes.contains(marker), "\(marker)") }

            // As typed, too: the short code could stand in any number.
            exchange.clock.advance(by: .seconds(300))
            _ = try await exchange.exchange.fireDeadlines()
            let shown = try #require(try await AssignmentClient(client).fetch().first).content
            #expect(shown.event == CrimeEvent(category: .robbery, reported: .yes))
            #expect(shown.mediation == nil)
            #expect(shown.services == [.support])
            #expect(!shown.consent.coversMediation)
            #expect(shown.person == Person(name: "Exempla Påhittad", age: 44, sex: .female))
            #expect(shown.contacts == content.contacts)
        }
    }

    @Test(arguments: Carrier.allCases) func aSupportCentreGetsWhatItsServiceNeeds(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            _ = try await sender.submit(Sample.submission("mediation", content))
            let client = try await exchange.client("stodcentrum-vasterort/vallingby")
            let mediation = try await client.unary(.fetch, ByteBuffer())
            for marker in Planted.all where ![Planted.birthDate, Planted.offenderBirthDate].contains(marker) {
                #expect(mediation.contains(marker), "\(marker)")
            }

            // For support at the same centre the offender is nobody's business.
            var young = content
            young.person = Person(name: "Exempla Påhittad", age: 17, sex: .female)
            _ = try await sender.submit(Sample.submission("both", young))
            let fetched = try await AssignmentClient(client).fetch()
            #expect(fetched.map(\.service.rawValue).sorted() == ["mediation", "support"])
            let support = try #require(fetched.first { $0.service == .support })
            let bytes = ByteBuffer(bytes: try support.content.packed())
            #expect(bytes.contains(Planted.freeText) && bytes.contains(Planted.policeReference) && bytes.contains(Planted.crimeCode))
            for marker in Planted.offender {
                #expect(!bytes.contains(marker) && !"\(support)".contains(marker), "\(marker)")
            }
        }
    }

    /// Two organisations that help the same person cannot join their cases by an id, and no log names a person.
    @Test func idsAndLogsTellNothing() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            let receipt = try await sender.submit(Sample.submission("m", content))
            var bad = content
            bad.person.personalNumber = "811218-0000"
            bad.freeText = Planted.freeText + "\u{1}"
            _ = await failure { _ = try await sender.submit(Sample.submission("bad", bad)) }
            let jour = try await exchange.client("bojen-vasterort/stodsamordning").unary(.fetch, ByteBuffer())
            let centre = try await exchange.client("stodcentrum-vasterort/vallingby").unary(.fetch, ByteBuffer())
            for bytes in [jour, centre] { #expect(!bytes.contains(receipt.referralID.rawValue) && !bytes.contains("\"m\"")) }

            let lines = exchange.log.lines
            #expect(lines.count >= 3)
            for marker in Planted.all + ["811218-0000", "Exempla", Sample.phone] {
                #expect(!lines.contains { $0.contains(marker) }, "\(marker)")
            }
        }
    }
}

extension ByteBuffer {
    func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        let bytes = Array(readableBytesView)
        guard bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
