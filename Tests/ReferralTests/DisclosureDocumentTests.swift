import Foundation
import Referral
import Testing

/// DISCLOSURE.md is what the code says; `LOTS_WRITE_DISCLOSURE=DISCLOSURE.md` writes it anew.
@Suite struct DisclosureDocumentTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "DISCLOSURE.md")

    @Test func theDocumentSaysWhatTheCodeSays() throws {
        let text = Self.text
        if ProcessInfo.processInfo.environment["LOTS_WRITE_DISCLOSURE"] != nil {
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == text)
    }

    private static var text: String {
        """
        # Who sees what of a case

        Made from the code (`Disclosure.rule`); a test fails when this file says something else, and `LOTS_WRITE_DISCLOSURE=1 swift test
        --disable-xctest --filter DisclosureDocumentTests` writes it anew. Another test projects a content in which every field is set for
        every cell here, and fails when a field is added that belongs to no group.

        A cell names the states in which the group is shown; "–" is never.

        | | state |
        |---|---|
        \(DisclosureState.allCases.map { "| \(letter($0)) | \(meaning($0)) |" }.joined(separator: "\n"))

        *: only when the person agreed that the sender is told the outcome.

        ## Support

        \(table(.support))

        ## Mediation

        \(table(.mediation))

        ## Besides the table

        - Content is shown only while the person's consent covers the service. Of the consent the recipient sees what covers its own service,
          whether the outcome may be told, and when the person was asked.
        - What is withheld is absent, or has the value that says least: unspecified, other, unknown, not asked. Where birth dates are withheld
          the completed years on the day of receipt are shown instead.
        - Every contact is shown whole or not at all: its rules (no voicemail, no SMS, not at home, hours, who may answer) go with the number.
        - The explanation tells the rule that decided, and of its inputs those whose groups the reader sees; no input to whoever sees no content.
        - The conflict group is shown as a keyed digest, the same for both sides of an event, never as the sender's own word.
        - A case of a person with a protected identity is handed out, shown and worked on by the units only that the directory names as
          readers (`protected_readers`), the coordinator's reading included; it is in no list but the protected one. Unknown is kept out of
          lists, too.
        - A unit that has, or had, the other side of the same event (the same conflict group) is not given the case. Sides: support of the
          victim, of a witness or of a relative of the victim; support of a relative of the offender; a mediation. A professional is of no side.
          When the coordinator has given the case to the organisation by hand, that decision stands.

        ## The groups

        | group | fields |
        |---|---|
        \(FieldGroup.allCases.map { "| \($0.rawValue) | \(fields($0)) |" }.joined(separator: "\n"))
        | always with content | \(FieldGroup.alwaysShown.map { "`\($0)`" }.joined(separator: ", ")): the assignment's own service |

        """
    }

    private static func letter(_ state: DisclosureState) -> String {
        switch state {
        case .waiting: "W"
        case .atWork: "A"
        case .handoverOffered: "H"
        case .ended: "E"
        case .erased: "X"
        }
    }

    private static func meaning(_ state: DisclosureState) -> String {
        switch state {
        case .waiting: "waiting: under review, or offered and not fetched since"
        case .atWork: "at work: fetched, and not ended; also on hold"
        case .handoverOffered: "a handover is offered: the owner answers for the case until it is accepted"
        case .ended: "ended, within the grace period"
        case .erased: "erased; or ended in a way after which this organisation may see the content no longer"
        }
    }

    private static func table(_ service: Service) -> String {
        let rows = FieldGroup.allCases.map { group in
            let cells = CaseReader.allCases.map { reader in
                let states = DisclosureState.allCases.compactMap { state in
                    switch Disclosure.rule(group, for: reader, service: service, in: state) {
                    case .shown: letter(state)
                    case .withConsent: letter(state) + "*"
                    case .withheld: nil as String?
                    }
                }
                return states.isEmpty ? "–" : states.joined(separator: " ")
            }
            return "| \(group.rawValue) | \(cells.joined(separator: " | ")) |"
        }
        return """
            | | \(CaseReader.allCases.map(\.description).joined(separator: " | ")) |
            |---|\(CaseReader.allCases.map { _ in "---|" }.joined())
            \(rows.joined(separator: "\n"))
            """
    }

    private static func fields(_ group: FieldGroup) -> String {
        switch group {
        case .explanation: "the routing decision"
        case .progress: "phase, version, clocks, attempts, hold, handover"
        case .parties: "of a mediation: side, age, admission, answer, meetings; without identity"
        case .deliveryStatus: "stored, routed, taken, returned, ended"
        case .outcome: "the code of how it ended"
        default: group.fields.map { "`\($0)`" }.joined(separator: ", ")
        }
    }
}
