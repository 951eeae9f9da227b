/// A table as it was counted, before it is decided what of it may be told.
struct Sheet {
    struct Share {
        let column: ReportColumn
        /// Positions of parts.
        let numerator: Set<Int>
        let denominator: Set<Int>
    }

    struct Row {
        var labels: [String]
        /// One per part.
        var values: [Int]
        /// How many referrals each value comes from, when the value is no count itself: one per part, then of the row.
        var sources: [Set<Int>] = []
        /// Columns behind the shares.
        var more: [ReportCell] = []
    }

    let name: String
    let title: String
    let labels: [String]
    let parts: [ReportColumn]
    /// Whether the parts of a row have a sum.
    var hasTotal = true
    /// Whether the rows have a sum.
    var hasTotalRow = true
    var shares: [Share] = []
    var more: [ReportColumn] = []
    var rows: [Row] = []
    /// Leaves out parts of which there are none.
    var isSparse = false
    /// Tells rows of nothing too.
    var keepsEmptyRows = false

    /// The table for people.
    /// - Parameter suppressed: small numbers are hidden, and those from which they could be computed.
    func table(suppressed: Bool) -> ReportTable {
        var hidden = Array(
            repeating: Array(repeating: false, count: parts.count + (hasTotal ? 1 : 0)), count: rows.count + (hasTotalRow ? 1 : 0))
        if suppressed, !rows.isEmpty {
            hidden = Suppression.hidden(rows.map(\.values), totalColumn: hasTotal, totalRow: hasTotalRow, isSmall: small())
        }
        var lines: [(row: ReportRow, isEmpty: Bool)] = []
        for (index, row) in rows.enumerated() {
            lines.append(line(row, hidden[index], suppressed: suppressed))
        }
        var shown = lines.filter { keepsEmptyRows || !$0.isEmpty }.map(\.row)
        if hasTotalRow {
            let labels = [ReportTable.total] + Array(repeating: "", count: max(0, labels.count - 1))
            let sums = parts.indices.map { part in rows.reduce(0) { $0 + $1.values[part] } }
            let total = Row(labels: labels, values: sums, more: Array(repeating: .none, count: more.count))
            shown.append(line(total, hidden[rows.count], suppressed: suppressed).row)
        }
        let columns = parts + (hasTotal ? [ReportColumn(ReportColumn.total, ReportTable.total, parts.first?.unit ?? .count)] : [])
        let table = ReportTable(
            name: name, title: title, labels: labels, columns: columns + shares.map(\.column) + more, rows: shown)
        return isSparse ? withoutEmptyParts(table) : table
    }

    private func line(_ row: Row, _ hidden: [Bool], suppressed: Bool) -> (row: ReportRow, isEmpty: Bool) {
        var cells = row.values.enumerated().map { hidden[$0.offset] ? ReportCell.suppressed : .value(Double($0.element)) }
        if hasTotal { cells.append(hidden[parts.count] ? .suppressed : .value(Double(row.values.reduce(0, +)))) }
        let isEmpty = cells.allSatisfy { $0 == .value(0) }
        cells += shares.map { share($0, row, hidden, suppressed: suppressed) }
        return (ReportRow(labels: row.labels, cells: cells + row.more), isEmpty)
    }

    private func share(_ share: Share, _ row: Row, _ hidden: [Bool], suppressed: Bool) -> ReportCell {
        let (part, whole) = (
            share.numerator.reduce(0) { $0 + row.values[$1] }, share.denominator.reduce(0) { $0 + row.values[$1] }
        )
        guard whole > 0 else { return share.denominator.contains { hidden[$0] } ? .suppressed : .none }
        if suppressed {
            // Together with a sum it must tell no number that is hidden.
            let isKnown = share.denominator.allSatisfy { !hidden[$0] }
            let isTelling = [part, whole - part, whole].contains { Suppression.small.contains($0) }
            if isTelling || !isKnown { return .suppressed }
        }
        return .value(Double(part) / Double(whole))
    }

    /// Numbers that are too small, with the sums.
    private func small() -> [[Bool]] {
        let isCount = parts.first?.unit == .count
        func isSmall(_ value: Int, _ sources: Set<Int>?) -> Bool {
            Suppression.small.contains(isCount ? value : (value == 0 ? 0 : sources?.count ?? 0))
        }
        func marks(_ values: [Int], _ sources: [Set<Int>]) -> [Bool] {
            let parts = values.indices.map { isSmall(values[$0], sources.isEmpty ? nil : sources[$0]) }
            return hasTotal ? parts + [isSmall(values.reduce(0, +), sources.last)] : parts
        }
        var marked = rows.map { marks($0.values, $0.sources) }
        if hasTotalRow {
            let sums = parts.indices.map { part in rows.reduce(0) { $0 + $1.values[part] } }
            let sources = (0...parts.count).map { part in
                rows.reduce(into: Set<Int>()) { if !$1.sources.isEmpty { $0.formUnion($1.sources[part]) } }
            }
            marked.append(marks(sums, sources))
        }
        return marked
    }

    private func withoutEmptyParts(_ table: ReportTable) -> ReportTable {
        let kept = table.columns.indices.filter { column in
            column >= parts.count || table.rows.contains { $0.cells[column] != .value(0) }
        }
        var table = table
        table.columns = kept.map { table.columns[$0] }
        table.rows = table.rows.map { row in ReportRow(labels: row.labels, cells: kept.map { row.cells[$0] }) }
        return table
    }
}

/// Counts by two things.
struct Tally<Row: Hashable & Sendable, Part: Hashable & Sendable>: Sendable {
    private var counts: [Row: [Part: Int]] = [:]

    mutating func add(_ row: Row, _ part: Part, _ count: Int = 1) { counts[row, default: [:]][part, default: 0] += count }

    var rows: some Collection<Row> { counts.keys }

    func values(_ row: Row, _ parts: some Sequence<Part>) -> [Int] { parts.map { counts[row]?[$0] ?? 0 } }
}
