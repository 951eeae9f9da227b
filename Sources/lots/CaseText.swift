import Protobuf

/// A case in words, from the JSON of the contract.
enum CaseText {
    static func show(_ state: JSONValue) { lines(state).forEach(Console.line) }

    /// `contacting`; of a review, why: `review (no-recipient-for-area)`; of an end, how: `completed: supported`
    static func phase(_ state: JSONValue) -> String {
        let phase = Label.member(state["phase"]?.string, without: "CASE_PHASE_")
        let ending = state["ending"]
        if let reason = state["reviewReason"]?.string, !reason.isEmpty { return "\(phase) (\(reason))" }
        let how = [
            Label.member(ending?["outcome"]?.string, without: "SUPPORT_OUTCOME_"),
            Label.member(ending?["mediation"]?.string, without: "MEDIATION_OUTCOME_"),
            Label.member(ending?["interruption"]?.string, without: "INTERRUPTION_"),
        ].filter { !$0.isEmpty }
        return how.isEmpty ? phase : "\(phase): \(how.joined(separator: ", "))"
    }

    /// `contact, meeting`
    static func overdue(_ state: JSONValue) -> String {
        Label.array(state["overdue"]).map { Label.member($0.string, without: "DEADLINE_KIND_") }.joined(separator: ", ")
    }

    /// What the exchange's clock does, the earliest first: `contact 2026-03-05T08:00Z`
    static func deadlines(_ state: JSONValue) -> [String] {
        Label.array(state["deadlines"]).map { "\(Label.member($0["kind"]?.string, without: "DEADLINE_KIND_")) \(time($0["due"]))" }
    }

    /// To the minute.
    static func time(_ value: JSONValue?) -> String {
        guard let text = value?.string else { return "" }
        return text.count > 16 && text.hasSuffix("Z") ? "\(text.prefix(16))Z" : text
    }

    /// What is overdue stands first.
    static func lines(_ state: JSONValue) -> [String] {
        var lines: [String] = []
        func add(_ name: String, _ text: String?) {
            guard let text, !text.isEmpty else { return }
            lines.append(name + String(repeating: " ", count: max(1, 12 - name.count)) + text)
        }
        func member(_ value: JSONValue?, _ prefix: String) -> String { Label.member(value?.string, without: prefix) }
        add("OVERDUE", overdue(state))
        add("assignment", state["assignmentId"]?.string)
        add("service", member(state["service"], "SERVICE_"))
        add("phase", "\(phase(state)) since \(time(state["since"]))")
        add("version", state["version"]?.string)
        add("owner", state["owner"]?.string.map { "\($0) since \(time(state["availableAt"]))" })
        add("from", state["sender"]?.string)
        if let stage = state["stage"], stage.string != state["phase"]?.string { add("stage", member(stage, "CASE_PHASE_")) }
        for deadline in deadlines(state) { add("next", deadline) }
        add("attempts", state["attempts"]?.integer(as: Int.self).map { "\($0)" })
        add("contacted", time(state["contactedAt"]))
        add("meeting", time(state["meetingSettledAt"]))
        if let hold = state["hold"] { add("on hold", "until \(hold["until"]?.string ?? ""): \(member(hold["reason"], "HOLD_REASON_"))") }
        if let handover = state["handover"] {
            let reason = member(handover["reason"], "HANDOVER_REASON_")
            add("handover", "to \(handover["to"]?.string ?? "") until \(time(handover["until"])): \(reason)")
        }
        if let recall = state["recallRequested"] { add("recall", "the sender wants it back: \(member(recall, "RECALL_REASON_"))") }
        if let mediation = state["mediation"] { lines += Self.lines(mediation: mediation) }
        return lines
    }

    private static func lines(mediation: JSONValue) -> [String] {
        var lines = Label.array(mediation["parties"]).map { party in
            var words = [party["age"]?.integer(as: Int.self).map { "age \($0)" } ?? "age unknown"]
            if party["side"]?.string == "PARTY_SIDE_OFFENDER" {
                words.append("admitted: \(Label.member(party["admitted"]?.string, without: "ANSWER_"))")
            }
            words.append(Label.member(party["answer"]?.string, without: "PARTY_ANSWER_"))
            if let met = party["preMeetingAt"] { words.append("pre-meeting \(time(met))") }
            return "\(party["partyId"]?.string ?? ""): \(words.joined(separator: ", "))"
        }
        if let met = mediation["metAt"] { lines.append("mediation meeting \(time(met))") }
        return lines + Label.array(mediation["missing"]).compactMap { $0.string.map { "missing: \($0)" } }
    }

    /// The person and the ways to reach them, each with the rules that make it safe.
    static func lines(content: JSONValue?) -> [String] {
        guard let content else { return ["no content to show"] }
        let person = content["person"]
        let name = person?["name"]?.string ?? "without a name"
        let age = person?["age"]?.integer(as: Int.self).map { ", \($0)" } ?? ""
        var lines = ["person      \(name)\(age), \(Label.member(content["role"]?.string, without: "ROLE_"))"]
        for contact in Label.array(content["contacts"]) {
            let ways = ["phone", "email", "postalAddress"].compactMap { contact[$0]?.string }.joined(separator: ", ")
            var rules: [String] = []
            for (field, rule) in [("noVoicemail", "no voicemail"), ("noSms", "no SMS"), ("notAtHome", "not at home")]
            where contact[field] == .bool(true) { rules.append(rule) }
            if let hours = contact["safeHours"]?.string { rules.append("hours: \(hours)") }
            if let others = contact["mayAnswer"]?.string { rules.append("may answer: \(others)") }
            let holder = Label.member(contact["holder"]?.string, without: "CONTACT_HOLDER_")
            let whose =
                holder == "person" ? "" : " (\(([holder] + [contact["holderName"]?.string].compactMap(\.self)).joined(separator: " ")))"
            lines.append("reach       \(ways)\(whose)\(rules.isEmpty ? "" : "; " + rules.joined(separator: "; "))")
        }
        return lines
    }
}
