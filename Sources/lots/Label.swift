import Protobuf

/// Enumeration members and other codes as a table shows them.
enum Label {
    /// `OUTCOME_AWAITING_CONSENT` becomes `awaiting consent`.
    static func member(_ name: String?, without prefix: String) -> String {
        guard let name else { return "" }
        let bare = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        return bare.lowercased().split(separator: "_").joined(separator: " ")
    }

    static func outcome(_ receipt: JSONValue) -> String {
        let outcome = member(receipt["outcome"]?.string, without: "OUTCOME_")
        guard let reason = receipt["reason"]?.string, !reason.isEmpty else { return outcome }
        return "\(outcome): \(reason)"
    }

    /// `support offered, mediation review (no-recipient-for-area)`
    static func services(_ receipt: JSONValue) -> String {
        array(receipt["services"]).map { service in
            let name = member(service["service"]?.string, without: "SERVICE_")
            let routing = member(service["routing"]?.string, without: "ROUTING_")
            let reason = service["reviewReason"]?.string.map { " (\($0))" } ?? ""
            return "\(name) \(routing)\(reason)"
        }
        .joined(separator: ", ")
    }

    static func array(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let values)? = value?.content { values } else { [] }
    }
}
