public import Referral

/// A day as the expectation sees it. Made once per day and used for every source.
public struct InflowDay: Sendable, Equatable {
    public let date: CivilDate
    /// 0 Monday to 6 Sunday by the calendar; 7 a Monday to Friday that is a public holiday or an eve on which offices are closed.
    let weekday: Int
    /// 0 January to 11 December; 12 from 22 December to 6 January.
    let season: Int

    static let weekdays = 8
    static let holiday = 7
    static let seasons = 13
    static let christmas = 12

    public init(_ date: CivilDate) {
        self.date = date
        let weekday = date.weekday
        let isWeekend = weekday == .saturday || weekday == .sunday
        self.weekday = isWeekend || date.isWorkingDay ? weekday.rawValue - 1 : Self.holiday
        let isChristmas = (date.month == 12 && date.day >= 22) || (date.month == 1 && date.day <= 6)
        season = isChristmas ? Self.christmas : date.month - 1
    }
}
