import Figures
import Foundation
import Referral

/// A report for a terminal, and for spreadsheets.
enum ReportText {
    static func tables(_ report: Report) -> String {
        var parts = [heading(report)]
        for table in report.tables {
            let headings = table.labels + table.columns.map(\.title)
            let rows = table.rows.map { row in row.labels + zip(row.cells, table.columns).map { cell($0, $1, of: table) } }
            let widths = headings.indices.map { column in ([headings] + rows).map { $0[column].count }.max() ?? 0 }
            let lines = ([headings] + rows).map { row in
                var line = zip(row, widths).enumerated().map { index, cell in
                    let space = String(repeating: " ", count: cell.1 - cell.0.count)
                    return index < table.labels.count ? cell.0 + space : space + cell.0
                }.joined(separator: "  ")
                while line.last == " " { line.removeLast() }
                return line
            }
            parts.append("\(table.title)\n\n\(lines.joined(separator: "\n"))")
        }
        return parts.joined(separator: "\n\n")
    }

    static func heading(_ report: Report) -> String {
        "\(title(report)), \(report.days.lowerBound) till \(report.days.upperBound): \(report.organisation?.rawValue ?? "alla organisationer")"
            + ", räknat till och med plats \(report.throughSequence) i loggen"
    }

    static func title(_ report: Report) -> String {
        switch report.kind {
        case .year: "Verksamheten"
        case .partnership: "Samarbetet"
        case .costs: "Kostnader"
        case .clocks: "Löften"
        }
    }

    /// One number a line.
    static func csv(_ report: Report) -> String {
        var lines = ["table,label,detail,column,unit,value,suppressed"]
        for table in report.tables {
            for row in table.rows {
                for (cell, column) in zip(row.cells, table.columns) {
                    let value = cell.value.map { $0 == $0.rounded() ? String(Int64($0)) : String($0) } ?? ""
                    let fields = [
                        table.name, row.labels.first ?? "", row.labels.dropFirst().joined(separator: " "), column.name,
                        column.unit.rawValue, value, cell == .suppressed ? "yes" : "no",
                    ]
                    lines.append(fields.map(quoted).joined(separator: ","))
                }
            }
        }
        return lines.joined(separator: "\r\n")
    }

    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
        return "\"\(field.replacing("\"", with: "\"\""))\""
    }

    /// `1 234`, `45,7 %`, `12,3`; `..` for what is not told, `–` for nothing.
    static func cell(_ cell: ReportCell, _ column: ReportColumn, of table: ReportTable) -> String {
        switch cell {
        case .none: return "–"
        case .suppressed: return ".."
        case .value(let value):
            switch column.unit {
            case .count, .minutes: return number(Int(value))
            case .hours: return decimal(value, places: 1)
            case .share: return decimal(value * 100, places: table.name.hasPrefix("cost-shares") ? 2 : 1) + "\u{A0}%"
            }
        }
    }

    /// `12 345`, with spaces that do not break.
    static func number(_ value: Int) -> String {
        var digits = String(value)
        var place = digits.count - 3
        while place > 0 {
            digits.insert("\u{A0}", at: digits.index(digits.startIndex, offsetBy: place))
            place -= 3
        }
        return digits
    }

    /// With a comma; rounded half up.
    static func decimal(_ value: Double, places: Int) -> String {
        let scale = places == 2 ? 100 : 10
        let scaled = Int((value * Double(scale)).rounded())
        let rest = String(scaled % scale)
        return "\(number(scaled / scale)),\(String(repeating: "0", count: places - rest.count))\(rest)"
    }
}
