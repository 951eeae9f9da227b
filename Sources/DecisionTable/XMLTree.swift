import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// An element of a file, with its place.
struct XMLElementNode {
    let namespace: String
    let name: String
    /// By their names as written, prefix included.
    let attributes: [String: String]
    /// Where its start tag ends, from 1.
    let line: Int
    var children: [XMLElementNode] = []
    /// The character data directly in it, CDATA included.
    var text = ""

    func children(_ name: String) -> [XMLElementNode] {
        children.filter { $0.name == name && $0.namespace == namespace }
    }
}

/// Reads XML in UTF-8 into elements, safely: bounded in size and depth, no document type, no entities but XML's own five.
enum XMLTree {
    struct Fault: Error {
        /// From 1; 0 when it is about the file as a whole.
        let line: Int
        let message: String
    }

    static let largestFile = 4 << 20
    /// Of a tag, a text or a comment, in bytes. The parser's time grows with the square of the number of attributes in a tag.
    static let largestPiece = 64 << 10
    static let mostElements = 200_000
    static let deepest = 64

    static func read(_ xml: [UInt8]) throws(Fault) -> XMLElementNode {
        guard xml.count <= largestFile else { throw Fault(line: 0, message: "the file is larger than \(largestFile) bytes") }
        var data = Data(xml)
        try settleEncoding(of: &data)
        if let place = data.range(of: Data("<!DOCTYPE".utf8)) {
            throw Fault(line: line(of: place.lowerBound, in: xml), message: "a document type (DOCTYPE) is not allowed")
        }
        try checkPieces(of: xml)
        try checkInstructions(of: xml)

        let parser = XMLParser(data: data)
        parser.shouldProcessNamespaces = true
        parser.shouldResolveExternalEntities = false
        let builder = Builder()
        parser.delegate = builder
        // On Linux this may return true after an error, so the delegate's word is what counts.
        _ = parser.parse()
        if let fault = builder.fault { throw fault }
        guard let root = builder.root else { throw Fault(line: max(parser.lineNumber, 1), message: "the file has no element") }
        return root
    }

    /// Makes sure that the parser reads the same characters as the check for a document type does: the bytes have to be UTF-8, and a
    /// declaration, which could turn them into something else (UTF-7 hides "<"), is blanked out.
    private static func settleEncoding(of data: inout Data) throws(Fault) {
        // A byte 0 is what UTF-16 and UTF-32 are recognised by.
        guard !data.contains(0), String(validating: data, as: UTF8.self) != nil else {
            throw Fault(line: 0, message: "the file is not text in UTF-8; save it in this encoding")
        }
        let mark = Data([0xEF, 0xBB, 0xBF])
        let start = data.starts(with: mark) ? mark.count : 0
        var end = start
        if data[start...].starts(with: Data("<?xml".utf8)) {
            guard let close = data.range(of: Data("?>".utf8)) else {
                throw Fault(line: 1, message: "not well-formed XML: the declaration <?xml … ?> is not closed")
            }
            end = close.upperBound
            let declaration = String(decoding: data[start..<end], as: UTF8.self).lowercased()
            guard !declaration.contains("encoding") || declaration.contains("utf-8") else {
                throw Fault(line: 1, message: "the file declares another encoding than UTF-8; save it in UTF-8")
            }
        }
        for index in 0..<end where data[index] != UInt8(ascii: "\n") { data[index] = UInt8(ascii: " ") }
    }

    private static func checkPieces(of xml: [UInt8]) throws(Fault) {
        var start = 0
        for (index, byte) in xml.enumerated() where byte == UInt8(ascii: "<") || index == xml.count - 1 {
            guard index - start <= largestPiece else {
                throw Fault(line: line(of: start, in: xml), message: "a tag, text or comment is longer than \(largestPiece) bytes")
            }
            start = index
        }
    }

    /// Foundation's parser on Linux crashes on a processing instruction that is nothing but a name.
    private static func checkInstructions(of xml: [UInt8]) throws(Fault) {
        var start: Int?
        for (index, byte) in xml.enumerated() {
            switch byte {
            case UInt8(ascii: "<"): start = nil
            case UInt8(ascii: "?") where index > 0 && xml[index - 1] == UInt8(ascii: "<"): start = index
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): start = nil
            case UInt8(ascii: ">") where index > 0 && xml[index - 1] == UInt8(ascii: "?"):
                if let start {
                    throw Fault(
                        line: line(of: start, in: xml), message: "a processing instruction without content (<?name?>) is not allowed")
                }
            default: break
            }
        }
    }

    private static func line(of index: Int, in xml: [UInt8]) -> Int {
        1 + xml[..<index].count { $0 == UInt8(ascii: "\n") }
    }

    private final class Builder: NSObject, XMLParserDelegate {
        private(set) var root: XMLElementNode?
        /// The first one; nothing is read after it.
        private(set) var fault: Fault?
        private var open: [XMLElementNode] = []
        private var count = 0

        func parser(
            _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            count += 1
            guard open.count < XMLTree.deepest else {
                return stop(parser, "elements are nested deeper than \(XMLTree.deepest)")
            }
            guard count <= XMLTree.mostElements else {
                return stop(parser, "the file has more than \(XMLTree.mostElements) elements")
            }
            // Nearly every element is in the namespace of the one around it; sharing it saves a copy for each.
            let namespace = namespaceURI ?? ""
            let shared = open.last.flatMap { $0.namespace == namespace ? $0.namespace : nil }
            open.append(
                XMLElementNode(namespace: shared ?? namespace, name: elementName, attributes: attributes, line: parser.lineNumber))
        }

        func parser(_ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?) {
            guard let element = open.popLast() else { return }
            if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            if !open.isEmpty { open[open.count - 1].text += string }
        }

        func parser(_ parser: XMLParser, foundCDATA data: Data) {
            if !open.isEmpty { open[open.count - 1].text += String(decoding: data, as: UTF8.self) }
        }

        func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
            stop(parser, "not well-formed XML" + Self.explanation(of: error))
        }

        private func stop(_ parser: XMLParser, _ message: String) {
            guard fault == nil else { return }
            fault = Fault(line: max(parser.lineNumber, 1), message: message)
            parser.abortParsing()
        }

        /// By libxml2's numbers: they are those of `XMLParser.ErrorCode` on macOS, whose cases are one off on Linux.
        private static func explanation(of error: any Error) -> String {
            switch (error as NSError).code {
            case 5: ": the file ends too early, or goes on after its outermost element"
            case 26: ": an unknown entity; &amp; &lt; &gt; &quot; and &apos; are known"
            case 42: ": an attribute is given twice"
            case 76: ": an element is closed that is not the one open"
            default: ""
            }
        }
    }
}
