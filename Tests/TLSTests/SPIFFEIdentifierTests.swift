import TLS
import Testing

@Suite struct SPIFFEIdentifierTests {
    @Test("Parts and spelling")
    func parts() throws {
        let identifier = try #require(SPIFFEIdentifier("spiffe://lots.example/Polisen_1/region-syd.2"))
        #expect(identifier.trustDomain == "lots.example")
        #expect(identifier.organisation == "Polisen_1")
        #expect(identifier.unit == "region-syd.2")
        #expect(identifier.description == "spiffe://lots.example/Polisen_1/region-syd.2")
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "spiffe://", "spiffe://lots.example", "spiffe://lots.example/", "spiffe://lots.example/a", "spiffe://lots.example/a/",
            "spiffe://lots.example//b", "spiffe:///a/b", "spiffe://lots.example/a/b/", "spiffe://lots.example/a/b/c",
            "SPIFFE://lots.example/a/b", "https://lots.example/a/b", "spiffe:/lots.example/a/b", " spiffe://lots.example/a/b",
            "spiffe://Lots.example/a/b", "spiffe://lots.example:443/a/b", "spiffe://user@lots.example/a/b", "spiffe://lots.example/a/b?q",
            "spiffe://lots.example/a/b#f", "spiffe://lots.example/a%2e/b", "spiffe://lots.example/./b", "spiffe://lots.example/a/..",
            "spiffe://lots.example/å/b", "spiffe://lots.example/a b/c", "spiffe://lots.example/a/b\0", "spiffe://lots.example/a\0/b",
        ])
    func refused(text: String) {
        #expect(SPIFFEIdentifier(text) == nil)
    }

    @Test("Lengths are bounded")
    func lengths() {
        #expect(SPIFFEIdentifier("spiffe://\(String(repeating: "a", count: 255))/a/b") != nil)
        #expect(SPIFFEIdentifier("spiffe://\(String(repeating: "a", count: 256))/a/b") == nil)
        let prefix = "spiffe://lots.example/a/"
        #expect(SPIFFEIdentifier(prefix + String(repeating: "b", count: 2048 - prefix.utf8.count)) != nil)
        #expect(SPIFFEIdentifier(prefix + String(repeating: "b", count: 2049 - prefix.utf8.count)) == nil)
    }
}
