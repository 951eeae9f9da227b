import TTRPC
import Testing

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test func aValidHeaderIsReadAndContinued() throws {
        let parent = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: ["a=1", " b@c=x y , ,d=2\t"]))
        #expect(parent.traceID == Self.trace && parent.spanID == Self.span && parent.isSampled)
        #expect(parent.state == "a=1,b@c=x y,d=2")
        let child = parent.child { 0xAB }
        #expect(child.traceparent == "00-\(Self.trace)-00000000000000ab-01")
        #expect(child.state == parent.state)
        let unsampled = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-fe"))
        #expect(!unsampled.isSampled && unsampled.child { 1 }.traceparent.hasSuffix("-00"))
    }

    /// A later version may have more fields; what is known of it is used.
    @Test func laterVersions() {
        #expect(TraceContext(traceparent: "01-\(Self.trace)-\(Self.span)-01-more")?.traceID == Self.trace)
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-01")?.traceID == Self.trace)
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-01.more") == nil)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-more", "00-\(trace)-\(span)-01 ",
        "ff-\(trace)-\(span)-01", "0g-\(trace)-\(span)-01", "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span)-0G",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01", "00_\(trace)-\(span)-01",
        "00-\(trace)_\(span)-01", "00-\(trace)-\(span)_01", "00-4bf92f3577b34da6a3ce929d0e0e47é-\(span)-01",
    ])
    func aFaultyHeaderIsNone(_ text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(arguments: [
        ["A=1"], ["a"], ["a="], ["=1"], ["a=1=2"], ["a=1", "a=2"], ["a=é"], ["a=1\u{7F}"], ["a@B=1"],
        [String(repeating: "k", count: 257) + "=1"], ["a=" + String(repeating: "v", count: 257)],
        [(0..<33).map { "k\($0)=1" }.joined(separator: ",")],
        ["a=" + String(repeating: "v", count: 250), "b=" + String(repeating: "v", count: 250), "c=123456789"],
    ])
    func aFaultyStateIsDroppedAlone(_ headers: [String]) throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: headers))
        #expect(context.state == "")
        #expect(context.traceID == Self.trace)
    }

    @Test func aNewTraceHasValidIDs() throws {
        for bits in [0, 1, UInt64.max] {
            let root = TraceContext.root { bits }
            #expect(TraceContext(traceparent: root.traceparent) == root)
        }
    }
}
