import NIOCore
import Testing

@testable import Recording

@Suite struct LineSplitterTests {
    private func split(_ text: String, pieces: Int, limit: Int = 100) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: limit)
        var lines: [LineSplitter.Line] = []
        var rest = text.utf8[...]
        while !rest.isEmpty {
            splitter.append(ByteBuffer(bytes: rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
            while let line = splitter.next() { lines.append(line) }
        }
        if let line = splitter.finish() { lines.append(line) }
        return lines
    }

    private func text(_ text: String) -> LineSplitter.Line { .text(Array(text.utf8)) }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func theSizeOfThePiecesDoesNotMatter(pieces: Int) {
        #expect(split("ett\n\ntvå\ntre", pieces: pieces) == [text("ett"), text(""), text("två"), text("tre")])
        #expect(split("ett\n", pieces: pieces) == [text("ett")])
        #expect(split("", pieces: pieces) == [])
    }

    @Test(arguments: [1, 5, 1000])
    func aLineThatIsTooLongIsDroppedAndTheNextIsRead(pieces: Int) {
        let lines = split("\(String(repeating: "x", count: 11))\nnext\n\(String(repeating: "x", count: 10))\n", pieces: pieces, limit: 10)
        #expect(lines == [.tooLong, text("next"), text(String(repeating: "x", count: 10))])
        #expect(split(String(repeating: "x", count: 50), pieces: pieces, limit: 10) == [.tooLong])
    }
}
