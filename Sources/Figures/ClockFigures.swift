import Referral

/// Promises kept and broken, per organisation and the month in which a case became available to it.
struct ClockFigures: ReportFigures {
    private enum Promise: Hashable, CaseIterable {
        case contact, meeting, taking

        var name: String {
            switch self {
            case .contact: "contact-in-time"
            case .meeting: "meeting-in-time"
            case .taking: "taken-in-time"
            }
        }

        var swedish: String {
            switch self {
            case .contact: "Första kontakten"
            case .meeting: "Första mötet"
            case .taking: "Taget av någon"
            }
        }
    }

    private struct Row: Hashable {
        let owner: OrganisationID
        let promise: Promise
        let month: CivilDate
    }

    /// How many attempts there were in vain before the person was reached.
    private enum Attempts: Hashable, CaseIterable {
        case none, one, two, more

        init(_ count: Int) {
            switch count {
            case ..<1: self = .none
            case 1: self = .one
            case 2: self = .two
            default: self = .more
            }
        }

        var column: ReportColumn {
            switch self {
            case .none: ReportColumn("0", "Första gången")
            case .one: ReportColumn("1", "Efter 1 försök")
            case .two: ReportColumn("2", "Efter 2 försök")
            case .more: ReportColumn("3-or-more", "Efter 3 eller fler")
            }
        }
    }

    private enum Evening: Hashable, CaseIterable {
        case evening, daytime

        var column: ReportColumn {
            switch self {
            case .evening: ReportColumn("evening", "Minst ett på kvällen")
            case .daytime: ReportColumn("daytime", "Inget på kvällen")
            }
        }
    }

    private let frame: ReportFrame
    private var promises = Tally<Row, PromiseStanding>()
    private var attempts = Tally<OrganisationID, Attempts>()
    private var evenings = Tally<OrganisationID, Evening>()
    private var reviews = Tally<CivilDate, PromiseStanding>()
    private var hours: [OrganisationID: [Double]] = [:]

    init(_ frame: ReportFrame) { self.frame = frame }

    mutating func add(_ record: ReferralRecord) {
        guard !record.isInError, let referral = frame.view.referral(record) else { return }
        for item in referral.cases {
            for stint in item.stints where frame.days.contains(stint.availableOn) { add(stint, item.service) }
        }
        if frame.view == .all {
            for review in (referral.counted?.cases ?? []).flatMap(\.reviews) { add(review) }
        }
    }

    private mutating func add(_ stint: StintRecord, _ service: Service) {
        guard let month = Self.month(stint.availableOn) else { return }
        let agreement = frame.policy.agreement(with: stint.owner, at: stint.available)
        func count(_ promise: Promise, _ standing: PromiseStanding?) {
            if let standing { promises.add(Row(owner: stint.owner, promise: promise, month: month), standing) }
        }
        count(.contact, stint.contactPromise(agreement, service, at: frame.now))
        count(.meeting, stint.meetingPromise(agreement, service, at: frame.now))
        count(.taking, stint.takingPromise(agreement, at: frame.now))
        guard service == .support else { return }
        if let time = stint.hoursToContact {
            attempts.add(stint.owner, Attempts(stint.attempts))
            hours[stint.owner, default: []].append(time)
        }
        if stint.attempts > 0 { evenings.add(stint.owner, stint.eveningAttempts > 0 ? .evening : .daytime) }
    }

    private mutating func add(_ review: ReviewRecord) {
        let day = CivilDate(inStockholmAt: review.from)
        guard frame.days.contains(day), let month = Self.month(day) else { return }
        reviews.add(month, review.isOverdue ? .broken : review.until == nil ? .open : .kept)
    }

    private static func month(_ day: CivilDate) -> CivilDate? { CivilDate(year: day.year, month: day.month, day: 1) }

    // MARK: Tables

    var sheets: [Sheet] {
        let owners = Set(promises.rows.map(\.owner)).sorted()
        var sheets: [Sheet] = []
        for promise in Promise.allCases {
            for owner in owners where promises.rows.contains(where: { $0.owner == owner && $0.promise == promise }) {
                sheets.append(
                    sheet("\(promise.name)/\(owner)", "\(promise.swedish): \(frame.name(owner))") { month in
                        promises.values(Row(owner: owner, promise: promise, month: month), PromiseStanding.allCases)
                    })
            }
        }
        if !reviews.rows.isEmpty {
            sheets.append(
                sheet("review-in-time", "Samordnarens beslut") { reviews.values($0, PromiseStanding.allCases) })
        }
        let reached = attempts.rows.sorted()
        if !reached.isEmpty {
            sheets.append(
                Sheet(
                    name: "attempts", title: "Försök innan personen nåddes", labels: ["Organisation"],
                    parts: Attempts.allCases.map(\.column),
                    more: [ReportColumn("median", "Timmar till kontakt, median", .hours), ReportColumn("p90", "90:e percentilen", .hours)],
                    rows: reached.map {
                        Sheet.Row(labels: [frame.name($0)], values: attempts.values($0, Attempts.allCases), more: percentiles($0))
                    }))
        }
        if !evenings.rows.isEmpty {
            sheets.append(
                Sheet(
                    name: "evening-attempts", title: "Ärenden med försök förgäves", labels: ["Organisation"],
                    parts: Evening.allCases.map(\.column),
                    rows: evenings.rows.sorted().map {
                        Sheet.Row(labels: [frame.name($0)], values: evenings.values($0, Evening.allCases))
                    }))
        }
        return sheets
    }

    private func sheet(_ name: String, _ title: String, _ values: (CivilDate) -> [Int]) -> Sheet {
        Sheet(
            name: name, title: title, labels: ["Månad"],
            parts: PromiseStanding.allCases.map { ReportColumn($0.rawValue, $0.swedish) },
            shares: [
                Sheet.Share(column: ReportColumn("kept-share", "Andel i tid", .share), numerator: [0], denominator: [0, 1])
            ],
            rows: Month.all(in: frame.days).map { Sheet.Row(labels: [Month.label($0)], values: values($0)) })
    }

    /// Median and 90th percentile by nearest rank: a time that was measured, the smallest that so many do not exceed.
    private func percentiles(_ owner: OrganisationID) -> [ReportCell] {
        let sorted = (hours[owner] ?? []).sorted()
        if sorted.isEmpty { return [.none, .none] }
        if frame.view.isSuppressed, Suppression.small.contains(sorted.count) { return [.suppressed, .suppressed] }
        return [50, 90].map { .value(sorted[(sorted.count * $0 + 99) / 100 - 1]) }
    }
}
