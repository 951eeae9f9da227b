public import Referral

/// Whose figures are asked for.
public enum ReportView: Hashable, Sendable {
    /// Of everybody; it leaves the organisations, so small numbers are hidden.
    case all
    /// Of an organisation's own cases, for itself: nothing is hidden.
    case recipient(OrganisationID)
    /// Of what an organisation has sent, for itself, as far as a sender may know: nothing is hidden, nothing is told of what came of it.
    case sender(OrganisationID)

    public var isSuppressed: Bool { self == .all }

    public var organisation: OrganisationID? {
        switch self {
        case .all: nil
        case .recipient(let id), .sender(let id): id
        }
    }

    /// What there are figures of.
    public var kinds: [ReportKind] {
        switch self {
        case .all, .recipient: ReportKind.allCases
        case .sender: [.year, .partnership]
        }
    }
}

/// A referral as far as it belongs to a view.
struct ViewedReferral {
    let sender: Participant
    /// When it was received; of a recipient's own: when the first case of it came.
    let day: CivilDate
    /// Nil for a protected identity.
    let counted: CountedReferral?
    let cases: [ViewedCase]
}

struct ViewedCase {
    let service: Service
    let opened: CivilDate
    let stints: [StintRecord]
    let end: StintEnd?
    let ended: CivilDate?

    var isReached: Bool { stints.contains { $0.reachedOn != nil } }
    var mediated: CivilDate? { stints.compactMap(\.mediated).min() }
    var agreed: Bool? { stints.compactMap(\.agreed).last }
}

extension ReportView {
    /// Nil when it does not belong to the view.
    func referral(_ record: ReferralRecord) -> ViewedReferral? {
        switch self {
        case .all:
            let cases = (record.counted?.cases ?? []).map {
                ViewedCase(service: $0.service, opened: $0.opened, stints: $0.stints, end: $0.end, ended: $0.ended)
            }
            return ViewedReferral(sender: record.sender, day: record.received, counted: record.counted, cases: cases)
        case .sender(let id):
            guard record.sender.organisation == id else { return nil }
            return ViewedReferral(sender: record.sender, day: record.received, counted: record.counted, cases: [])
        case .recipient(let id):
            let cases = (record.counted?.cases ?? []).compactMap { whole -> ViewedCase? in
                let stints = whole.stints.filter { $0.owner == id }
                guard let first = stints.first, let last = stints.last else { return nil }
                return ViewedCase(
                    service: whole.service, opened: first.availableOn, stints: stints, end: last.end,
                    ended: last.ended.map { CivilDate(inStockholmAt: $0) })
            }
            guard let day = cases.map(\.opened).min() else { return nil }
            return ViewedReferral(sender: record.sender, day: day, counted: record.counted, cases: cases)
        }
    }
}

/// What a report is made with.
struct ReportFrame: Sendable {
    let view: ReportView
    let days: ClosedRange<CivilDate>
    /// Today's, for names.
    let directory: Directory
    let policy: Policy
    let now: Instant

    func name(_ organisation: OrganisationID) -> String { directory.organisation(organisation)?.name ?? organisation.rawValue }

    func name(_ sender: Participant) -> String {
        guard let organisation = directory.organisation(sender.organisation) else { return sender.description }
        let unit = organisation.units.first { $0.id == sender.unit }?.name ?? sender.unit.rawValue
        return unit == organisation.name || organisation.units.count == 1 ? organisation.name : "\(organisation.name), \(unit)"
    }

    func name(municipality code: String) -> String {
        directory.areas.first { $0.area.municipality == code && $0.area.district == nil }?.name ?? ""
    }

    /// `0191 Sigtuna`
    func label(municipality code: String?) -> String {
        guard let code else { return "okänd" }
        let name = name(municipality: code)
        return name.isEmpty ? code : "\(code) \(name)"
    }
}
