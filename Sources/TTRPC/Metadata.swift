/// Key and value pairs sent with a request, or back with the end of a call. Keys may repeat; the order is kept.
public struct Metadata: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var value: String

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    public init(_ entries: [Entry]) {
        self.entries = entries
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// The first value of `key`, compared byte by byte.
    public subscript(first key: String) -> String? {
        entries.first { $0.key == key }?.value
    }

    /// Every value of `key`, in the order sent.
    public subscript(all key: String) -> [String] {
        entries.filter { $0.key == key }.map(\.value)
    }

    public mutating func append(_ value: String, for key: String) {
        entries.append(Entry(key: key, value: value))
    }

    /// The UTF-8 length of all keys and values.
    var byteCount: Int {
        entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }
}

extension Metadata: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        entries = elements.map { Entry(key: $0, value: $1) }
    }
}
