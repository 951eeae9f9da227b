/// How cases are decided by one set of rules and organisations and by another, counted. The order in which cases are added does not matter.
public struct RoutingComparison: Hashable, Sendable {
    /// One service of a case: where it went and where it would go.
    public struct Move: Hashable, Sendable {
        public let service: Service
        public let from: RoutingDecision.Outcome
        public let to: RoutingDecision.Outcome

        public init(service: Service, from: RoutingDecision.Outcome, to: RoutingDecision.Outcome) {
            self.service = service
            self.from = from
            self.to = to
        }

        public var kind: Kind {
            switch (from, to) {
            case (.recipient, .review): .intoReview
            case (.review, .recipient): .outOfReview
            case (.recipient(let old), .recipient(let new)): old == new ? .stays : .elsewhere
            case (.review(let old), .review(let new)): old == new ? .stays : .otherReason
            }
        }
    }

    public enum Kind: String, Sendable, CaseIterable {
        case stays
        /// To another organisation.
        case elsewhere
        case intoReview = "into review"
        case outOfReview = "out of review"
        /// Under review as before, for another reason.
        case otherReason = "other review reason"
    }

    /// A case to look up: no name, number, contact or text.
    public struct Example: Hashable, Sendable, Comparable {
        /// The sender's id of the message.
        public let id: String
        /// Where it stands in the stream, for people.
        public let place: String
        public let role: Role
        public let age: Int?
        public let area: Area?

        public init(id: String, place: String, facts: CaseFacts) {
            self.id = id
            self.place = place
            role = facts.role
            age = facts.age?.years
            area = facts.area?.area
        }

        public static func < (left: Example, right: Example) -> Bool {
            left.id == right.id ? left.place < right.place : left.id < right.id
        }
    }

    public struct Cell: Hashable, Sendable {
        public fileprivate(set) var decisions = 0
        /// The first by id, at most as many as the comparison keeps.
        public fileprivate(set) var examples: [Example] = []
    }

    /// By completed years.
    public enum AgeGroup: String, Codable, Sendable, CaseIterable {
        case under10 = "under 10"
        case from10 = "10 to 17"
        case from18 = "18 to 20"
        case exactly21 = "21"
        case from22 = "22 to 64"
        case from65 = "65 or more"
        case unknown

        public init(_ age: Int?) {
            guard let age else {
                self = .unknown
                return
            }
            switch age {
            case ..<10: self = .under10
            case ..<18: self = .from10
            case ..<21: self = .from18
            case 21: self = .exactly21
            case ..<65: self = .from22
            default: self = .from65
            }
        }
    }

    public struct Group: Hashable, Sendable {
        public let role: Role
        public let ages: AgeGroup
    }

    public struct Share: Hashable, Sendable {
        public fileprivate(set) var decisions = 0
        public fileprivate(set) var changed = 0
    }

    /// Cases that were added.
    public private(set) var cases = 0
    public private(set) var cells: [Move: Cell] = [:]
    /// Without protected identities, which stand in no statistics: they count in the cells alone.
    public private(set) var groups: [Group: Share] = [:]
    private let examplesPerCell: Int

    /// - Parameter examplesPerCell: how many cases each cell names.
    public init(examplesPerCell: Int = 3) {
        self.examplesPerCell = examplesPerCell
    }

    /// What a case's services come to by both, on the rules and organisations of one day.
    public static func moves(of facts: CaseFacts, from old: Routing, to new: Routing, on day: CivilDate) -> [Move] {
        facts.services.map { service in
            Move(
                service: service, from: old.outcome(of: facts, service: service, on: day),
                to: new.outcome(of: facts, service: service, on: day))
        }
    }

    /// - Parameters:
    ///   - example: how the case is named; its role and age count for the groups.
    ///   - isNamed: false for protected identities, which are never an example.
    public mutating func add(_ moves: [Move], _ example: Example, isNamed: Bool) {
        cases += 1
        let group = Group(role: example.role, ages: AgeGroup(example.age))
        for move in moves {
            cells[move, default: Cell()].add(isNamed ? example : nil, limit: examplesPerCell)
            guard isNamed else { continue }
            groups[group, default: Share()].decisions += 1
            if move.kind != .stays { groups[group, default: Share()].changed += 1 }
        }
    }

    /// Decisions of all cells.
    public var decisions: Int { cells.values.reduce(0) { $0 + $1.decisions } }

    public func decisions(_ kind: Kind) -> Int { cells.reduce(0) { $0 + ($1.key.kind == kind ? $1.value.decisions : 0) } }

    /// The cells of these kinds, the fullest first; of as many, in the order of the service and the names.
    public func moves(_ kinds: Set<Kind> = Set(Kind.allCases), of service: Service? = nil) -> [(move: Move, cell: Cell)] {
        cells.filter { kinds.contains($0.key.kind) && (service == nil || $0.key.service == service) }
            .map { (move: $0.key, cell: $0.value) }
            .sorted { left, right in
                if left.cell.decisions != right.cell.decisions { return left.cell.decisions > right.cell.decisions }
                return left.move.order.lexicographicallyPrecedes(right.move.order)
            }
    }

    /// In the order of the roles and of the ages.
    public var shares: [(group: Group, share: Share)] {
        Role.allCases.flatMap { role in
            AgeGroup.allCases.compactMap { ages in
                let group = Group(role: role, ages: ages)
                return groups[group].map { (group: group, share: $0) }
            }
        }
    }
}

extension RoutingComparison.Move {
    fileprivate var order: [String] {
        [service == .support ? "0" : "1", from.isRecipient ? "0" : "1", from.code, to.isRecipient ? "0" : "1", to.code]
    }
}

extension RoutingComparison.Cell {
    fileprivate mutating func add(_ example: RoutingComparison.Example?, limit: Int) {
        decisions += 1
        guard let example, limit > 0 else { return }
        if examples.count == limit, let last = examples.last, !(example < last) { return }
        examples.insert(example, at: examples.firstIndex { example < $0 } ?? examples.count)
        if examples.count > limit { examples.removeLast() }
    }
}
