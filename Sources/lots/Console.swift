import ArgumentParser
import Foundation
import Protobuf

/// Standard output and standard error.
enum Console {
    /// Ends the program when nobody can see it: what is shown must not be acted on unseen.
    static func line(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
        } catch {
            exit(Failure.output.rawValue)
        }
    }

    static func error(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    static func json(_ value: JSONValue) {
        line(value.text())
    }

    /// Whether a person is watching standard error.
    static let isInteractive = isatty(FileHandle.standardError.fileDescriptor) == 1

    /// A count that replaces itself on one line; nothing when nobody is watching.
    static func progress(_ text: String) {
        guard isInteractive else { return }
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }

    /// Takes the count away, so that a line can be written in its place.
    static func clearProgress() { progress("") }
}

/// Rows under headings, as wide as they need to be.
struct Table {
    let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: String...) {
        self.headings = headings
    }

    mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    /// Nothing when there are no rows.
    func print() {
        guard !rows.isEmpty else { return }
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [headings] + rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Console.line(line)
        }
    }
}

/// Rows under headings, each shown as it comes. Columns are as wide as their values usually are.
struct RunningTable {
    private let columns: [(heading: String, width: Int)]
    private var hasRows = false

    init(_ columns: (heading: String, width: Int)...) {
        self.columns = columns
    }

    /// Shows a row, and the headings before the first.
    mutating func add(_ cells: String...) {
        if !hasRows { show(columns.map(\.heading)) }
        hasRows = true
        show(cells)
    }

    private func show(_ cells: [String]) {
        var line = zip(cells, columns).map { $0 + String(repeating: " ", count: max(0, $1.width - $0.count)) }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        Console.clearProgress()
        Console.line(line)
    }
}
