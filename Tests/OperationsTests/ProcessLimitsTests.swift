import Operations
import Testing

@Suite struct ProcessLimitsTests {
    @Test func tooFewOpenFilesAreNamedWithWhatIsNeeded() throws {
        #expect(ProcessLimits.shortage(openFiles: 1_072, connections: 1_000, eventLoops: 2) == nil)
        let shortage = try #require(ProcessLimits.shortage(openFiles: 1_071, connections: 1_000, eventLoops: 2))
        for part in ["1071", "limits.connections (1000)", "needs 1072", "LimitNOFILE"] { #expect(shortage.contains(part)) }
    }
}
