/// Gathers mistakes while files are read, so that all of them can be told at once. Lives as long as one reading.
final class FaultCollector {
    private var faults: [ConfigurationFault] = []

    func add(_ source: ConfigurationFault.Source, _ path: String, _ rule: String) {
        faults.append(ConfigurationFault(source: source, path: path, rule: rule))
    }

    var isEmpty: Bool { faults.isEmpty }

    /// Variables first, then the files in the order in which they were read, each from top to bottom.
    var sorted: [ConfigurationFault] {
        var rankOfFile: [String: Int] = [:]
        for case .file(let name, _) in faults.map(\.source) where rankOfFile[name] == nil { rankOfFile[name] = rankOfFile.count + 1 }
        return faults.enumerated().map { index, fault in
            switch fault.source {
            case .variable: (fault, (0, 0, index))
            case .file(let name, let line): (fault, (rankOfFile[name] ?? 0, line ?? 0, index))
            }
        }
        .sorted { (left: (ConfigurationFault, (Int, Int, Int)), right) in left.1 < right.1 }
        .map(\.0)
    }

    func throwIfAny() throws(ConfigurationFaults) {
        if !isEmpty { throw ConfigurationFaults(sorted) }
    }
}
