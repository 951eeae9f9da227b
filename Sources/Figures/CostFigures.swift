import Referral

/// Minutes by municipality and kind of help, per organisation: its cases are paid for by those whose people it helps.
struct CostFigures: ReportFigures {
    private struct Cell: Hashable {
        var minutes = 0
        var sources: Set<Int> = []
    }

    private struct Place: Hashable {
        let owner: OrganisationID
        let municipality: String
        let kind: ServiceGiven.Kind
    }

    private let frame: ReportFrame
    private var cells: [Place: Cell] = [:]
    private var referrals = 0

    init(_ frame: ReportFrame) { self.frame = frame }

    mutating func add(_ record: ReferralRecord) {
        guard !record.isInError, let referral = frame.view.referral(record) else { return }
        referrals += 1
        for stint in referral.cases.flatMap(\.stints) {
            for help in stint.help where frame.days.contains(help.day) {
                let place = Place(owner: stint.owner, municipality: help.municipality, kind: help.kind)
                cells[place, default: Cell()].minutes += help.minutes
                cells[place, default: Cell()].sources.insert(referrals)
            }
        }
    }

    var sheets: [Sheet] {
        Set(cells.keys.map(\.owner)).sorted().map { owner in
            let municipalities = Set(cells.keys.filter { $0.owner == owner }.map(\.municipality)).sorted()
            let kinds = ServiceGiven.Kind.allCases
            var sheet = Sheet(
                name: "minutes/\(owner)", title: "Minuter hos \(frame.name(owner))", labels: ["Kommunkod", "Kommun"],
                parts: kinds.map { ReportColumn($0.rawValue, $0.swedish, .minutes) }, isSparse: true)
            sheet.rows = municipalities.map { code in
                let row = kinds.map { cells[Place(owner: owner, municipality: code, kind: $0)] ?? Cell() }
                let sources = row.map(\.sources)
                return Sheet.Row(
                    labels: [code, frame.name(municipality: code)], values: row.map(\.minutes),
                    sources: sources + [sources.reduce(into: []) { $0.formUnion($1) }])
            }
            return sheet
        }
    }
}
