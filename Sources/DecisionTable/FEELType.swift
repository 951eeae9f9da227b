/// What values a variable, a column or a parameter may have.
indirect enum FEELType: Equatable, Sendable {
    struct Component: Equatable, Sendable {
        let name: String
        let type: FEELType
    }

    case any
    case null
    case boolean, number, string, date, time, dateTime, daysDuration, monthsDuration
    case list(FEELType)
    case context([Component])
    case function
    case range(FEELType)
    /// Of the type, with values that the tests accept; nil parts of it are accepted.
    case constrained(FEELType, CellText)

    /// FEEL's own types, by all the names that DMN has had for them.
    init?(name: String) {
        switch name {
        case "Any": self = .any
        case "Null": self = .null
        case "boolean": self = .boolean
        // The three are Camunda's.
        case "number", "integer", "long", "double": self = .number
        case "string": self = .string
        case "date": self = .date
        case "time": self = .time
        case "date and time", "dateTime": self = .dateTime
        case "days and time duration", "dayTimeDuration": self = .daysDuration
        case "years and months duration", "yearMonthDuration": self = .monthsDuration
        case "list": self = .list(.any)
        case "context": self = .context([])
        case "function": self = .function
        case "range": self = .range(.any)
        default: return nil
        }
    }

    /// Without the values that a definition allows.
    var base: FEELType { if case .constrained(let type, _) = self { type.base } else { self } }

    /// The tests of all definitions on the way.
    var constraints: [CellText] {
        if case .constrained(let type, let tests) = self { type.constraints + [tests] } else { [] }
    }

    /// Null is of every type. The tests of constraints are not looked at.
    func contains(_ value: FEELValue) -> Bool {
        switch (self, value) {
        case (.any, _), (_, .null), (.boolean, .boolean), (.number, .number), (.string, .string), (.date, .date), (.time, .time),
            (.dateTime, .dateTime), (.daysDuration, .duration(.nanoseconds)), (.monthsDuration, .duration(.months)),
            (.function, .function):
            true
        case (.list(let type), .list(let items)): items.allSatisfy { type.contains($0) }
        case (.context(let components), .context(let context)):
            components.allSatisfy { component in context[component.name].map { component.type.contains($0) } ?? false }
        case (.range(let type), .range(.interval(let lower, _, let upper, _))): type.contains(lower) && type.contains(upper)
        case (.range(let type), .range(.comparison(_, let end))): type.contains(end)
        case (.constrained(let type, _), _): type.contains(value)
        default: false
        }
    }
}
