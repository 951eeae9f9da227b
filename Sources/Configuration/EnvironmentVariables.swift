/// Settings from the environment. A variable wins over the file: `LOTS_LISTEN_PORT` over `listen.port`.
final class EnvironmentVariables {
    private let values: [String: String]
    private let prefix: String
    /// Left out of names.
    private let base: String
    private var asked: [String] = []

    /// - Parameter prefix: `LOTS_`
    init(_ values: [String: String], prefix: String, base: String = "") {
        self.values = values
        self.prefix = prefix
        self.base = base
    }

    /// The same variables for a block that is named without the way to it.
    func within(_ path: String) -> EnvironmentVariables {
        EnvironmentVariables(values, prefix: prefix, base: path + ".")
    }

    func name(of path: String) -> String {
        prefix + path.dropFirst(path.hasPrefix(base) ? base.count : 0).uppercased().replacing(".", with: "_")
    }

    /// The name and text of the variable for a setting; nil when it is not set.
    func value(at path: String) -> (name: String, text: String)? {
        let name = name(of: path)
        asked.append(name)
        return values[name].map { (name, $0) }
    }

    /// Variables with the prefix that no setting asked for, each with what was probably meant; to be logged, not refused: a host may
    /// set such variables for reasons of its own (Kubernetes does, for a service named `lots`).
    func unused(except others: [String]) -> [String] {
        values.keys.filter { name in name.hasPrefix(prefix) && !asked.contains(name) && !others.contains(where: name.hasPrefix) }
            .sorted()
            .map { "\($0) is not a setting" + Spelling.suggestion(for: $0, among: asked) }
    }
}
