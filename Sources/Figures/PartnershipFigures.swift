import Referral

/// How the cooperation went: per sending unit and per recipient.
struct PartnershipFigures: ReportFigures {
    /// What became of the question of consent that had not been asked.
    private enum Later: Hashable, CaseIterable {
        case yes, no, expired, other, waiting

        var column: ReportColumn {
            switch self {
            case .yes: ReportColumn("yes", "Ja senare")
            case .no: ReportColumn("no", "Nej senare")
            case .expired: ReportColumn("expired", "Inget svar i tid")
            case .other: ReportColumn("other", "Återkallad innan")
            case .waiting: ReportColumn("waiting", "Väntar på svar")
            }
        }
    }

    /// How a referral came to those who help.
    private enum Placing: Hashable, CaseIterable {
        case byRules, byPeople, none

        var column: ReportColumn {
            switch self {
            case .byRules: ReportColumn("by-rules", "Fördelad av reglerna")
            case .byPeople: ReportColumn("by-people", "Via samordnaren")
            case .none: ReportColumn("not-placed", "Inte fördelad")
            }
        }
    }

    private enum YesNo: Hashable {
        case yes, no
    }

    /// What became of a case at a recipient.
    private enum Taking: Hashable {
        case taken, waiting, untaken, gone
        case returned(ReturnReason)

        static let all: [Taking] = [.taken, .waiting, .untaken, .gone] + ReturnReason.allCases.map { .returned($0) }

        var column: ReportColumn {
            switch self {
            case .taken: ReportColumn("taken", "Tagna")
            case .waiting: ReportColumn("waiting", "Väntar")
            case .untaken: ReportColumn("untaken", "Inte tagna i tid")
            case .gone: ReportColumn("gone", "Försvann innan de togs")
            case .returned(let reason):
                ReportColumn("returned-\(reason.rawValue.split(separator: " ").joined(separator: "-"))", reason.swedish)
            }
        }
    }

    private let frame: ReportFrame
    private var consent = Tally<Participant, ConsentStatus>()
    private var later = Tally<Participant, Later>()
    private var placing = Tally<Participant, Placing>()
    private var returns = Tally<Participant, YesNo>()
    private var handovers = Tally<Participant, YesNo>()
    private var takings = Tally<OrganisationID, Taking>()
    private var handoversTo = Tally<OrganisationID, OrganisationID>()
    private var handoverResults = Tally<OrganisationID, HandoverResult>()
    private var untaken: [OrganisationID: [Instant]] = [:]

    init(_ frame: ReportFrame) { self.frame = frame }

    mutating func add(_ record: ReferralRecord) {
        guard !record.isInError, let referral = frame.view.referral(record), let counted = referral.counted else { return }
        if frame.days.contains(referral.day) { add(counted, referral) }
        for item in referral.cases {
            for stint in item.stints { add(stint) }
        }
    }

    private mutating func add(_ counted: CountedReferral, _ referral: ViewedReferral) {
        let sender = referral.sender
        consent.add(sender, counted.consent)
        if counted.consent == .notAsked {
            let result: Later =
                switch (counted.laterConsent, counted.standing) {
                case (.yes, _), (.guardianYes, _): .yes
                case (.no, _), (.withdrawn, _): .no
                case (_, .expired): .expired
                case (_, .awaitingConsent): .waiting
                default: .other
                }
            later.add(sender, result)
        }
        // A recipient is not told of services that others were asked for.
        let services = Set(referral.cases.map(\.service))
        let cases = isRecipient ? counted.cases.filter { services.contains($0.service) } : counted.cases
        placing.add(sender, cases.isEmpty ? .none : cases.contains { !$0.reviews.isEmpty } ? .byPeople : .byRules)
        if cases.isEmpty { return }
        // A recipient is told what it did itself; a sender may know that somebody gave a case back.
        let stints = isSender ? cases.flatMap(\.stints) : referral.cases.flatMap(\.stints)
        func has(_ condition: (StintEnd) -> Bool) -> YesNo { stints.contains { $0.end.map(condition) ?? false } ? .yes : .no }
        returns.add(sender, has { if case .returned = $0 { true } else { false } })
        handovers.add(sender, has { if case .handedOver = $0 { true } else { false } })
    }

    private mutating func add(_ stint: StintRecord) {
        if frame.days.contains(stint.availableOn) {
            let taking: Taking
            switch (stint.end, stint.accepted) {
            case (.returned(let reason), _): taking = .returned(reason)
            case (_, .some): taking = .taken
            case (.untaken, nil): taking = .untaken
            case (.some, nil): taking = .gone
            case (nil, nil): taking = .waiting
            }
            takings.add(stint.owner, taking)
        }
        if let ended = stint.ended, frame.days.contains(CivilDate(inStockholmAt: ended)), case .handedOver(let to, _)? = stint.end {
            handoversTo.add(stint.owner, to)
        }
        if frame.days.contains(stint.availableOn) {
            for result in stint.handovers { handoverResults.add(stint.owner, result) }
        }
        if stint.end == nil, stint.accepted == nil { untaken[stint.owner, default: []].append(stint.available) }
    }

    private var isRecipient: Bool { if case .recipient = frame.view { true } else { false } }
    private var isSender: Bool { if case .sender = frame.view { true } else { false } }

    // MARK: Tables

    var sheets: [Sheet] {
        let units = consent.rows.sorted()
        let asked = ConsentStatus.allCases.filter { $0 != .notAsked }
        let statuses = asked + [.notAsked]
        var sheets = [
            sheet(
                "consent-by-sender", "Frågan om samtycke", units, consent, statuses,
                statuses.map { ReportColumn($0.rawValue.replacing(" ", with: "-"), $0.swedish) },
                share: Sheet.Share(
                    column: ReportColumn("asked", "Andel frågade", .share), numerator: Set(asked.indices),
                    denominator: Set(statuses.indices))),
            sheet(
                "later-answers-by-sender", "När frågan inte var ställd", later.rows.sorted(), later, Later.allCases,
                Later.allCases.map(\.column)),
            sheet("placing-by-sender", "Hur hänvisningar fördelades", units, placing, Placing.allCases, Placing.allCases.map(\.column)),
            sheet(
                "returns-by-sender", "Fördelade hänvisningar som återsändes", returns.rows.sorted(), returns, [.yes, .no],
                [ReportColumn("returned", "Återsända"), ReportColumn("not-returned", "Inte återsända")]),
        ]
        if isSender { return sheets }
        sheets.append(
            sheet(
                "handovers-by-sender", "Fördelade hänvisningar som överlämnades", handovers.rows.sorted(), handovers, [.yes, .no],
                [ReportColumn("handed-over", "Överlämnade"), ReportColumn("not-handed-over", "Inte överlämnade")]))
        return sheets + recipientSheets
    }

    private var recipientSheets: [Sheet] {
        let recipients = takings.rows.sorted()
        var taken = Sheet(
            name: "recipients", title: "Ärenden som blev tillgängliga, efter mottagare", labels: ["Mottagare"],
            parts: Taking.all.map(\.column), isSparse: true)
        taken.rows = recipients.map { Sheet.Row(labels: [frame.name($0)], values: takings.values($0, Taking.all)) }
        let from = handoversTo.rows.sorted()
        let to = Set(from.flatMap { owner in frame.directory.organisations.map(\.id).filter { handoversTo.values(owner, [$0]) != [0] } })
            .sorted()
        var handed = Sheet(
            name: "handovers", title: "Överlämnade ärenden, från och till", labels: ["Från"],
            parts: to.map { ReportColumn($0.rawValue, frame.name($0)) })
        handed.rows = to.isEmpty ? [] : from.map { Sheet.Row(labels: [frame.name($0)], values: handoversTo.values($0, to)) }
        var answers = Sheet(
            name: "handover-answers", title: "Svar på erbjudna överlämningar", labels: ["Från"],
            parts: [ReportColumn("accepted", "Antagna"), ReportColumn("refused", "Avböjda"), ReportColumn("expired", "Obesvarade")])
        answers.rows = handoverResults.rows.sorted().map {
            Sheet.Row(labels: [frame.name($0)], values: handoverResults.values($0, HandoverResult.allCases))
        }
        // Without a recipient of this kind there is no column either.
        let sheets = to.isEmpty ? [taken, answers] : [taken, handed, answers]
        return frame.days.contains(CivilDate(inStockholmAt: frame.now)) ? sheets + [waiting] : sheets
    }

    /// As things stand now.
    private var waiting: Sheet {
        var sheet = Sheet(
            name: "untaken-now", title: "Ärenden som ingen har tagit nu", labels: ["Mottagare"],
            parts: [ReportColumn("cases", "Ärenden")], hasTotal: false, more: [ReportColumn("oldest", "Äldsta, timmar", .hours)])
        sheet.rows = untaken.keys.sorted().map { owner in
            let all = untaken[owner] ?? []
            let oldest = all.map { Double(max(0, frame.now.milliseconds - $0.milliseconds)) / 3_600_000 }.max()
            return Sheet.Row(labels: [frame.name(owner)], values: [all.count], more: [oldest.map { .value($0) } ?? .none])
        }
        return sheet
    }

    private func sheet<Part>(
        _ name: String, _ title: String, _ units: [Participant], _ tally: Tally<Participant, Part>, _ parts: [Part],
        _ columns: [ReportColumn], share: Sheet.Share? = nil
    ) -> Sheet {
        Sheet(
            name: name, title: title, labels: ["Avsändare"], parts: columns, shares: [share].compactMap(\.self),
            rows: units.map { Sheet.Row(labels: [frame.name($0)], values: tally.values($0, parts)) })
    }
}
