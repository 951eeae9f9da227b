/// A public holiday in Sweden that is no ordinary Sunday, by lag (1989:253) om allmänna helgdagar, or an eve on which offices are closed.
public enum Holiday: String, Sendable, CaseIterable {
    case newYearsDay = "nyårsdagen"
    case epiphany = "trettondedag jul"
    case goodFriday = "långfredagen"
    case easterSunday = "påskdagen"
    case easterMonday = "annandag påsk"
    case mayDay = "första maj"
    case ascension = "Kristi himmelsfärdsdag"
    case whitSunday = "pingstdagen"
    /// Until 2004: lag (2004:1320) put the national day in its place.
    case whitMonday = "annandag pingst"
    /// From 2005.
    case nationalDay = "nationaldagen"
    case midsummerEve = "midsommarafton"
    case midsummerDay = "midsommardagen"
    case allSaints = "alla helgons dag"
    case christmasEve = "julafton"
    case christmasDay = "juldagen"
    case boxingDay = "annandag jul"
    case newYearsEve = "nyårsafton"

    /// Not a public holiday, but counted as one when time is reckoned: lag (1930:173) om beräkning av lagstadgad tid, 2 §.
    public var isEve: Bool { self == .midsummerEve || self == .christmasEve || self == .newYearsEve }

    /// The day it falls on in a year from 1800 to 9999; nil when it was not kept that year. The law of 1989 is used for the years before it, too.
    public func date(in year: Int) -> CivilDate? {
        switch self {
        case .newYearsDay: CivilDate(year: year, month: 1, day: 1)
        case .epiphany: CivilDate(year: year, month: 1, day: 6)
        case .goodFriday: Self.easter(year)?.adding(days: -2)
        case .easterSunday: Self.easter(year)
        case .easterMonday: Self.easter(year)?.adding(days: 1)
        case .mayDay: CivilDate(year: year, month: 5, day: 1)
        case .ascension: Self.easter(year)?.adding(days: 39)
        case .whitSunday: Self.easter(year)?.adding(days: 49)
        case .whitMonday: year < 2005 ? Self.easter(year)?.adding(days: 50) : nil
        case .nationalDay: year >= 2005 ? CivilDate(year: year, month: 6, day: 6) : nil
        case .midsummerEve: Self.midsummerDay(year)?.adding(days: -1)
        case .midsummerDay: Self.midsummerDay(year)
        case .allSaints: CivilDate(year: year, month: 10, day: 31)?.next(.saturday)
        case .christmasEve: CivilDate(year: year, month: 12, day: 24)
        case .christmasDay: CivilDate(year: year, month: 12, day: 25)
        case .boxingDay: CivilDate(year: year, month: 12, day: 26)
        case .newYearsEve: CivilDate(year: year, month: 12, day: 31)
        }
    }

    private static func midsummerDay(_ year: Int) -> CivilDate? { CivilDate(year: year, month: 6, day: 20)?.next(.saturday) }

    /// Easter Sunday of the Gregorian calendar (the anonymous computus of 1876).
    private static func easter(_ year: Int) -> CivilDate? {
        let golden = year % 19
        let (century, yearOfCentury) = year.quotientAndRemainder(dividingBy: 100)
        let correction = (century - (century + 8) / 25 + 1) / 3
        let epact = (19 * golden + century - century / 4 - correction + 15) % 30
        let weekday = (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
        let exception = (golden + 11 * epact + 22 * weekday) / 451
        let (month, day) = (epact + weekday - 7 * exception + 114).quotientAndRemainder(dividingBy: 31)
        return CivilDate(year: year, month: month, day: day + 1)
    }
}

extension CivilDate {
    /// This day or the first after it that is a `weekday`.
    func next(_ weekday: Weekday) -> CivilDate { adding(days: (weekday.rawValue - self.weekday.rawValue + 7) % 7) }

    /// The holidays of this day; more than one when they coincide. Sundays that have no name of their own are not among them.
    public var holidays: [Holiday] { Holiday.allCases.filter { $0.date(in: year) == self } }

    /// Monday to Friday, and neither a public holiday nor midsummer's, Christmas or New Year's eve: when offices are open.
    public var isWorkingDay: Bool {
        switch weekday {
        case .saturday, .sunday: false
        default: holidays.isEmpty
        }
    }
}
