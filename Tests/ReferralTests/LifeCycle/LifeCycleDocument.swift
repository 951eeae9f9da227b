import Foundation
import Referral

/// LIFECYCLE.md: what the code answers, written for people.
struct LifeCycleDocument {
    let support: TransitionTable
    let mediation: TransitionTable

    init() throws {
        support = try TransitionTable(TransitionTable.support())
        mediation = try TransitionTable(TransitionTable.mediations())
    }

    var text: String {
        """
        # The life of a case

        Made from the code: a test brings a case into every state, tries every command on it as everybody who may know of it, and writes
        down what happens. Another test fails when this file says something else; `LOTS_WRITE_LIFECYCLE=LIFECYCLE.md swift test
        --disable-xctest --filter LifeCycleDocumentTests` writes it anew.

        A referral waits for the person's consent, is refused, or is routed; each service asked for is then an assignment with a life of its
        own and exactly one owner at every moment. *Owner* is any unit of the organisation that answers for the case (before it is accepted
        the unit that has fetched it), *asked* the organisation that a handover is offered to, *clock* the exchange itself. To anybody else a
        case is as unknown as one that does not exist. "*recorded*" stands where the state stays as it is, "nothing" where it has been done
        already.

        The states are tried with these circumstances: in every state from *contacting* on three calls have been made, one of them in the
        evening; the mediation has one offender, who has said yes and had a pre-meeting before the victim, and an investigation runs; what is on
        hold or handed over was *in support* or *asking parties* and returns there; the sender has asked for the case back only where a
        recall is answered.

        ## Clocks

        \(clocks)

        Days end at the same time of day in Sweden, hours are hours, working hours are \(WorkingHours().hours) on working days. Contact and meeting
        clocks run for support, from when the case could be fetched, and stand still while it is on hold. A clock warns or tells once; it
        never ends a case except where the table says so.

        ## Support

        \(diagram(support))

        \(table(support))

        ## Mediation

        Before a mediation is accepted it is like support. It is *proposed* when it is accepted.

        \(diagram(mediation))

        \(table(mediation))

        """
    }

    // MARK: Clocks

    /// What holds where nothing else has been agreed.
    private var clocks: String {
        func row(_ promise: String, _ span: (Agreement) -> TimeSpan?) -> String {
            let spans = [OrganisationKind.brottsofferjour, .supportCentre].map { span(.standard(for: $0))?.description ?? "–" }
            return "| \(promise) | \(spans.joined(separator: " | ")) |"
        }
        let attempts = Agreement().attempts
        return """
            | clock | brottsofferjour | support centre |
            |---|---|---|
            \(row("warned that the person has not been reached", \.contactWarning))
            \(row("the person has been reached", \.contact))
            \(row("a first meeting has been held", \.meeting))
            \(row("warned that nobody has accepted the case", \.untaken))
            \(row("nobody has accepted it: people decide", \.untakenReview))
            \(row("a handover that is not answered is off", \.handover))

            A case under review is decided within \(Agreement().review); a referral without consent is closed after 14 days; content is erased
            90 days after the last assignment has ended. Unreachable: \(attempts.calls) calls, \(attempts.inTheEvening) of them from
            \(attempts.evening).
            """
    }

    // MARK: Diagram

    private func diagram(_ table: TransitionTable) -> String {
        var labels: [String: [String]] = [:]
        var order: [String] = []
        var everywhere: [String: [String]] = [:]
        for row in table.rows {
            let moves = row.answers.compactMap { state, answer -> (String, String)? in
                if case .to(let next) = answer, next != state { (state, next) } else { nil }
            }
            for (target, arrows) in Dictionary(grouping: moves, by: \.1) {
                // What leads to one end from almost everywhere would hide the rest.
                if arrows.count > 5 {
                    everywhere[target, default: []].append(row.command)
                    continue
                }
            }
            for (state, next) in moves where moves.count(where: { $0.1 == next }) <= 5 {
                let key = "\(identifier(state)) --> \(identifier(next))"
                if labels[key] == nil { order.append(key) }
                let command = row.command.replacing(":", with: "")
                labels[key, default: []].append(command)
            }
        }
        let states = table.states.filter { state in order.contains { $0.contains(identifier(state)) } }
        let lines =
            states.filter { $0 != identifier($0) }.map { "    state \"\($0)\" as \(identifier($0))" }
            + order.map { "    \($0): \(labels[$0, default: []].joined(separator: ", "))" }
        let rest = everywhere.sorted { $0.key < $1.key }.map { "\($0.value.joined(separator: ", ")) → \($0.key)" }
        return """
            ```mermaid
            stateDiagram-v2
            \(lines.joined(separator: "\n"))
            ```

            Not drawn, from more than five states each: \(rest.joined(separator: "; ")).
            """
    }

    private func identifier(_ state: String) -> String { state.replacing(" ", with: "_").replacing("-", with: "_") }

    // MARK: Table

    private func table(_ table: TransitionTable) -> String {
        var rules: [String] = []
        func number(_ rule: String) -> Int {
            if let index = rules.firstIndex(of: rule) { return index + 1 }
            rules.append(rule)
            return rules.count
        }
        let lines = table.rows.map { row in
            var ways: [(to: String, from: [String])] = []
            var refused: [(rule: Int, from: [String])] = []
            for (state, answer) in row.answers {
                let way: String
                switch answer {
                case .to(let next): way = next == state ? ": *recorded*" : " → \(next)"
                case .nothing: way = ": nothing"
                case .refused(let rule):
                    let rule = number(rule)
                    if let index = refused.firstIndex(where: { $0.rule == rule }) {
                        refused[index].from.append(state)
                    } else {
                        refused.append((rule, [state]))
                    }
                    continue
                }
                if let index = ways.firstIndex(where: { $0.to == way }) {
                    ways[index].from.append(state)
                } else {
                    ways.append((way, [state]))
                }
            }
            let allowed = ways.map { "\($0.from.joined(separator: ", "))\($0.to)" }.joined(separator: "; ")
            let forbidden = refused.map { "\($0.from.joined(separator: ", ")) [\($0.rule)]" }.joined(separator: "; ")
            return "| \(row.command) | \(row.by.joined(separator: ", ")) | \(allowed) | \(forbidden) |"
        }
        let legend = rules.enumerated().map { "\($0.offset + 1). \($0.element)" }
        return """
            | command | by | from and to | refused |
            |---|---|---|---|
            \(lines.joined(separator: "\n"))

            The rules that refuse:

            \(legend.joined(separator: "\n"))
            """
    }
}
