import Referral
import SeededRandom
import Testing

@testable import Figures

@Suite(.timeLimit(.minutes(3))) struct SuppressionTests {
    /// Whoever knows every number that is told and that all numbers are whole and not negative finds, for each hidden one, at least two
    /// values that it may have. Small tables, by looking for the second value.
    @Test(arguments: 0..<40 as Range<UInt64>) func noHiddenNumberCanBeComputed(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<40 {
            let table = Self.table(rows: 1...4, columns: 1...4, &random)
            let hidden = table.hidden
            for (row, line) in hidden.enumerated() {
                for (column, isHidden) in line.enumerated() {
                    let value = table.extended[row][column]
                    if (1...4).contains(value) { #expect(isHidden) }
                    guard isHidden else { continue }
                    #expect(table.hasOther(row, column), "\(table.values) \(row) \(column) \(hidden)")
                }
            }
        }
    }

    /// Large tables, by linear algebra: no hidden number follows from the sums. (That none follows from signs is shown above.)
    @Test(arguments: 0..<20 as Range<UInt64>) func noHiddenNumberFollowsFromTheSums(seed: UInt64) {
        var random = SplitMix64(seed: 1_000 + seed)
        for _ in 0..<5 {
            let table = Self.table(rows: 3...14, columns: 2...9, &random)
            #expect(table.determined.isEmpty, "\(table.values)")
        }
    }

    /// Or both tests above prove nothing: hiding the small numbers alone is not enough, and they say so.
    @Test func theChecksFindWhatIsNotProtected() {
        var table = TestTable(values: [[3, 10], [20, 30]], totalColumn: true, totalRow: true)
        table.hidden = table.small
        #expect(!table.hasOther(0, 0))
        #expect(table.determined == [[0, 0]])
        // Nothing but 1 and 1 are 2 together, when both are known to be there; they are not.
        table = TestTable(values: [[1, 1]], totalColumn: true, totalRow: false)
        #expect(table.hasOther(0, 0))
    }

    @Test func littleIsHiddenWhereLittleNeedsToBe() {
        func hidden(_ values: [[Int]], _ totalColumn: Bool = true, _ totalRow: Bool = true) -> [[Bool]] {
            TestTable(values: values, totalColumn: totalColumn, totalRow: totalRow).hidden
        }
        #expect(hidden([[10, 20], [30, 0]]) == [[false, false, false], [false, false, false], [false, false, false]])
        // The smallest of the others in a column with a sum.
        #expect(hidden([[100], [3], [7], [9]], false) == [[false], [true], [true], [false], [false]])
        // Without sums a small number tells of no other.
        #expect(hidden([[100, 3]], false, false) == [[false, true]])
        // A sum is told as long as there is something else to hide.
        let table = hidden([[1, 1, 1, 1, 1, 0]], true, false)
        #expect(table[0].last == false)
    }

    /// A share tells its parts when the whole is known.
    @Test func sharesOfSmallNumbersAreHidden() {
        func share(_ kept: Int, _ broken: Int, suppressed: Bool = true) -> ReportCell? {
            var sheet = Sheet(
                name: "t", title: "t", labels: ["l"], parts: [ReportColumn("kept", ""), ReportColumn("broken", "")], hasTotalRow: false)
            sheet.shares = [Sheet.Share(column: ReportColumn("share", "", .share), numerator: [0], denominator: [0, 1])]
            sheet.rows = [Sheet.Row(labels: ["r"], values: [kept, broken])]
            return sheet.table(suppressed: suppressed)["r", "share"]
        }
        #expect(share(90, 10) == .value(0.9))
        #expect(share(98, 2) == .suppressed && share(2, 98) == .suppressed && share(2, 1) == .suppressed)
        #expect(share(98, 2, suppressed: false) == .value(0.98))
        #expect(share(50, 0) == .value(1))
    }

    /// Minutes of few people are theirs, however many minutes.
    @Test func minutesOfFewPeopleAreHidden() {
        var sheet = Sheet(
            name: "t", title: "t", labels: ["l"], parts: [ReportColumn("a", "", .minutes), ReportColumn("b", "", .minutes)])
        sheet.rows = [
            Sheet.Row(labels: ["one"], values: [900, 0], sources: [[1, 2, 3], [], [1, 2, 3]]),
            Sheet.Row(labels: ["many"], values: [60, 30], sources: [[4, 5, 6, 7, 8], [4, 5, 6, 7, 8], [4, 5, 6, 7, 8]]),
            Sheet.Row(labels: ["more"], values: [70, 20], sources: [[9, 10, 11, 12, 13], [9, 10, 11, 12, 13], [9, 10, 11, 12, 13]]),
        ]
        let table = sheet.table(suppressed: true)
        #expect(table["one", "a"] == .suppressed && table["one", "total"] == .suppressed)
        #expect(table["many", "a"] == .suppressed || table["more", "a"] == .suppressed)
        #expect(table[ReportTable.total, "total"] == .value(1_080))
        #expect(sheet.table(suppressed: false)["one", "a"] == .value(900))
    }

    private static func table(rows: ClosedRange<Int>, columns: ClosedRange<Int>, _ random: inout SplitMix64) -> TestTable {
        let (height, width) = (Int.random(in: rows, using: &random), Int.random(in: columns, using: &random))
        let most = [2, 6, 12, 60].randomElement(using: &random) ?? 6
        let values = (0..<height).map { _ in (0..<width).map { _ in max(0, Int.random(in: -2...most, using: &random)) } }
        return TestTable(values: values, totalColumn: .random(using: &random), totalRow: .random(using: &random))
    }
}

/// A table with what is hidden of it, and what follows from the rest. Written without the ideas of what it tests.
private struct TestTable {
    let values: [[Int]]
    let totalColumn: Bool
    let totalRow: Bool
    var hidden: [[Bool]] = []

    init(values: [[Int]], totalColumn: Bool, totalRow: Bool) {
        self.values = values
        self.totalColumn = totalColumn
        self.totalRow = totalRow
        hidden = Suppression.hidden(values, totalColumn: totalColumn, totalRow: totalRow, isSmall: small)
    }

    /// With the sums.
    var extended: [[Int]] {
        var rows = values.map { totalColumn ? $0 + [$0.reduce(0, +)] : $0 }
        if totalRow { rows.append(rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } }) }
        return rows
    }

    var small: [[Bool]] { extended.map { $0.map { (1...4).contains($0) } } }

    /// Every sum as the cells with their signs: together 0.
    private var equations: [[(row: Int, column: Int, sign: Int)]] {
        let (rows, columns) = (extended.count, extended[0].count)
        var equations: [[(Int, Int, Int)]] = []
        if totalColumn {
            equations += (0..<rows).map { row in (0..<columns).map { (row, $0, $0 == columns - 1 ? -1 : 1) } }
        }
        if totalRow {
            equations += (0..<columns).map { column in (0..<rows).map { ($0, column, $0 == rows - 1 ? -1 : 1) } }
        }
        return equations
    }

    private var unknown: [(row: Int, column: Int)] {
        hidden.indices.flatMap { row in hidden[row].indices.filter { hidden[row][$0] }.map { (row, $0) } }
    }

    /// Whether there is a table with the same numbers where they are told and another number here: searched one unknown at a time.
    func hasOther(_ row: Int, _ column: Int) -> Bool {
        let unknown = unknown
        guard let target = unknown.firstIndex(where: { $0.row == row && $0.column == column }) else { return false }
        let truth = extended
        // The hidden part of every sum, with what the told part leaves for it.
        let sums = equations.map { equation -> (terms: [(index: Int, sign: Int)], rest: Int) in
            var (terms, rest) = ([(index: Int, sign: Int)](), 0)
            for (row, column, sign) in equation {
                if let index = unknown.firstIndex(where: { $0.row == row && $0.column == column }) {
                    terms.append((index, sign))
                } else {
                    rest -= sign * truth[row][column]
                }
            }
            return (terms, rest)
        }
        let order = [target] + unknown.indices.filter { $0 != target }
        // Near the truth: one more or one less everywhere is enough to show that there is another.
        let choices = unknown.map { cell in [-1, 1, 0].map { truth[cell.row][cell.column] + $0 }.filter { $0 >= 0 } }
        var assigned = Array(repeating: Int?.none, count: unknown.count)
        func isPossible() -> Bool {
            sums.allSatisfy { sum in
                var (low, high) = (0, 0)
                for (index, sign) in sum.terms {
                    let values = assigned[index].map { [$0] } ?? choices[index]
                    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
                    low += sign > 0 ? least : -most
                    high += sign > 0 ? most : -least
                }
                return low <= sum.rest && sum.rest <= high
            }
        }
        func search(_ depth: Int) -> Bool {
            if depth == order.count { return true }
            let index = order[depth]
            for value in choices[index] where depth > 0 || value != truth[row][column] {
                assigned[index] = value
                if isPossible(), search(depth + 1) { return true }
            }
            assigned[index] = nil
            return false
        }
        return search(0)
    }

    /// Hidden cells whose value follows from the sums: by elimination, modulo a prime.
    var determined: [[Int]] {
        let prime = 1_000_003
        let unknown = unknown
        var rows = equations.map { equation in
            var row = Array(repeating: 0, count: unknown.count)
            for (r, c, sign) in equation {
                if let index = unknown.firstIndex(where: { $0.row == r && $0.column == c }) { row[index] = (sign + prime) % prime }
            }
            return row
        }
        func inverse(_ value: Int) -> Int {
            var (result, base, exponent) = (1, value, prime - 2)
            while exponent > 0 {
                if exponent & 1 == 1 { result = result * base % prime }
                base = base * base % prime
                exponent >>= 1
            }
            return result
        }
        var rank = 0
        for column in unknown.indices {
            guard let pivot = rows.indices.dropFirst(rank).first(where: { rows[$0][column] != 0 }) else { continue }
            rows.swapAt(rank, pivot)
            let scale = inverse(rows[rank][column])
            rows[rank] = rows[rank].map { $0 * scale % prime }
            for other in rows.indices where other != rank && rows[other][column] != 0 {
                let factor = rows[other][column]
                for index in rows[other].indices {
                    rows[other][index] = (rows[other][index] + (prime - factor) * rows[rank][index]) % prime
                }
            }
            rank += 1
        }
        return rows.prefix(rank).compactMap { row in
            let places = row.indices.filter { row[$0] != 0 }
            return places.count == 1 ? [unknown[places[0]].row, unknown[places[0]].column] : nil
        }
    }
}
