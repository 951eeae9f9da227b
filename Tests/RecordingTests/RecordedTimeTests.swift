import Testing

@testable import Recording

@Suite struct RecordedTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-03-02T06:00:00Z", 1_772_431_200_000), ("2000-02-29T23:59:59.250Z", 951_868_799_250),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000), ("2024-12-31T00:00:00.001Z", 1_735_603_200_001),
    ])
    func isReadAndWritten(text: String, milliseconds: Int64) throws {
        let time = try #require(RecordedTime(text))
        #expect(time.millisecondsSince1970 == milliseconds)
        #expect(time.description == text)
    }

    @Test(arguments: [
        "", "2026-03-02", "2026-03-02T06:00:00", "2026-03-02T06:00:00+01:00", "2026-02-29T06:00:00Z", "2100-02-29T06:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02T06:60:00Z", "2026-03-02T06:00:60Z",
        "1969-12-31T23:59:59Z", "2026-03-02T06:00:00.1234Z", "2026-03-02T06:00:00.Z", "2026-03-02T06:00:00,5Z", "2026-03-02T06:00:00.5",
        "Z",
        "2026-03-02t06:00:00z", " 2026-03-02T06:00:00Z", "２026-03-02T06:00:00Z",
    ])
    func otherFormsAreRefused(text: String) {
        #expect(RecordedTime(text) == nil)
    }

    @Test func everyDayOfFourYearsKeepsItsName() {
        for day in Int64(0)..<1_461 {
            let time = RecordedTime(millisecondsSince1970: 1_700_000_000_000 + day * 86_400_000)
            #expect(RecordedTime(time.description) == time)
        }
    }
}
