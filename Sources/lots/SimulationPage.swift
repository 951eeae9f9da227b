import Referral

/// A simulation as one page of HTML in Swedish that needs nothing else: no scripts, no other files. Every text from outside is escaped.
struct SimulationPage {
    let text: String

    init(_ simulation: Simulation) {
        var page = PageWriter(simulation)
        text = page.page()
    }
}

/// Writes the page a part at a time.
private struct PageWriter {
    private typealias Kind = RoutingComparison.Kind
    private typealias Row = (move: RoutingComparison.Move, cell: RoutingComparison.Cell)

    private let simulation: Simulation
    private let comparison: RoutingComparison

    init(_ simulation: Simulation) {
        self.simulation = simulation
        comparison = simulation.comparison
    }

    mutating func page() -> String {
        let body = [heading, summary] + Service.allCases.map(service) + [whom, examples, leftOut]
        return """
            <!DOCTYPE html>
            <html lang="sv">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Vad ändras med de nya reglerna?</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #1a1a1a; background: #fff }
            h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5em }
            table { border-collapse: collapse; margin: 1em 0 } caption { text-align: left; font-weight: bold; padding: .3em 0 }
            th, td { text-align: left; padding: .25em .9em .25em 0; border-bottom: 1px solid #ccc; vertical-align: top }
            td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
            svg { width: 100%; height: auto } .small { color: #555; font-size: .9em }
            </style>
            </head>
            <body>
            \(body.filter { !$0.isEmpty }.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    // MARK: Parts

    private var heading: String {
        let day = simulation.date.map { "den \($0)" } ?? "den dag då den skickades"
        return """
            <h1>Vad ändras med de nya reglerna?</h1>
            <p>Samma hänvisningar fördelade två gånger: med de gamla reglerna (\(htmlText(simulation.old))) och med de nya \
            (\(htmlText(simulation.new))). Var och en är fördelad efter de regler och organisationer som gäller \(htmlText(day)).
            Underlag: \(htmlText(simulation.streams.joined(separator: ", "))).</p>
            """
    }

    private var summary: String {
        let total = comparison.decisions
        let changed = total - comparison.decisions(.stays)
        let rows = Kind.allCases.map { kind in
            let count = comparison.decisions(kind)
            return row([htmlText(kind.swedish)], numbers: [number(count), Simulation.percent(count, of: total, mark: ",")])
        }
        return """
            <h2>Sammanfattning</h2>
            <p>\(number(comparison.cases)) hänvisningar gav \(number(total)) beslut om stöd eller medling. \
            <strong>\(number(changed)) av dem ändras</strong> (\(Simulation.percent(changed, of: total, mark: ","))).</p>
            \(table("Besluten", ["Vad som händer"], ["Antal", "Andel"], rows))
            """
    }

    private func service(_ service: Service) -> String {
        let rows = comparison.moves(of: service)
        if rows.isEmpty { return "" }
        let changes = rows.filter { $0.move.kind != .stays }
        let stays = rows.filter { $0.move.kind == .stays }
        let moved = changes.map { row([name($0.move.from), name($0.move.to)], numbers: [number($0.cell.decisions)]) }
        let same = stays.map { row([name($0.move.from)], numbers: [number($0.cell.decisions)]) }
        return """
            <h2>\(service.swedish)</h2>
            \(FlowPicture(rows: rows, service: service, name: plainName).svg)
            \(moved.isEmpty ? "<p>Inget ändras.</p>" : table("Från vem till vem", ["Med de gamla reglerna", "Med de nya"], ["Antal"], moved))
            \(same.isEmpty ? "" : table("Oförändrat", ["Hos"], ["Antal"], same))
            """
    }

    private var whom: String {
        let rows = comparison.shares.filter { $0.share.changed > 0 }.map { group, share in
            row([group.role.swedish, group.ages.swedish], numbers: [number(share.changed), number(share.decisions)])
        }
        if rows.isEmpty { return "" }
        return """
            <h2>Vilka det gäller</h2>
            <p>Personer med skyddade personuppgifter räknas i tabellerna ovan men inte här.</p>
            \(table("Ändrade beslut efter roll och ålder", ["Roll", "Ålder"], ["Ändras", "Av"], rows))
            """
    }

    private var examples: String {
        let rows = comparison.moves(Simulation.changes).flatMap { move, cell in
            cell.examples.map { example in
                row(
                    [
                        htmlText(example.id), htmlText(example.place), example.role.swedish,
                        example.age.map(String.init) ?? "okänd", htmlText(example.area?.description ?? "okänt"), name(move.from),
                        name(move.to),
                    ], numbers: [])
            }
        }
        if rows.isEmpty { return "" }
        return """
            <h2>Exempel att slå upp</h2>
            \(table("Högst tre för varje ändring", ["Meddelande", "Plats i underlaget", "Roll", "Ålder", "Område", "Gamla reglerna", "Nya reglerna"], [], rows))
            """
    }

    private var leftOut: String {
        let left = simulation.leftOut
        return """
            <p class="small">Inte medräknat: \(number(left.withoutConsent)) hänvisningar utan samtycke, \(number(left.repeated)) som \
            skickats på nytt, \(number(left.unreadable)) som inte går att läsa.</p>
            """
    }

    // MARK: Words

    private func name(_ outcome: RoutingDecision.Outcome) -> String { htmlText(plainName(outcome)) }

    private func plainName(_ outcome: RoutingDecision.Outcome) -> String {
        switch outcome {
        case .recipient(let id): simulation.name(of: outcome) ?? id.rawValue
        case .review(let reason): "Samordnaren: \(reason.swedish)"
        }
    }

    // MARK: Tables

    private func table(_ caption: String, _ headings: [String], _ numbers: [String], _ rows: [String]) -> String {
        let heads =
            headings.map { "<th scope=\"col\">\($0)</th>" } + numbers.map { "<th scope=\"col\" class=\"number\">\($0)</th>" }
        return """
            <table>
            <caption>\(caption)</caption>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }

    /// - Parameter cells: escaped.
    private func row(_ cells: [String], numbers: [String]) -> String {
        "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + numbers.map { "<td class=\"number\">\($0)</td>" }.joined() + "</tr>"
    }
}

/// Two columns of recipients with bands between them, as broad as they have decisions.
private struct FlowPicture {
    let svg: String

    private static let height = 640.0
    private static let gap = 8.0
    private static let (left, right) = (330.0, 670.0)

    private struct Node {
        let outcome: RoutingDecision.Outcome
        let decisions: Int
        var top = 0.0
        var filled = 0.0
    }

    /// - Parameter name: not escaped.
    init(
        rows: [(move: RoutingComparison.Move, cell: RoutingComparison.Cell)], service: Service, name: (RoutingDecision.Outcome) -> String
    ) {
        let total = rows.reduce(0) { $0 + $1.cell.decisions }
        var old = Self.nodes(rows.map { ($0.move.from, $0.cell.decisions) }, name)
        var new = Self.nodes(rows.map { ($0.move.to, $0.cell.decisions) }, name)
        // A line of text needs room, however few go there.
        let scale = 480.0 / Double(max(1, total))
        func place(_ nodes: inout [Node]) -> Double {
            var top = 40.0
            for index in nodes.indices {
                nodes[index].top = top
                top += max(Double(nodes[index].decisions) * scale, 16) + Self.gap
            }
            return top
        }
        let height = max(place(&old), place(&new), 120)
        var parts: [String] = []
        let order = { (nodes: [Node], outcome: RoutingDecision.Outcome) in nodes.firstIndex { $0.outcome == outcome } ?? 0 }
        // From the top, so that the bands of a node do not cross where they leave it; what changes lies over what stays.
        let sorted = rows.sorted {
            (order(old, $0.move.from), order(new, $0.move.to)) < (order(old, $1.move.from), order(new, $1.move.to))
        }
        var stays: [String] = []
        var changes: [String] = []
        for row in sorted {
            let (from, to) = (order(old, row.move.from), order(new, row.move.to))
            let width = Double(row.cell.decisions) * scale
            let (start, end) = (old[from].top + old[from].filled, new[to].top + new[to].filled)
            old[from].filled += width
            new[to].filled += width
            let title = "\(name(row.move.from)) till \(name(row.move.to)): \(number(row.cell.decisions))"
            let band = Self.band(start, end, max(width, 0.75), row.move.kind, title)
            if row.move.kind == .stays { stays.append(band) } else { changes.append(band) }
        }
        parts += stays + changes
        for (nodes, isOld) in [(old, true), (new, false)] {
            for node in nodes {
                let width = max(Double(node.decisions) * scale, 1)
                let x = isOld ? Self.left - 10 : Self.right
                parts.append("<rect x=\"\(fixed(x))\" y=\"\(fixed(node.top))\" width=\"10\" height=\"\(fixed(width))\" fill=\"#333\"/>")
                let label = Self.shortened(name(node.outcome)) + "  " + number(node.decisions)
                let anchor = isOld ? "end" : "start"
                let textX = isOld ? Self.left - 16 : Self.right + 16
                parts.append(
                    "<text x=\"\(fixed(textX))\" y=\"\(fixed(node.top + max(width / 2, 6) + 4))\" text-anchor=\"\(anchor)\">\(htmlText(label))</text>"
                )
            }
        }
        let id = service.rawValue
        let changed = rows.reduce(0) { $0 + ($1.move.kind == .stays ? 0 : $1.cell.decisions) }
        svg = """
            <svg viewBox="0 0 1000 \(fixed(height + 30))" role="img" aria-labelledby="title-\(id) description-\(id)" font-size="13" \
            font-family="system-ui, sans-serif">
            <title id="title-\(id)">\(service.swedish): från vem till vem</title>
            <desc id="description-\(id)">Till vänster vem som får besluten med de gamla reglerna, till höger med de nya. Bandens bredd är \
            antalet beslut: grått är oförändrat, blått går till en annan organisation eller från samordnaren, orange till samordnaren. \
            \(number(changed)) av \(number(total)) ändras. Samma tal står i tabellerna nedanför.</desc>
            <text x="\(fixed(Self.left))" y="20" text-anchor="end" font-weight="bold">Gamla reglerna</text>
            <text x="\(fixed(Self.right))" y="20" font-weight="bold">Nya reglerna</text>
            \(parts.joined(separator: "\n"))
            <g transform="translate(\(fixed(Self.left)) \(fixed(height + 14)))"><rect width="14" height="10" y="-9" fill="#c9c9c9"/>\
            <text x="20">oförändrat</text><rect x="110" width="14" height="10" y="-9" fill="#1f6fb4"/><text x="130">till annan</text>\
            <rect x="220" width="14" height="10" y="-9" fill="#d9730d"/><text x="240">till samordnaren</text></g>
            </svg>
            """
    }

    /// Organisations before reviews, each by name.
    private static func nodes(
        _ outcomes: [(RoutingDecision.Outcome, Int)], _ name: (RoutingDecision.Outcome) -> String
    ) -> [Node] {
        let counts = Dictionary(outcomes, uniquingKeysWith: +)
        return counts.sorted { one, two in
            let (left, right) = (isReview(one.key), isReview(two.key))
            return left == right ? name(one.key) < name(two.key) : right
        }
        .map { Node(outcome: $0.key, decisions: $0.value) }
    }

    private static func isReview(_ outcome: RoutingDecision.Outcome) -> Bool {
        if case .review = outcome { true } else { false }
    }

    private static func band(_ start: Double, _ end: Double, _ width: Double, _ kind: RoutingComparison.Kind, _ title: String) -> String {
        let middle = (left + right) / 2
        let fill =
            switch kind {
            case .stays: "#c9c9c9"
            case .elsewhere, .outOfReview: "#1f6fb4"
            case .intoReview, .otherReason: "#d9730d"
            }
        let there =
            "M\(fixed(left)) \(fixed(start))C\(fixed(middle)) \(fixed(start)) \(fixed(middle)) \(fixed(end)) \(fixed(right)) \(fixed(end))"
        let back =
            "L\(fixed(right)) \(fixed(end + width))C\(fixed(middle)) \(fixed(end + width)) \(fixed(middle)) \(fixed(start + width)) "
            + "\(fixed(left)) \(fixed(start + width))Z"
        return "<path d=\"\(there)\(back)\" fill=\"\(fill)\" fill-opacity=\"0.75\"><title>\(htmlText(title))</title></path>"
    }

    private static func shortened(_ text: String) -> String { text.count > 40 ? text.prefix(39) + "…" : text }
}

/// With one decimal.
private func fixed(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}

/// `12 345`, with spaces that do not break.
private func number(_ value: Int) -> String {
    var digits = String(value)
    var place = digits.count - 3
    while place > 0 {
        digits.insert("\u{A0}", at: digits.index(digits.startIndex, offsetBy: place))
        place -= 3
    }
    return digits
}

// MARK: - Swedish

extension RoutingComparison.Kind {
    fileprivate var swedish: String {
        switch self {
        case .stays: "Oförändrat"
        case .elsewhere: "Går till en annan organisation"
        case .intoReview: "Avgörs av samordnaren i stället för att fördelas"
        case .outOfReview: "Fördelas i stället för att avgöras av samordnaren"
        case .otherReason: "Avgörs av samordnaren som förut, av annat skäl"
        }
    }
}

extension Service {
    fileprivate var swedish: String {
        switch self {
        case .support: "Stöd"
        case .mediation: "Medling"
        }
    }
}

extension Role {
    fileprivate var swedish: String {
        switch self {
        case .victim: "brottsoffer"
        case .witness: "vittne"
        case .relativeOfVictim: "anhörig till brottsoffer"
        case .relativeOfOffender: "anhörig till gärningsperson"
        case .professional: "yrkesperson"
        }
    }
}

extension RoutingComparison.AgeGroup {
    fileprivate var swedish: String {
        switch self {
        case .under10: "under 10 år"
        case .from10: "10–17 år"
        case .from18: "18–20 år"
        case .exactly21: "21 år"
        case .from22: "22–64 år"
        case .from65: "65 år eller äldre"
        case .unknown: "okänd ålder"
        }
    }
}

extension ReviewReason {
    /// Of the exchange's own reasons and those of the tables that come with it; others as they are.
    fileprivate var swedish: String {
        switch rawValue {
        case "no-rule": "ingen regel"
        case "several-rules": "flera regler"
        case "no-rule-set-on-this-date": "inga regler den dagen"
        case "value-outside-table": "ett värde som tabellen inte har"
        case "unknown-area": "okänt område"
        case "no-recipient-for-area": "ingen mottagare för området"
        case "several-recipients-for-area": "flera mottagare för området"
        case "area-not-valid-on-this-date": "området finns inte den dagen"
        case "district-missing": "stadsdelsområde saknas"
        case "unknown-offender-area": "gärningspersonens område är okänt"
        case "offenders-in-different-areas": "gärningspersoner i olika områden"
        case "protected-identity": "skyddade personuppgifter"
        case "under-10": "under 10 år"
        case "unknown-age": "okänd ålder"
        case "no-service-for-this-role": "ingen tar emot den rollen"
        case "not-reported": "brottet är inte anmält"
        case "unknown-whether-reported": "okänt om brottet är anmält"
        case "not-admitted": "gärningen är inte erkänd"
        case "unknown-whether-admitted": "okänt om gärningen är erkänd"
        case "somebody-declined": "någon vill inte medverka"
        case "unknown-whether-voluntary": "okänt om alla vill medverka"
        case "not-suitable": "medling är inte lämplig"
        case "unknown-whether-suitable": "okänt om medling är lämplig"
        case "offender-under-12": "gärningsperson under 12 år"
        case "offender-21-or-older": "gärningsperson 21 år eller äldre"
        case "unknown-investigation": "okänt om förundersökning pågår"
        case "investigation-leader-not-consulted": "undersökningsledaren är inte tillfrågad"
        default: rawValue
        }
    }
}
