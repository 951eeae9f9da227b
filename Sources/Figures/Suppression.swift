/// Which cells of a table must not be told so that no small one can be computed from the others.
///
/// A table of numbers, its sums of rows and its sums of columns is a network: every sum is a node, every number a pipe between the sum of
/// its row and the sum of its column. Numbers that are hidden can be changed together, each by one, along a closed way of pipes without
/// changing any sum; then nobody can tell which of the two is true. So each small number gets such a way, of cells that are hidden too.
enum Suppression {
    /// Counts that are told to nobody outside.
    static let small = 1...4

    /// - Parameters:
    ///   - values: never negative, without the sums; at least one row and column.
    ///   - isSmall: what must be hidden, with the sums: one more column and one more row where they are shown.
    /// - Returns: what is hidden, in the shape of `isSmall`. Whoever knows everything else and that numbers are whole and not negative can
    ///   tell none of the hidden ones.
    static func hidden(_ values: [[Int]], totalColumn: Bool, totalRow: Bool, isSmall: [[Bool]]) -> [[Bool]] {
        var network = Network(values, totalColumn: totalColumn, totalRow: totalRow, isSmall: isSmall)
        network.protect()
        return network.hidden
    }

    private struct Cell {
        let row: Int
        let column: Int
        let value: Int
        let isTotal: Bool
        /// The sums it belongs to: it counts positively in one and negatively in the other.
        let plus: Int
        let minus: Int
    }

    private struct Network {
        private var cells: [Cell] = []
        private let nodes: Int
        private(set) var hidden: [[Bool]]

        init(_ values: [[Int]], totalColumn: Bool, totalRow: Bool, isSmall: [[Bool]]) {
            hidden = isSmall
            let (rows, columns) = (values.count, values.first?.count ?? 0)
            // Nodes: outside, the sums of rows, the sums of columns, the sum of each kind of total.
            let outside = 0
            func rowNode(_ row: Int) -> Int { totalColumn ? 1 + row : outside }
            func columnNode(_ column: Int) -> Int { totalRow ? 1 + rows + column : outside }
            let ofRowTotals = totalColumn && totalRow ? 1 + rows + columns : outside
            let ofColumnTotals = totalColumn && totalRow ? 2 + rows + columns : outside
            nodes = 3 + rows + columns
            for (row, line) in values.enumerated() {
                for (column, value) in line.enumerated() {
                    cells.append(
                        Cell(
                            row: row, column: column, value: value, isTotal: false, plus: rowNode(row), minus: columnNode(column)))
                }
                if totalColumn {
                    cells.append(
                        Cell(
                            row: row, column: columns, value: line.reduce(0, +), isTotal: true, plus: ofRowTotals, minus: rowNode(row)))
                }
            }
            guard totalRow else { return }
            let sums = (0..<columns).map { column in values.reduce(0) { $0 + $1[column] } }
            for (column, value) in sums.enumerated() {
                cells.append(
                    Cell(row: rows, column: column, value: value, isTotal: true, plus: columnNode(column), minus: ofColumnTotals))
            }
            if totalColumn {
                cells.append(
                    Cell(
                        row: rows, column: columns, value: sums.reduce(0, +), isTotal: true, plus: ofColumnTotals, minus: ofRowTotals))
            }
        }

        mutating func protect() {
            var isSafe = Array(repeating: false, count: cells.count)
            for index in cells.indices where hidden[cells[index].row][cells[index].column] && !isSafe[index] {
                let cell = cells[index]
                // In no sum that is shown.
                if cell.plus == cell.minus { continue }
                let ways =
                    [way(from: cell.plus, to: cell.minus, without: index)]
                    + (cell.value > 0 ? [way(from: cell.minus, to: cell.plus, without: index)] : [])
                guard let best = ways.compactMap(\.self).min(by: { $0.cost < $1.cost }) else { continue }
                for used in best.cells + [index] {
                    isSafe[used] = true
                    hidden[cells[used].row][cells[used].column] = true
                }
            }
        }

        /// The cheapest way for one unit between two sums, by Dijkstra; a cell may be used once in one direction.
        private func way(from start: Int, to end: Int, without excluded: Int) -> (cost: Double, cells: [Int])? {
            var cost = Array(repeating: Double.infinity, count: nodes)
            var arrived: [(cell: Int, from: Int)?] = Array(repeating: nil, count: nodes)
            var isDone = Array(repeating: false, count: nodes)
            cost[start] = 0
            while let node = cost.indices.filter({ !isDone[$0] && cost[$0] < .infinity }).min(by: { cost[$0] < cost[$1] }) {
                if node == end { break }
                isDone[node] = true
                for (index, cell) in cells.enumerated() where index != excluded && cell.plus != cell.minus {
                    // One less passes the unit on from where it counts positively, one more from where it counts negatively.
                    let (next, price): (Int, Double?) =
                        if cell.plus == node { (cell.minus, self.price(of: cell, increased: false)) } else if cell.minus == node {
                            (cell.plus, self.price(of: cell, increased: true))
                        } else { (node, nil) }
                    guard let price, cost[node] + price < cost[next] else { continue }
                    cost[next] = cost[node] + price
                    arrived[next] = (index, node)
                }
            }
            guard cost[end] < .infinity else { return nil }
            var used: [Int] = []
            var node = end
            while node != start, let step = arrived[node] {
                used.append(step.cell)
                node = step.from
            }
            return (cost[end], used)
        }

        /// Small numbers are given up before large ones; then what a reader may guess, numbers of 0 and 1; sums last, since other tables
        /// have them too. Nil when the number cannot change so.
        private func price(of cell: Cell, increased: Bool) -> Double? {
            if !increased, cell.value == 0 { return nil }
            let isHidden = hidden[cell.row][cell.column]
            var price = isHidden ? 0.001 : Double(cell.value) + 1
            if cell.value == 0 || (!increased && cell.value == 1) { price += 1e7 }
            if cell.isTotal, !isHidden { price += 1e13 }
            return price
        }
    }
}
