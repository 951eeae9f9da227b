import DecisionTable
import SeededRandom
import Testing

@Suite("Hostile files are refused or read, and never more")
struct HostileFileTests {
    private static let refusedType = "a document type (DOCTYPE) is not allowed"
    private static let notUTF8 = ["t.dmn: the file is not text in UTF-8; save it in this encoding"]

    @Test("No document type: no entity grows, none reads another file")
    func documentType() {
        let laughs = (1...9).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }.joined(separator: "\n")
        #expect(
            faults("<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY l0 \"ha\">\n\(laughs)]>\n<l>&l9;</l>") == [
                "t.dmn:2: \(Self.refusedType)"
            ])
        #expect(
            faults("<!DOCTYPE l [<!ENTITY f SYSTEM \"file:///etc/hostname\">]><l>&f;</l>") == ["t.dmn:1: \(Self.refusedType)"])
        #expect(faults("\n\n<!-- --><!DOCTYPE l SYSTEM \"http://127.0.0.1:9/l.dtd\"><l/>") == ["t.dmn:3: \(Self.refusedType)"])
    }

    @Test("No processing instruction without content, which the parser does not survive")
    func instructions() {
        let refused = "a processing instruction without content (<?name?>) is not allowed"
        #expect(faults("<?xml version=\"1.0\"?>\n<?x?><l/>") == ["t.dmn:2: \(refused)"])
        #expect(faults("<l><?x?></l>") == ["t.dmn:1: \(refused)"])
        #expect(faults("<l/>\n<!-- <? -->\n<?x?>") == ["t.dmn:3: \(refused)"])
        #expect(faults("<?x y?><l/>") == faults("<l/>"), "one with content is passed over")
        #expect(faults("<?x ?><l/>") == faults("<l/>"))
    }

    @Test("No encoding hides a document type from the check")
    func encodings() {
        let text = "<!DOCTYPE l [<!ENTITY a \"b\">]><l/>"
        let little = text.utf8.flatMap { byte -> [UInt8] in [byte, 0] }
        let big = text.utf8.flatMap { byte -> [UInt8] in [0, byte] }
        let wide = text.utf8.flatMap { byte -> [UInt8] in [0, 0, 0, byte] }
        for bytes in [little, big, wide, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big, [0x4C, 0x6F, 0xA7, 0x94]] {
            #expect(faults(bytes) == Self.notUTF8)
        }
        #expect(faults(Array("<a>".utf8) + [0xE5] + Array("</a>".utf8)) == Self.notUTF8)
        #expect(faults("<a>\0</a>") == Self.notUTF8)
        let declared = ["t.dmn:1: the file declares another encoding than UTF-8; save it in UTF-8"]
        #expect(faults("<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE l+AD4-<l/>") == declared)
        #expect(faults("<?xml version='1.0' encoding='ISO-8859-1'?><a/>") == declared)
        // Says both, and is read as what it is.
        #expect(
            faults("<?xml version='1.0' standalone='utf-8' encoding='UTF-7'?>+ADwAIQ-DOCTYPE l+AD4-<l/>") == [
                "t.dmn:1: not well-formed XML"
            ])
        #expect(faults("<?xml version='1.0'") == ["t.dmn:1: not well-formed XML: the declaration <?xml … ?> is not closed"])
        #expect(faults("<?xml") == ["t.dmn:1: not well-formed XML: the declaration <?xml … ?> is not closed"])
    }

    @Test("Sizes are bounded: the file, a tag, a text, elements, their depth")
    func sizes() {
        func bytes(_ pieces: String, _ count: Int = 1) -> [UInt8] { Array(("<r>\n" + String(repeating: pieces, count: count)).utf8) }
        let long = String(repeating: "x", count: 70_000)
        #expect(faults(bytes("<a></a>", 1 << 20)) == ["t.dmn: the file is larger than 4194304 bytes"])
        #expect(faults(bytes("<a></a>", 250_000) + Array("</r>".utf8)) == ["t.dmn:2: the file has more than 200000 elements"])
        #expect(faults(bytes("\n<a>", 100)) == ["t.dmn:66: elements are nested deeper than 64"])
        for piece in [long, "<!--\(long)-->", "<![CDATA[\(long)", "<a b='\(long)'/>", "<a \(long)", "<?a \(long)"] {
            let line = piece == long ? 1 : 2
            #expect(faults(bytes(piece)) == ["t.dmn:\(line): a tag, text or comment is longer than 65536 bytes"])
        }
    }

    @Test("A table with too many different values for its rules is refused before it is compiled")
    func tooLarge() throws {
        let rules = (0..<10_001).map { ["\($0)", "1"] }
        #expect(
            faults(TableText(inputs: [("x", "number", "")], rules: rules).xml) == [
                "t.dmn:3: table \"T\": the table is too large: it has too many rules with too many different values; split it"
            ])
    }

    @Test("A file that ends anywhere is a fault", arguments: ["camunda-modeler", "dmn-js", "prefixed", "dmn-1.1"])
    func truncated(name: String) throws {
        let whole = try fixture(name)
        let end = try #require(whole.lastIndex(of: UInt8(ascii: ">")))
        for length in stride(from: 0, to: end, by: 50) {
            #expect(faults(Array(whole[..<length])) != nil, "\(length) bytes")
        }
    }

    @Test("Random changes give a fault or a table that decides", arguments: ["camunda-modeler", "dmn-js", "prefixed", "dmn-1.1"])
    func mutated(name: String) throws {
        let whole = try fixture(name)
        var generator = SplitMix64(seed: 2004)
        let pieces = ["<", ">", "&", "\"", "'", "/", "]]>", "<![CDATA[", "<!--", "..", "not(", "-", "9999999999", "\u{301}", "\0"]
        let values: [Value] = [.null, .string("adult"), .number(7), .boolean(true)]
        var (refused, read) = (0, 0)
        for _ in 0..<500 {
            var xml = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<xml.count, using: &generator)
                let end = min(xml.count, place + Int.random(in: 1...60, using: &generator))
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: xml[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: xml[place] = UInt8.random(in: 32...126, using: &generator)
                case 2: xml.removeSubrange(place..<end)
                case 3: xml.insert(contentsOf: xml[place..<end], at: Int.random(in: 0...xml.count, using: &generator))
                default: xml.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "<").utf8, at: place)
                }
            }
            do throws(DecisionTableFaults) {
                for table in try DecisionModel(xml: xml, file: "t.dmn").tables {
                    for rule in table.rules {
                        #expect(rule.conditions.count == table.inputs.count && rule.outputs.count == table.outputs.count)
                    }
                    for value in values { _ = table.evaluate(Array(repeating: value, count: table.inputs.count)) }
                }
                read += 1
            } catch {
                #expect(!error.faults.isEmpty && error.faults.count <= DecisionTableFaults.most)
                refused += 1
            }
        }
        // Changes that are never noticed, or always, would test nothing.
        #expect(refused > 50 && read > 10)
    }
}
