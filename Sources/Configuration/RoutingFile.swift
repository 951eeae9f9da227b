import DecisionTable
public import Referral

/// Reads `routing.yaml`, the list of dated rule sets, and the DMN files that it names.
public enum RoutingFile {
    /// Blocks: to be called at start, never in an asynchronous context that others share.
    /// - Throws: every mistake of all files at once.
    public static func read(_ path: String, directory: Directory) throws(ConfigurationFaults) -> Routing {
        let faults = FaultCollector()
        guard let routing = read(path, directory: directory, faults), faults.isEmpty else { throw ConfigurationFaults(faults.sorted) }
        return routing
    }

    /// - Parameter directory: nil when it could not be read: then only mistakes are collected.
    static func read(_ path: String, directory: Directory?, _ faults: FaultCollector) -> Routing? {
        guard let top = MappingReader.top(of: ConfigurationFile(name: path), faults) else { return nil }
        let blocks = top.blocks("rule_sets")
        if blocks.isEmpty { top.fault("rule_sets", "name at least one rule set") }
        top.finish()
        // Positions among those that could be read, back to positions in the file.
        var read: [(block: MappingReader, ruleSet: RuleSet)] = []
        for block in blocks {
            if let block, let ruleSet = readRuleSet(block) { read.append((block, ruleSet)) }
        }
        guard let directory else { return nil }
        do {
            let routing = try Routing(directory: directory, ruleSets: read.map(\.ruleSet))
            return read.count == blocks.count ? routing : nil
        } catch {
            for conflict in error.conflicts { read[conflict.position].block.fault("", conflict.description) }
            return nil
        }
    }

    private static func readRuleSet(_ block: MappingReader) -> RuleSet? {
        defer { block.finish() }
        let number = block.required("number", .number(1...1_000_000))
        let name = block.required("name", .text)
        let first = block.required("valid_from", .date)
        let last = block.optional("valid_until", .date)
        let support = block.requiredPath("support").map { ConfigurationFile(name: $0) }
        let mediation = block.requiredPath("mediation").map { ConfigurationFile(name: $0) }
        let accepted = readAccepted(block)
        let supportTable = support.flatMap { readTable($0, block.faults) }
        let mediationTable = mediation.flatMap { readTable($0, block.faults) }
        guard let number, let name, let first, let support, let mediation, let supportTable, let mediationTable else { return nil }
        return ruleSet(
            number: number, name: name, validity: DatePeriod(first: first, last: last), support: (supportTable, support),
            mediation: (mediationTable, mediation), accepted: accepted, block.faults)
    }

    private static func ruleSet(
        number: Int, name: String, validity: DatePeriod, support: (table: DecisionTable, file: ConfigurationFile),
        mediation: (table: DecisionTable, file: ConfigurationFile), accepted: [AcceptedFinding] = [], _ faults: FaultCollector
    ) -> RuleSet? {
        do {
            return try RuleSet(
                number: number, name: name, validity: validity, support: support.table, mediation: mediation.table, accepted: accepted)
        } catch {
            for fault in error.faults {
                let file = fault.service == .support ? support.file : mediation.file
                let place = ["column \"\(fault.column)\""] + (fault.rule.map { ["rule \($0)"] } ?? [])
                faults.add(.file(file.name, line: fault.line > 0 ? fault.line : nil), place.joined(separator: ", "), fault.problem)
            }
            return nil
        }
    }

    /// Whether there is such a finding is told by the check of the routing, not here.
    private static func readAccepted(_ block: MappingReader) -> [AcceptedFinding] {
        var accepted: [AcceptedFinding] = []
        for entry in block.blocks("accepted") {
            guard let entry else { continue }
            defer { entry.finish() }
            let finding = entry.required("finding", .text)
            let by = entry.required("by", .text)
            let reason = entry.required("reason", .text)
            guard let finding, let by, let reason else { continue }
            if accepted.contains(where: { $0.finding == finding }) { entry.fault("finding", "is accepted twice") }
            accepted.append(AcceptedFinding(finding: finding, by: by, reason: reason))
        }
        return accepted
    }

    /// - Parameter tables: the support table, then that of mediation.
    static func ruleSet(
        number: Int, name: String, validity: DatePeriod, tables: [ConfigurationFile], accepted: [AcceptedFinding], _ faults: FaultCollector
    ) -> RuleSet? {
        let read = tables.map { file in readTable(file, faults).map { ($0, file) } }
        guard read.count == 2, let support = read[0], let mediation = read[1] else { return nil }
        return ruleSet(number: number, name: name, validity: validity, support: support, mediation: mediation, accepted: accepted, faults)
    }

    /// The rule sets as they are written, by number.
    /// - Parameter routing: what was read from the same file, free of mistakes.
    static func contents(
        _ path: String, _ routing: Routing, _ faults: FaultCollector
    ) -> [(number: Int, content: PublicationContent)] {
        guard let top = MappingReader.top(of: ConfigurationFile(name: path), faults) else { return [] }
        return top.blocks("rule_sets").compactMap(\.self).compactMap { block in
            let files = ["support", "mediation"].compactMap { block.requiredPath($0) }
            let texts = zip(PublicationContent.names(of: .ruleSet), files).compactMap { name, file in
                ConfigurationFile(name: file).readText(faults).map { PublicationContent.Text(name: name, text: $0) }
            }
            guard let number = block.required("number", .number(1...1_000_000)), let name = block.required("name", .text) else {
                return nil
            }
            let content = PublicationContent(
                kind: .ruleSet, name: name, first: block.required("valid_from", .date), last: block.optional("valid_until", .date),
                texts: texts, signedOffBy: DaemonConfiguration.signature,
                accepted: routing.ruleSets.first { $0.number == number }?.accepted ?? [])
            return (number, content)
        }
        .sorted { $0.number < $1.number }
    }

    private static func readTable(_ file: ConfigurationFile, _ faults: FaultCollector) -> DecisionTable? {
        guard let data = file.read(faults) else { return nil }
        do {
            let tables = try DecisionModel(xml: Array(data), file: file.name).tables
            if tables.count == 1 { return tables[0] }
            faults.add(.file(file.name, line: nil), "", "holds \(tables.count) decision tables; a routing file holds one")
        } catch {
            for fault in error.faults { faults.add(.file(file.name, line: fault.line > 0 ? fault.line : nil), fault.place, fault.message) }
        }
        return nil
    }
}

extension DecisionTableFault {
    /// `table "Support", rule 3, column "Role"`
    fileprivate var place: String {
        [table.map { "table \"\($0)\"" }, rule.map { "rule \($0)" }, column.map { "column \"\($0)\"" }]
            .compactMap(\.self).joined(separator: ", ")
    }
}
