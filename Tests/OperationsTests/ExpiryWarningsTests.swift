import Operations
import TLS
import Testing

@Suite struct ExpiryWarningsTests {
    private let day: Int64 = 86_400

    private func expiry(_ end: Int64) -> TLSContext.Expiry {
        TLSContext.Expiry(kind: .certificate, file: "server.crt", end: end)
    }

    @Test func eachThresholdIsToldOnce() {
        var warnings = ExpiryWarnings()
        let expiry = expiry(100 * day)
        var told: [Int64] = []
        // Four looks a day until two days after the end.
        for quarter in 0..<(102 * 4) {
            told += warnings.due([expiry], at: Int64(quarter) * day / 4).map(\.days)
        }
        #expect(told == [30, 14, 7, 1, 0])
    }

    @Test func aDaemonThatStartsLateTellsOnlyWhatMatters() {
        var warnings = ExpiryWarnings()
        let first = warnings.due([expiry(100 * day)], at: 97 * day)
        #expect(first.map(\.days) == [3])
        #expect(first.map(\.isUrgent) == [false])
        #expect(warnings.due([expiry(100 * day)], at: 98 * day) == [])
        #expect(warnings.due([expiry(100 * day)], at: 99 * day).map(\.isUrgent) == [true])
        #expect(warnings.due([expiry(100 * day)], at: 100 * day + 1).map(\.days) == [-1])
    }

    @Test func aRenewedCertificateBeginsAnew() {
        var warnings = ExpiryWarnings()
        #expect(warnings.due([expiry(10 * day)], at: 0).count == 1)
        #expect(warnings.due([expiry(200 * day)], at: 0) == [])
        #expect(warnings.due([expiry(200 * day)], at: 190 * day).map(\.days) == [10])
    }

    /// A list that is renewed every week would otherwise be complained of every week.
    @Test(arguments: [(120, [30, 14, 7, 1, 0]), (30, [7, 1, 0]), (7, [1, 0]), (1, [0, 0])] as [(Int64, [Int64])])
    func aRevocationListIsToldOfInItsLastThird(period: Int64, days: [Int64]) {
        var warnings = ExpiryWarnings()
        let list = TLSContext.Expiry(kind: .revocationList, file: "ca.crl", end: (period + 5) * day, start: 5 * day)
        var told: [ExpiryWarnings.Warning] = []
        for quarter in 0..<((period + 7) * 4) { told += warnings.due([list], at: quarter * day / 4) }
        #expect(told.map(\.days) == days)
        #expect(told.suffix(2).map(\.isUrgent) == [true, true])
        #expect(told.dropLast(2).allSatisfy { !$0.isUrgent })
    }

    @Test(arguments: [(0, 0, 0), (86_399, 0, 0), (86_400, 0, 1), (-1, 0, -1), (Int64.min, 5, -36_500)] as [(Int64, Int64, Int64)])
    func daysAreWhole(end: Int64, now: Int64, days: Int64) {
        #expect(ExpiryWarnings.daysLeft(until: end, at: now) == days)
    }
}
