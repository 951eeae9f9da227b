import Referral
import Yams

/// Reads one block of a YAML file strictly: every key must be asked for, every value must have its form. What is wrong goes to the
/// collector and reading goes on, so that all mistakes are found at once.
final class MappingReader {
    let file: ConfigurationFile
    /// The way to this block: `tls`, `organisations[3]`; empty at the top.
    let path: String
    let line: Int?
    let faults: FaultCollector

    private let pairs: [(key: String, line: Int?, value: Node)]
    /// Only for settings that may be overridden.
    private let variables: EnvironmentVariables?
    private var asked: [String] = []

    private init(
        file: ConfigurationFile, path: String, line: Int?, faults: FaultCollector, pairs: [(String, Int?, Node)],
        variables: EnvironmentVariables?
    ) {
        self.file = file
        self.path = path
        self.line = line
        self.faults = faults
        self.pairs = pairs
        self.variables = variables
    }

    // MARK: A file

    /// The top block of a file; nil when the file is no YAML or its top is no block.
    static func top(of file: ConfigurationFile, variables: EnvironmentVariables? = nil, _ faults: FaultCollector) -> MappingReader? {
        guard let text = file.readText(faults) else { return nil }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            let (line, path, rule) = Self.explain(error)
            faults.add(.file(file.name, line: line), path, rule)
            return nil
        }
        guard let root else {
            faults.add(.file(file.name, line: nil), "", "is empty")
            return nil
        }
        return MappingReader(root, file: file, path: "", faults: faults, variables: variables)
    }

    /// A block that is not in any file: only variables can fill it.
    static func absent(_ file: ConfigurationFile, variables: EnvironmentVariables, _ faults: FaultCollector) -> MappingReader {
        MappingReader(file: file, path: "", line: nil, faults: faults, pairs: [], variables: variables)
    }

    private convenience init?(
        _ node: Node, file: ConfigurationFile, path: String, faults: FaultCollector, variables: EnvironmentVariables?
    ) {
        let line = node.mark?.line
        guard case .mapping(let mapping) = node else {
            faults.add(.file(file.name, line: line), path, "must be a block of keys and values")
            return nil
        }
        var pairs: [(String, Int?, Node)] = []
        for (key, value) in mapping {
            if case .scalar(let scalar) = key {
                pairs.append((scalar.string, key.mark?.line, value))
            } else {
                faults.add(.file(file.name, line: key.mark?.line), path, "a key must be a word")
            }
        }
        self.init(file: file, path: path, line: line, faults: faults, pairs: pairs, variables: variables)
    }

    private static func explain(_ error: any Error) -> (line: Int?, path: String, rule: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return (mark.line, "", "is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            return (context.mark.line, keys.joined(separator: ", "), "is given more than once in the same block")
        case .reader(let problem, _, _, _): return (nil, "", "is not YAML: \(problem)")
        default: return (nil, "", "is not YAML")
        }
    }

    // MARK: Single values

    /// A setting that has a default.
    func value<Value>(_ key: String, _ scalar: Scalar<Value>, default fallback: Value) -> Value {
        read(key, scalar)?.value ?? fallback
    }

    /// A setting that may be left out.
    func optional<Value>(_ key: String, _ scalar: Scalar<Value>) -> Value? { read(key, scalar)?.value }

    /// A setting that must be given; nil when it is missing or wrong, which has been noted.
    func required<Value>(_ key: String, _ scalar: Scalar<Value>) -> Value? {
        let given = isGiven(key)
        let value = read(key, scalar)?.value
        if !given { fault("", missing(key)) }
        return value
    }

    /// The path of a file that must be given, from this file or, when it comes from a variable, from the working folder.
    func requiredPath(_ key: String) -> String? {
        let given = isGiven(key)
        let path = optionalPath(key)
        if !given { fault("", missing(key)) }
        return path
    }

    func optionalPath(_ key: String) -> String? {
        read(key, .text).map { $0.fromVariable ? $0.value : file.resolve($0.value) }
    }

    private func missing(_ key: String) -> String {
        "\"\(key)\" is missing" + (variables.map { "; it can also be given as \($0.name(of: path(to: key)))" } ?? "")
    }

    private func isGiven(_ key: String) -> Bool {
        pairs.contains { $0.key == key } || variables?.value(at: path(to: key)) != nil
    }

    private func read<Value>(_ key: String, _ scalar: Scalar<Value>) -> (value: Value, fromVariable: Bool)? {
        asked.append(key)
        let pair = pairs.first { $0.key == key }
        // The file is checked even when a variable wins: a mistake in it would show up on the day when the variable goes.
        let own = pair.flatMap { parse($0.value, at: path(to: key), scalar) }
        guard let variable = variables?.value(at: path(to: key)) else { return own.map { ($0, false) } }
        switch scalar.parse(variable.text) {
        case .success(let value): return (value, true)
        case .failure(let rule):
            faults.add(.variable(variable.name), path(to: key), rule.text)
            return nil
        }
    }

    private func parse<Value>(_ node: Node, at path: String, _ scalar: Scalar<Value>) -> Value? {
        guard case .scalar(let given) = node else {
            faults.add(.file(file.name, line: node.mark?.line), path, "must be a single value")
            return nil
        }
        let isPlain = given.style == .plain || given.style == .any
        let isNull = isPlain && ["", "~", "null"].contains(given.string)
        let result: Result<Value, Scalar<Value>.Rule> =
            if isNull {
                .failure(.init(text: "has no value"))
            } else if scalar.mustBePlain, !isPlain {
                .failure(.init(text: "must be written without quotes"))
            } else {
                scalar.parse(given.string)
            }
        switch result {
        case .success(let value): return value
        case .failure(let rule):
            faults.add(.file(file.name, line: node.mark?.line), path, rule.text)
            return nil
        }
    }

    // MARK: Blocks and lists

    /// A block within this one. Where it is left out its settings have their defaults and can still be given as variables.
    func block(_ key: String) -> MappingReader {
        asked.append(key)
        let inner = path(to: key)
        if let pair = pairs.first(where: { $0.key == key }),
            let reader = MappingReader(pair.value, file: file, path: inner, faults: faults, variables: variables)
        {
            return reader
        }
        // Missing keys of a block that is not there are told where the block would be.
        return MappingReader(file: file, path: inner, line: line, faults: faults, pairs: [], variables: variables)
    }

    func contains(_ key: String) -> Bool { pairs.contains { $0.key == key } }

    /// Single values in order; nil for each that is wrong, so that positions stay.
    func list<Value>(_ key: String, _ scalar: Scalar<Value>) -> [Value?] {
        elements(key).enumerated().map { index, node in parse(node, at: "\(path(to: key))[\(index)]", scalar) }
    }

    /// Blocks in order; nil for each that is none, so that positions stay.
    func blocks(_ key: String) -> [MappingReader?] {
        elements(key).enumerated().map { index, node in
            MappingReader(node, file: file, path: "\(path(to: key))[\(index)]", faults: faults, variables: nil)
        }
    }

    private func elements(_ key: String) -> [Node] {
        asked.append(key)
        if let (name, _) = variables?.value(at: path(to: key)) {
            faults.add(.variable(name), path(to: key), "is a list, which a variable cannot hold: it is given in the file")
        }
        guard let pair = pairs.first(where: { $0.key == key }) else { return [] }
        guard case .sequence(let sequence) = pair.value else {
            faults.add(.file(file.name, line: pair.value.mark?.line), path(to: key), "must be a list")
            return []
        }
        return Array(sequence)
    }

    /// All keys, in order: for blocks whose keys are names.
    var keys: [String] { pairs.map(\.key) }

    /// A block within this one whose settings are overridden by variables of their own, as if it stood alone.
    func block(_ key: String, overriddenBy variables: EnvironmentVariables) -> MappingReader? {
        guard let pair = pairs.first(where: { $0.key == key }) else { return nil }
        return MappingReader(pair.value, file: file, path: path(to: key), faults: faults, variables: variables.within(path(to: key)))
    }

    /// The line of an entry, or of the nearest one around it.
    func line(of steps: [DirectoryFault.Step]) -> Int? {
        guard case .key(let first)? = steps.first, let pair = pairs.first(where: { $0.key == first }) else { return line }
        var node = pair.value
        for step in steps.dropFirst() {
            switch (step, node) {
            case (.key(let key), .mapping(let mapping)):
                guard let inner = mapping[key] else { return node.mark?.line }
                node = inner
            case (.index(let index), .sequence(let sequence)) where sequence.indices.contains(index): node = sequence[index]
            default: return node.mark?.line
            }
        }
        return node.mark?.line
    }

    // MARK: The end

    /// Notes every key that nobody asked for. To be called when all settings of the block have been read.
    func finish() {
        for pair in pairs where !asked.contains(pair.key) {
            faults.add(
                .file(file.name, line: pair.line), path(to: pair.key),
                "is not a setting" + Spelling.suggestion(for: pair.key, among: asked))
        }
    }

    /// Notes a mistake in the value of `key`, or in the block itself when the key is empty or absent.
    func fault(_ key: String, _ rule: String) {
        if !key.isEmpty, let variable = variables?.value(at: path(to: key)) {
            faults.add(.variable(variable.name), path(to: key), rule)
        } else {
            let pair = pairs.first { $0.key == key }
            faults.add(.file(file.name, line: pair?.value.mark?.line ?? line), key.isEmpty ? path : path(to: key), rule)
        }
    }

    private func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
