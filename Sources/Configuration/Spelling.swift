/// Finds what somebody meant to write.
enum Spelling {
    /// `; did you mean "handshake_timeout"?`, or nothing when no candidate is near.
    static func suggestion(for word: String, among candidates: [String]) -> String {
        let allowed = max(1, min(3, word.count / 3))
        let nearest = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let (candidate, distance) = nearest, distance <= allowed else { return "" }
        return "; did you mean \"\(candidate)\"?"
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(100)), right = Array(right.prefix(100))
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var best = min(previous[column + 1], current[column]) + 1
                best = min(best, previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
