import Referral

/// The year: what came in, who was reached, how it ended.
struct YearFigures: ReportFigures {
    private enum Key: Hashable, CaseIterable {
        case referrals, inError, support, mediation, preMeetings, mediations

        var swedish: String {
            switch self {
            case .referrals: "Hänvisningar"
            case .inError: "Felregistrerade hänvisningar, inte medräknade"
            case .support: "Stödärenden"
            case .mediation: "Medlingsärenden"
            case .preMeetings: "Förmöten"
            case .mediations: "Genomförda medlingar"
            }
        }
    }

    private enum Period: Hashable {
        case before, now
    }

    /// A case that came in.
    private enum Reach: Hashable, CaseIterable {
        case supportReached, supportNotReached, mediationReached, mediationNotReached

        var column: ReportColumn {
            switch self {
            case .supportReached: ReportColumn("support-reached", "Stöd: nådda")
            case .supportNotReached: ReportColumn("support-not-reached", "Stöd: inte nådda")
            case .mediationReached: ReportColumn("mediation-reached", "Medling: nådda")
            case .mediationNotReached: ReportColumn("mediation-not-reached", "Medling: inte nådda")
            }
        }
    }

    private enum Sent: Hashable {
        case sent
    }

    private enum Agreement: Hashable, CaseIterable {
        case agreed, notAgreed, open

        var swedish: String {
            switch self {
            case .agreed: "med överenskommelse"
            case .notAgreed: "utan överenskommelse"
            case .open: "utan utgång ännu"
            }
        }
    }

    /// What a row of `reached-by-…` stands for.
    private enum Trait: Hashable {
        case sex(Sex)
        case ages(AgeGroup)
        case municipality(String?)
        case category(CrimeCategory)
        case role(Role)
        case sender(Participant)
        /// A protected identity.
        case untold
    }

    private static let traits = [
        ("sex", "kön", "Kön"), ("age", "ålder", "Ålder"), ("municipality", "kommun", "Kommun"), ("category", "brott", "Brott"),
        ("role", "roll", "Roll"), ("sender", "avsändare", "Avsändare"),
    ]

    private let frame: ReportFrame
    private let before: ClosedRange<CivilDate>?
    private var keys = Tally<Key, Period>()
    private var months = Tally<CivilDate, Period>()
    private var mediations = Tally<Agreement, Period>()
    /// By position in `traits`.
    private var reached = Array(repeating: Tally<Trait, Reach>(), count: traits.count)
    private var sent = Array(repeating: Tally<Trait, Sent>(), count: traits.count)
    private var help = Tally<ServiceGiven.Kind, Sex>()
    private var endings = Tally<EndingGroup, Service>()

    init(_ frame: ReportFrame) {
        self.frame = frame
        before = frame.days.yearBefore
    }

    mutating func add(_ record: ReferralRecord) {
        guard let referral = frame.view.referral(record) else { return }
        if record.isInError {
            if let period = period(referral.day) { keys.add(.inError, period) }
            return
        }
        if let period = period(referral.day) {
            keys.add(.referrals, period)
            if let month = CivilDate(year: frame.days.lowerBound.year, month: referral.day.month, day: 1), before != nil {
                months.add(month, period)
            } else if let month = CivilDate(year: referral.day.year, month: referral.day.month, day: 1) {
                months.add(month, period)
            }
            if period == .now { count(sent: referral) }
        }
        for item in referral.cases { add(item, of: referral) }
    }

    private mutating func count(sent referral: ViewedReferral) {
        let traits = traits(of: referral)
        for index in sent.indices { sent[index].add(traits[index], .sent) }
    }

    private mutating func add(_ item: ViewedCase, of referral: ViewedReferral) {
        if let period = period(item.opened) {
            keys.add(item.service == .support ? .support : .mediation, period)
            if period == .now {
                let reach: Reach =
                    switch (item.service, item.isReached) {
                    case (.support, true): .supportReached
                    case (.support, false): .supportNotReached
                    case (.mediation, true): .mediationReached
                    case (.mediation, false): .mediationNotReached
                    }
                let traits = traits(of: referral)
                for index in reached.indices { reached[index].add(traits[index], reach) }
            }
        }
        for day in item.stints.flatMap(\.preMeetings) { if let period = period(day) { keys.add(.preMeetings, period) } }
        if let day = item.mediated, let period = period(day) {
            keys.add(.mediations, period)
            mediations.add(item.agreed.map { $0 ? .agreed : .notAgreed } ?? .open, period)
        }
        let given = item.stints.flatMap(\.help).filter { frame.days.contains($0.day) }
        for kind in Set(given.map(\.kind)) { help.add(kind, referral.counted?.sex ?? .unspecified) }
        if let end = item.end, let day = item.ended, frame.days.contains(day) { endings.add(EndingGroup(end), item.service) }
    }

    private func period(_ day: CivilDate) -> Period? {
        if frame.days.contains(day) { return .now }
        return before?.contains(day) == true ? .before : nil
    }

    /// One for each of `traits`.
    private func traits(of referral: ViewedReferral) -> [Trait] {
        guard let counted = referral.counted else { return Array(repeating: .untold, count: Self.traits.count) }
        return [
            .sex(counted.sex), .ages(counted.ages), .municipality(counted.municipality), .category(counted.category),
            .role(counted.role), .sender(referral.sender),
        ]
    }

    // MARK: Tables

    var sheets: [Sheet] {
        let byTrait = Self.traits.indices.map { isSender ? sentSheet($0) : reachedSheet($0) }
        return isSender ? [keySheet, monthSheet] + byTrait : [keySheet, monthSheet] + byTrait + [helpSheet, endingSheet, mediationSheet]
    }

    private var isSender: Bool { if case .sender = frame.view { true } else { false } }

    /// The year and the one before, or the days as they are.
    private var periods: [(period: Period, column: ReportColumn)] {
        let year = frame.days.lowerBound.year
        guard before != nil else { return [(.now, ReportColumn("now", "Antal"))] }
        return [(.before, ReportColumn("before", "\(year - 1)")), (.now, ReportColumn("now", "\(year)"))]
    }

    private var keySheet: Sheet {
        let keys = isSender ? [.referrals, .inError] : Key.allCases
        return Sheet(
            name: "key-figures", title: "Perioden i siffror", labels: ["Uppgift"], parts: periods.map(\.column), hasTotal: false,
            hasTotalRow: false,
            rows: keys.map { Sheet.Row(labels: [$0.swedish], values: self.keys.values($0, periods.map(\.period))) }, keepsEmptyRows: true)
    }

    private var monthSheet: Sheet {
        let rows = Month.all(in: frame.days).map { month in
            let label = before == nil ? Month.label(month) : Month.names[month.month - 1]
            return Sheet.Row(labels: [label], values: months.values(month, periods.map(\.period)))
        }
        return Sheet(
            name: "referrals-by-month", title: "Hänvisningar per månad", labels: ["Månad"], parts: periods.map(\.column),
            hasTotal: false, rows: rows, keepsEmptyRows: true)
    }

    private func reachedSheet(_ index: Int) -> Sheet {
        let (name, swedish, heading) = Self.traits[index]
        return Sheet(
            name: "reached-by-\(name)", title: "Ärenden som kom in, efter \(swedish)", labels: [heading],
            parts: Reach.allCases.map(\.column),
            rows: ordered(reached[index].rows).map { trait in
                Sheet.Row(labels: [label(trait)], values: reached[index].values(trait, Reach.allCases))
            })
    }

    private func sentSheet(_ index: Int) -> Sheet {
        let (name, swedish, heading) = Self.traits[index]
        return Sheet(
            name: "referrals-by-\(name)", title: "Hänvisningar, efter \(swedish)", labels: [heading],
            parts: [ReportColumn("referrals", "Hänvisningar")], hasTotal: false,
            rows: ordered(sent[index].rows).map { Sheet.Row(labels: [label($0)], values: sent[index].values($0, [.sent])) })
    }

    private var helpSheet: Sheet {
        let sexes: [Sex] = [.female, .male, .other, .unspecified]
        return Sheet(
            name: "help-by-sex", title: "Personer som fått hjälp, efter insats och kön", labels: ["Insats"],
            parts: sexes.map { ReportColumn($0.rawValue, $0.swedish) }, hasTotalRow: false,
            rows: ServiceGiven.Kind.allCases.map { Sheet.Row(labels: [$0.swedish], values: help.values($0, sexes)) })
    }

    private var endingSheet: Sheet {
        Sheet(
            name: "endings", title: "Hur ärenden slutade", labels: ["Slut"],
            parts: [ReportColumn("support", "Stöd"), ReportColumn("mediation", "Medling")],
            rows: EndingGroup.allCases.map { Sheet.Row(labels: [$0.swedish], values: endings.values($0, [.support, .mediation])) })
    }

    private var mediationSheet: Sheet {
        Sheet(
            name: "mediations", title: "Genomförda medlingar", labels: ["Utgång"], parts: periods.map(\.column), hasTotal: false,
            rows: Agreement.allCases.map {
                Sheet.Row(labels: [$0.swedish], values: mediations.values($0, periods.map(\.period)))
            })
    }

    private func label(_ trait: Trait) -> String {
        switch trait {
        case .sex(let sex): sex.swedish
        case .ages(let ages): ages.swedish
        case .municipality(let code): frame.label(municipality: code)
        case .category(let category): category.swedish
        case .role(let role): role.swedish
        case .sender(let sender): frame.name(sender)
        case .untold: "redovisas inte"
        }
    }

    /// As the lists have them, the rest by its name; what is not told last.
    private func ordered(_ traits: some Sequence<Trait>) -> [Trait] {
        func position(_ trait: Trait) -> (Int, String) {
            switch trait {
            case .sex(let sex): ([.female: 0, .male: 1, .other: 2, .unspecified: 3][sex] ?? 4, "")
            case .ages(let ages): (AgeGroup.allCases.firstIndex(of: ages) ?? 0, "")
            case .municipality(let code): (code == nil ? 1 : 0, code ?? "")
            case .category(let category): (CrimeCategory.allCases.firstIndex(of: category) ?? 0, "")
            case .role(let role): (Role.allCases.firstIndex(of: role) ?? 0, "")
            case .sender(let sender): (0, sender.description)
            case .untold: (99, "")
            }
        }
        return traits.sorted { position($0) < position($1) }
    }
}
