import Foundation

/// A file as it was named, and where the relative paths in it begin.
struct ConfigurationFile {
    /// As it was named by whoever asked for it.
    let name: String
    /// What is in it when it is no file on this machine.
    var content: Data?

    /// 1 MiB: many times any real configuration.
    static let largestSize = 1 << 20

    var folder: String { (name as NSString).deletingLastPathComponent }

    /// A path that this file names: absolute, or relative to the file.
    func resolve(_ path: String) -> String { Self.resolve(path, in: folder) }

    static func resolve(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") || folder.isEmpty { return path }
        return ((folder as NSString).appendingPathComponent(path) as NSString).standardizingPath
    }

    /// The whole content; nil when there was a fault.
    func read(_ faults: FaultCollector) -> Data? {
        if let content { return content }
        func fault(_ rule: String) -> Data? {
            faults.add(.file(name, line: nil), "", rule)
            return nil
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else { return fault("no such file") }
        if isFolder.boolValue { return fault("is a folder, not a file") }
        guard let handle = FileHandle(forReadingAtPath: name) else { return fault("cannot be read: check its permissions") }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: Self.largestSize + 1) ?? Data() else { return fault("cannot be read") }
        guard data.count <= Self.largestSize else { return fault("is larger than \(Self.largestSize) bytes") }
        return data
    }

    /// The content as text; nil when there was a fault.
    func readText(_ faults: FaultCollector) -> String? {
        guard let data = read(faults) else { return nil }
        guard let text = String(data: data, encoding: .utf8) else {
            faults.add(.file(name, line: nil), "", "is not UTF-8 text")
            return nil
        }
        return text
    }
}
