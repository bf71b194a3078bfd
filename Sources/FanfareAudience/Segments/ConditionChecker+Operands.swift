extension ConditionChecker {
    /// Mailchimp's limit for a value.
    static let longestOperand = 315

    /// The operand as trimmed text.
    func operand(_ condition: SegmentDefinition.Condition) throws -> String {
        switch condition.value {
        case .text(let value): return try checked(trimmed(value))
        case .number(let value): return value
        case .list: throw ConditionProblem(key: "value", message: "a list was seen; accepted: one value")
        case nil: throw ConditionProblem(key: "value", message: "missing")
        }
    }

    private func trimmed(_ text: String) -> String {
        let front = text.drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }

    private func checked(_ value: String) throws -> String {
        guard !value.isEmpty else {
            throw ConditionProblem(key: "value", message: "empty; for contacts without a value use the op blank")
        }
        guard value.count <= ConditionChecker.longestOperand else {
            let message = "\(value.count) characters were seen; at most \(ConditionChecker.longestOperand) are accepted"
            throw ConditionProblem(key: "value", message: message)
        }
        guard !value.utf8.contains(0) else { throw ConditionProblem(key: "value", message: "holds a NUL character") }
        return value
    }

    func numberOperand(_ condition: SegmentDefinition.Condition) throws -> CellNumber {
        let seen = try operand(condition)
        let parsed = Array(seen.utf8).withUnsafeBytes { parseNumber($0) }
        switch parsed {
        case .integer(let value): return .integer(value)
        case .real(let value): return .real(value)
        default: throw ConditionProblem(key: "value", message: "\"\(seen)\" is not a number; the field holds numbers")
        }
    }

    func dayOperand(_ operand: SegmentDefinition.Operand?, key: String) throws -> CalendarDay {
        guard case .text(let seen)? = operand else {
            throw ConditionProblem(key: key, message: "missing; accepted: a day as YYYY-MM-DD")
        }
        let day = Array(seen.utf8).withUnsafeBytes { parseDate($0, dayFirst: false) }
        guard let day else {
            let message =
                "\"\(seen)\" is not a day; accepted: YYYY-MM-DD (campaigns are no reference here)"
            throw ConditionProblem(key: key, message: message)
        }
        return day
    }

    /// How many days back, from 0 to ten years.
    func daysOperand(_ operand: SegmentDefinition.Operand?, key: String) throws -> Int {
        let seen: String
        switch operand {
        case .text(let value), .number(let value): seen = value
        default: throw ConditionProblem(key: key, message: "missing; accepted: a number of days")
        }
        guard let days = Int(seen), (0...3660).contains(days) else {
            throw ConditionProblem(key: key, message: "\"\(seen)\" is not a number of days from 0 to 3660")
        }
        return days
    }
}
