import FanfarePayload
import GRDB

/// What is wrong with one condition.
struct ConditionProblem: Error {
    let key: String
    let message: String
}

extension ConditionProblem {
    /// A word that is none of those accepted, with the nearest of them.
    init(key: String, seen: String, accepted: [String], note: String = "") {
        let hint = nearestName(to: seen, among: accepted).map { "; did you mean \($0)?" } ?? ""
        self.init(
            key: key,
            message: "\"\(seen)\" is not one of \(accepted.joined(separator: ", "))\(note)\(hint)"
        )
    }
}

/// Checks conditions against the fields and tags of an audience.
struct ConditionChecker {
    let fields: FieldTable
    private let tags: [(id: Int64, name: String, key: String)]

    init(_ db: Database) throws {
        fields = try FieldTable(db)
        let rows = try Row.fetchAll(db, sql: "SELECT id, name, name_key FROM segment WHERE kind = 'static' ORDER BY id")
        tags = rows.map { ($0[0], $0[1], $0[2]) }
    }

    /// - Throws: ``ConditionProblem``.
    func check(_ condition: SegmentDefinition.Condition) throws -> Condition {
        guard let field = condition.field, !field.isEmpty else {
            throw ConditionProblem(key: "field", message: "missing")
        }
        let type = try conditionType(condition, field: field)
        switch type {
        case .textMerge, .selectMerge: return try textual(condition, column: merge(type, field))
        case .emailAddress: return try text(condition, column: "email", operators: TextOperator.allCases)
        case .dateMerge: return try date(condition, column: merge(type, field).column)
        case .birthdayMerge: return try birthday(condition, column: merge(type, field).column)
        case .date: return try time(condition, column: field == "timestamp_opt" ? "opt_time" : "last_changed")
        case .language: return try text(condition, column: "language", operators: [.equals, .not])
        case .signupSource: return try source(condition)
        case .memberRating: return try rating(condition)
        case .vip:
            return .vip(try oneOf(["member", "notmember"], condition) == "member")
        case .staticSegment:
            let isMember = try oneOf(["static_is", "static_not"], condition) == "static_is"
            return .tag(id: try tag(condition), isMember: isMember)
        }
    }

    // MARK: Operators

    /// - Returns: The operator as written.
    func oneOf(_ accepted: [String], _ condition: SegmentDefinition.Condition) throws -> String {
        guard let op = condition.op else {
            throw ConditionProblem(key: "op", message: "missing; accepted: \(accepted.joined(separator: ", "))")
        }
        guard accepted.contains(op) else {
            throw ConditionProblem(key: "op", seen: op, accepted: accepted)
        }
        return op
    }

    private func textual(_ condition: SegmentDefinition.Condition, column entry: FieldTable.Entry) throws -> Condition {
        let isChoice = entry.field.kind == .radio || entry.field.kind == .dropdown
        let operators: [TextOperator] = isChoice ? [.equals, .not, .contains, .notContain] : TextOperator.allCases
        let op = try oneOf(operators.map(\.rawValue) + blankOperators, condition)
        if let blank = blank(op, column: entry.column) { return blank }
        if entry.field.kind == .number { return try number(condition, op, column: entry.column) }
        return try text(condition, column: entry.column, operators: operators)
    }

    private func text(
        _ condition: SegmentDefinition.Condition,
        column: String,
        operators: [TextOperator]
    ) throws -> Condition {
        let op = try oneOf(operators.map(\.rawValue), condition)
        guard let test = TextOperator(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        return .text(column: column, test, try operand(condition))
    }

    private func number(_ condition: SegmentDefinition.Condition, _ op: String, column: String) throws -> Condition {
        guard let comparison = Comparison(rawValue: op) else {
            // Parts of a number are parts of its text.
            return try text(condition, column: "\(column)", operators: TextOperator.allCases)
        }
        return .number(column: column, comparison, try numberOperand(condition))
    }

    private func date(_ condition: SegmentDefinition.Condition, column: String) throws -> Condition {
        let op = try oneOf(Comparison.allCases.map(\.rawValue) + blankOperators, condition)
        if let blank = blank(op, column: column) { return blank }
        guard let comparison = Comparison(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        let day = try dayOperand(condition.value, key: "value")
        return .day(column: column, comparison, day.text)
    }

    private func birthday(_ condition: SegmentDefinition.Condition, column: String) throws -> Condition {
        let op = try oneOf(["is", "not"] + blankOperators, condition)
        if let blank = blank(op, column: column) { return blank }
        let seen = try operand(condition)
        let day = Array(seen.utf8).withUnsafeBytes { parseBirthday($0, dayFirst: false) }
        guard let day else {
            throw ConditionProblem(key: "value", message: "\"\(seen)\" is not a day of the year as MM/DD")
        }
        return .day(column: column, op == "is" ? .equals : .not, day.text)
    }

    private func time(_ condition: SegmentDefinition.Condition, column: String) throws -> Condition {
        let op = try oneOf(Comparison.allCases.map(\.rawValue) + blankOperators + ["within", "notwithin"], condition)
        if let blank = blank(op, column: column) { return blank }
        // Mailchimp's form is `value: date` with the day in `extra`; the day as `value` itself is taken too.
        let isKeyword = condition.value == .text("date")
        let key = isKeyword ? "extra" : "value"
        let written = isKeyword ? condition.extra : condition.value
        guard let comparison = Comparison(rawValue: op) else {
            return .time(column: column, .lastDays(try daysOperand(written, key: key), isWithin: op == "within"))
        }
        return .time(column: column, .day(comparison, try dayOperand(written, key: key)))
    }

    private func source(_ condition: SegmentDefinition.Condition) throws -> Condition {
        let op = try oneOf(["source_is", "source_not"], condition)
        return .text(column: "source", op == "source_is" ? .equals : .not, try operand(condition))
    }

    private func rating(_ condition: SegmentDefinition.Condition) throws -> Condition {
        let op = try oneOf(Comparison.allCases.map(\.rawValue), condition)
        guard let comparison = Comparison(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        guard case .integer(let value) = try numberOperand(condition), (0...5).contains(value) else {
            throw ConditionProblem(key: "value", message: "accepted: a whole number from 0 to 5")
        }
        return .number(column: "rating", comparison, .integer(value))
    }

    private let blankOperators = ["blank", "blank_not"]

    private func blank(_ op: String, column: String) -> Condition? {
        blankOperators.contains(op) ? .blank(column: column, op == "blank") : nil
    }

    private func tag(_ condition: SegmentDefinition.Condition) throws -> Int64 {
        let seen = try operand(condition)
        let key = try folded(seen)
        if let id = Int64(seen), let tag = tags.first(where: { $0.id == id }) { return tag.id }
        if let tag = tags.first(where: { $0.key == key }) { return tag.id }
        let hint = nearestName(to: seen, among: tags.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
        throw ConditionProblem(key: "value", message: "\"\(seen)\" is neither the id nor the name of a tag\(hint)")
    }
}

extension CalendarDay {
    /// `YYYY-MM-DD`, or `MM/DD` for a day of every year: as it is stored.
    var text: String {
        let date = "\(padded(month, 2))\(year == nil ? "/" : "-")\(padded(day, 2))"
        return year.map { "\(padded($0, 4))-\(date)" } ?? date
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
