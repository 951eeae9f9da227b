import Figures
import Foundation
import Referral

/// A report as one page of HTML in Swedish that needs nothing else: no scripts, no other files. Every text from outside is escaped.
struct ReportPage {
    let text: String

    init(_ report: Report) {
        let title = ReportText.title(report)
        let sections = report.tables.enumerated().map { Self.section($0.element, number: $0.offset) }
        text = """
            <!DOCTYPE html>
            <html lang="sv">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title) \(report.days.lowerBound) till \(report.days.upperBound)</title>
            <style>
            @page { size: A4; margin: 15mm }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #1a1a1a; background: #fff }
            h1, h2 { line-height: 1.2 } h2 { margin: 2em 0 .5em }
            section > div { display: flex; flex-wrap: wrap; gap: 1em 2.5em; align-items: flex-start }
            figure { margin: 0; flex: 1 1 24em; max-width: 36em } .table { overflow-x: auto; flex: 1 1 20em }
            table { border-collapse: collapse; margin: 0 }
            th, td { text-align: left; padding: .25em .9em .25em 0; border-bottom: 1px solid #ccc; vertical-align: top; font-weight: normal }
            thead th, tr.total > * { font-weight: bold } thead th { vertical-align: bottom }
            td, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } th.number { white-space: normal }
            svg { width: 100%; height: auto } .small { color: #555; font-size: .9em }
            @media print { body { font-size: 10pt; margin: 0; max-width: none } section { break-inside: avoid } h2 { break-after: avoid } }
            </style>
            </head>
            <body>
            <h1>\(title)</h1>
            <p>\(report.days.lowerBound) till \(report.days.upperBound), \(Self.whose(report)). Räknat till och med plats \
            \(ReportText.number(Int(report.throughSequence))) i loggen.</p>
            \(Self.note(report))
            \(sections.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    private static func whose(_ report: Report) -> String {
        report.organisation.map { "\(htmlText($0.rawValue)), egna ärenden" } ?? "alla organisationer"
    }

    private static func note(_ report: Report) -> String {
        let isSuppressed = report.tables.contains { $0.rows.contains { $0.cells.contains(.suppressed) } }
        guard isSuppressed else { return "" }
        return """
            <p class="small">Två punkter (..) står för tal som inte visas: 1 till 4, och tal som ett sådant kunde räknas ut ur.</p>
            """
    }

    private static func section(_ table: ReportTable, number: Int) -> String {
        let picture = ReportPicture(table, number: number)?.svg
        return """
            <section>
            <h2>\(htmlText(table.title))</h2>
            <div>
            \(picture.map { "<figure>\n\($0)\n</figure>" } ?? "")
            <div class="table">
            \(self.table(table))
            </div>
            </div>
            </section>
            """
    }

    private static func table(_ table: ReportTable) -> String {
        let heads =
            table.labels.map { "<th scope=\"col\">\(htmlText($0))</th>" }
            + table.columns.map { "<th scope=\"col\" class=\"number\">\(htmlText($0.title))</th>" }
        let rows = table.rows.map { row in
            let isTotal = row.labels.first == ReportTable.total
            let labels = row.labels.enumerated().map { index, label in
                index == 0 ? "<th scope=\"row\">\(htmlText(label))</th>" : "<th>\(htmlText(label))</th>"
            }
            let cells = zip(row.cells, table.columns).map { "<td>\(htmlText(ReportText.cell($0, $1, of: table)))</td>" }
            return "<tr\(isTotal ? " class=\"total\"" : "")>\((labels + cells).joined())</tr>"
        }
        return """
            <table>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }
}

/// The numbers of a table as bars: months stand side by side, everything else lies one below the other.
private struct ReportPicture {
    let svg: String

    private struct Bar {
        let label: String
        /// One per series; nil: not told.
        let values: [Double?]
        let end: String
    }

    private static let colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c", "#5e4fa2", "#b8a600"]
    private static let width = 560.0

    /// Nil when there is nothing to draw.
    init?(_ table: ReportTable, number: Int) {
        guard table.name != "key-figures" else { return nil }
        let shares = table.name.hasPrefix("cost-shares")
        let series = table.columns.indices.filter { index in
            let column = table.columns[index]
            return shares ? column.unit == .share : column.name != ReportColumn.total && (column.unit == .count || column.unit == .minutes)
        }
        let total = table.columns.firstIndex { $0.name == ReportColumn.total }
        let bars = table.rows.filter { $0.labels.first != ReportTable.total }.map { row in
            let label = row.labels.last.flatMap { $0.isEmpty ? row.labels.first : $0 } ?? ""
            let end = (total ?? (series.count == 1 ? series.first : nil)).map {
                ReportText.cell(row.cells[$0], table.columns[$0], of: table)
            }
            return Bar(label: label, values: series.map { row.cells[$0].value ?? (row.cells[$0] == .suppressed ? nil : 0) }, end: end ?? "")
        }
        guard !bars.isEmpty, !series.isEmpty else { return nil }
        let titles = series.map { table.columns[$0].title }
        let isStacked = total != nil
        let (legend, top) = Self.legend(titles)
        let isByMonth = table.labels == ["Månad"]
        let (parts, height) =
            isByMonth ? Self.columns(bars, isStacked: isStacked, top: top) : Self.rows(bars, isStacked: isStacked, top: top)
        svg = """
            <svg viewBox="0 0 \(fixed(Self.width)) \(fixed(height))" role="img" aria-labelledby="title-\(number) description-\(number)" \
            font-size="12" font-family="system-ui, sans-serif">
            <title id="title-\(number)">\(htmlText(table.title))</title>
            <desc id="description-\(number)">\(isByMonth ? "Staplar" : "Liggande staplar"), \
            \(isStacked ? "delade i" : "en för varje"): \(htmlText(titles.joined(separator: ", "))). Samma tal står i tabellen bredvid.</desc>
            \((legend + parts).joined(separator: "\n"))
            </svg>
            """
    }

    /// What the colours stand for, and where the picture begins below it. One series needs no words.
    private static func legend(_ titles: [String]) -> ([String], Double) {
        guard titles.count > 1 else { return ([], 6) }
        var (x, y) = (0.0, 12.0)
        var parts: [String] = []
        for (index, title) in titles.enumerated() {
            let needed = 24 + Double(title.count) * 6.6
            if x > 0, x + needed > width { (x, y) = (0, y + 18) }
            parts.append(
                "<rect x=\"\(fixed(x))\" y=\"\(fixed(y - 10))\" width=\"12\" height=\"12\" fill=\"\(colour(index))\"/>"
                    + "<text x=\"\(fixed(x + 17))\" y=\"\(fixed(y))\">\(htmlText(title))</text>")
            x += needed + 8
        }
        return (parts, y + 16)
    }

    /// One below the other.
    private static func rows(_ bars: [Bar], isStacked: Bool, top: Double) -> ([String], Double) {
        let left = min(225, 16 + 7 * Double(bars.map { min($0.label.count, 30) }.max() ?? 0))
        let room = width - left - 60
        let scale = room / largest(bars, isStacked)
        let thickness = isStacked ? 16.0 : max(8, 16 / Double(bars.first?.values.count ?? 1) + 3)
        var y = top
        var parts: [String] = []
        for bar in bars {
            let height = isStacked ? thickness : thickness * Double(bar.values.count)
            parts.append(
                "<text x=\"\(fixed(left - 8))\" y=\"\(fixed(y + height / 2 + 4))\" text-anchor=\"end\">\(htmlText(shortened(bar.label)))"
                    + "</text>")
            var x = left
            for (index, value) in bar.values.enumerated() {
                let length = (value ?? 0) * scale
                let place = isStacked ? y : y + thickness * Double(index)
                if length > 0 {
                    parts.append(
                        "<rect x=\"\(fixed(isStacked ? x : left))\" y=\"\(fixed(place))\" width=\"\(fixed(max(length, 0.5)))\" "
                            + "height=\"\(fixed(isStacked ? thickness : thickness - 1))\" fill=\"\(colour(index))\"/>")
                }
                x += length
            }
            let end = isStacked || bar.values.count == 1 ? x : left
            if !bar.end.isEmpty {
                parts.append("<text x=\"\(fixed(end + 6))\" y=\"\(fixed(y + height / 2 + 4))\">\(htmlText(bar.end))</text>")
            }
            y += height + 8
        }
        parts.append("<line x1=\"\(fixed(left))\" y1=\"\(fixed(top - 2))\" x2=\"\(fixed(left))\" y2=\"\(fixed(y - 6))\" stroke=\"#333\"/>")
        return (parts, y)
    }

    /// Side by side.
    private static func columns(_ bars: [Bar], isStacked: Bool, top: Double) -> ([String], Double) {
        let (left, height) = (40.0, 200.0)
        let bottom = top + height
        let most = largest(bars, isStacked)
        let step = niceStep(most)
        let scale = (height - 8) / max(most, step)
        var parts: [String] = []
        for tick in stride(from: 0, through: max(most, step), by: step) {
            let y = bottom - tick * scale
            parts.append(
                "<line x1=\"\(fixed(left))\" y1=\"\(fixed(y))\" x2=\"\(fixed(width))\" y2=\"\(fixed(y))\" stroke=\"#ddd\"/>"
                    + "<text x=\"\(fixed(left - 6))\" y=\"\(fixed(y + 4))\" text-anchor=\"end\">\(ReportText.number(Int(tick)))</text>")
        }
        let slot = (width - left) / Double(bars.count)
        // As many words as there is room for.
        let longest = bars.map { label(of: $0).count }.max() ?? 0
        let every = Int(((Double(longest) * 6.5 + 6) / slot).rounded(.up))
        for (place, bar) in bars.enumerated() {
            let x = left + slot * Double(place)
            let thickness = isStacked ? slot * 0.7 : slot * 0.8 / Double(bar.values.count)
            var y = bottom
            for (index, value) in bar.values.enumerated() {
                let length = (value ?? 0) * scale
                if !isStacked { y = bottom }
                y -= length
                if length > 0 {
                    parts.append(
                        "<rect x=\"\(fixed(x + slot * 0.1 + (isStacked ? slot * 0.05 : thickness * Double(index))))\" y=\"\(fixed(y))\" "
                            + "width=\"\(fixed(max(thickness, 0.5)))\" height=\"\(fixed(length))\" fill=\"\(colour(index))\"/>")
                }
            }
            if place.isMultiple(of: every) {
                parts.append(
                    "<text x=\"\(fixed(x + slot / 2))\" y=\"\(fixed(bottom + 16))\" text-anchor=\"middle\" font-size=\"11\">"
                        + "\(htmlText(label(of: bar)))</text>")
            }
        }
        parts.append("<line x1=\"\(fixed(left))\" y1=\"\(fixed(bottom))\" x2=\"\(fixed(width))\" y2=\"\(fixed(bottom))\" stroke=\"#333\"/>")
        return (parts, bottom + 24)
    }

    /// A month: the first letters of its name, or `2017-04`.
    private static func label(of bar: Bar) -> String { bar.label.contains("-") ? bar.label : String(bar.label.prefix(3)) }

    private static func largest(_ bars: [Bar], _ isStacked: Bool) -> Double {
        let sums = bars.map { bar in isStacked ? bar.values.compactMap(\.self).reduce(0, +) : bar.values.compactMap(\.self).max() ?? 0 }
        let most = sums.max() ?? 0
        return most > 0 ? most : 1
    }

    /// 1, 2 or 5 times a power of ten, so that there are at most six lines.
    private static func niceStep(_ most: Double) -> Double {
        var power = 1.0
        while true {
            for factor in [1.0, 2, 5] where most / (factor * power) <= 6 { return factor * power }
            power *= 10
        }
    }

    private static func colour(_ index: Int) -> String { colours[index % colours.count] }

    private static func shortened(_ text: String) -> String { text.count > 30 ? text.prefix(29) + "…" : text }
}

/// With one decimal.
private func fixed(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
