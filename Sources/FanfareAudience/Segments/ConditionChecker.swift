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
            message: "\"\(seen.brief)\" is not one of \(accepted.joined(separator: ", "))\(note)\(hint)"
        )
    }
}

/// Checks conditions against the fields, tags and groups of an audience.
struct ConditionChecker {
    let fields: FieldTable
    let tags: TagNames
    let groups: GroupNames

    init(_ db: Database) throws {
        fields = try FieldTable(db)
        tags = try TagNames(db)
        groups = try GroupNames(db)
    }

    /// - Throws: ``ConditionProblem``.
    func check(_ condition: SegmentDefinition.Condition) throws -> Condition {
        guard let field = condition.field, !field.isEmpty else {
            throw ConditionProblem(key: "field", message: "missing")
        }
        let type = try conditionType(condition, field: field)
        let op = try oneOf(type.operators, condition.op)
        let saysYes = op == type.operators.first
        switch type {
        case .textMerge, .selectMerge, .dateMerge, .birthdayMerge, .addressMerge:
            return try compare(merge(type, field), op, condition.value)
        case .emailAddress: return try text("email", op, condition.value)
        case .date: return try time(condition, op, column: field == "timestamp_opt" ? "opt_time" : "last_changed")
        case .newSubscribers:
            let days = try daysOperand(condition.value, key: "value")
            return .time(column: "opt_time", .lastDays(days, isWithin: true))
        case .memberRating: return try rating(condition.value, op)
        case .vip: return .vip(saysYes)
        case .language: return try equality("language", saysYes, condition.value)
        case .signupSource: return try equality("source", saysYes, condition.value)
        case .emailClient: return try equality("email_client", saysYes, condition.value)
        case .staticSegment: return .tag(id: try tags.id(operand(condition.value)), isMember: saysYes)
        case .interests: return try interests(field, op, condition.value)
        case .ipGeoCountryState: return try countryOrRegion(condition.value, op)
        case .ipGeoTimeZone: return try timeZone(condition.value, saysYes)
        case .ipGeoIn: return try near(condition, isInside: saysYes)
        case .ipGeoUnknown: return .unlocated
        }
    }

    /// - Returns: The operator as written.
    func oneOf(_ accepted: [String], _ op: String?) throws -> String {
        guard let op else {
            throw ConditionProblem(key: "op", message: "missing; accepted: \(accepted.joined(separator: ", "))")
        }
        guard accepted.contains(op) else { throw ConditionProblem(key: "op", seen: op, accepted: accepted) }
        return op
    }

    // MARK: Merge fields

    private func compare(
        _ entry: FieldTable.Entry,
        _ op: String,
        _ value: SegmentDefinition.Operand?
    ) throws -> Condition {
        let column = entry.column
        if op == "blank" || op == "blank_not" { return .blank(column: column, op == "blank") }
        switch entry.field.kind {
        case .address: return .address(column: column, contains: op == "contains", try operand(value))
        case .birthday: return try birthday(value, op, column: column)
        case .date: return .day(column: column, try comparison(op), try dayOperand(value, key: "value").text)
        case .number:
            // Parts of a number are parts of its text.
            guard let comparison = Comparison(rawValue: op) else { return try text(column, op, value) }
            return .number(column: column, comparison, try numberOperand(value, key: "value"))
        default: return try text(column, op, value)
        }
    }

    /// A day, or with `starts` a month and with `ends` a day of any month.
    private func birthday(_ value: SegmentDefinition.Operand?, _ op: String, column: String) throws -> Condition {
        switch op {
        case "starts": return .text(column: column, .starts, "\(try twoDigits(value, 1...12))/")
        case "ends": return .text(column: column, .ends, "/\(try twoDigits(value, 1...31))")
        default: break
        }
        let seen = try operand(value)
        let day = Array(seen.utf8).withUnsafeBytes { parseBirthday($0, dayFirst: false) }
        guard let day else {
            throw ConditionProblem(key: "value", message: "\"\(seen)\" is not a day of the year as MM/DD")
        }
        return .day(column: column, try comparison(op), day.text)
    }

    // MARK: Standard columns

    private func text(_ column: String, _ op: String, _ value: SegmentDefinition.Operand?) throws -> Condition {
        guard let test = TextOperator(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        return .text(column: column, test, try operand(value))
    }

    private func equality(
        _ column: String,
        _ isEqual: Bool,
        _ value: SegmentDefinition.Operand?
    ) throws -> Condition {
        .text(column: column, isEqual ? .equals : .not, try operand(value))
    }

    private func comparison(_ op: String) throws -> Comparison {
        guard let comparison = Comparison(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        return comparison
    }

    private func rating(_ value: SegmentDefinition.Operand?, _ op: String) throws -> Condition {
        guard case .integer(let rating) = try numberOperand(value, key: "value"), (0...5).contains(rating) else {
            throw ConditionProblem(key: "value", message: "accepted: a whole number from 0 to 5")
        }
        return .number(column: "rating", try comparison(op), .integer(rating))
    }

    private func time(_ condition: SegmentDefinition.Condition, _ op: String, column: String) throws -> Condition {
        if op == "blank" || op == "blank_not" { return .blank(column: column, op == "blank") }
        // Mailchimp's form is `value: date` with the day in `extra`; the day as `value` itself is taken too.
        let isKeyword = condition.value == .text("date")
        let key = isKeyword ? "extra" : "value"
        let written = isKeyword ? condition.extra : condition.value
        guard let comparison = Comparison(rawValue: op) else {
            return .time(column: column, .lastDays(try daysOperand(written, key: key), isWithin: op == "within"))
        }
        return .time(column: column, .day(comparison, try dayOperand(written, key: key)))
    }

    // MARK: Groups

    private func interests(_ field: String, _ op: String, _ value: SegmentDefinition.Operand?) throws -> Condition {
        let category = try groups.category(ofField: field)
        guard let test = GroupTest(rawValue: op) else { throw ConditionProblem(key: "op", message: "unknown") }
        let names: [String]
        if case .list(let list)? = value { names = list } else { names = [try operand(value)] }
        guard (1...GroupNames.limit).contains(names.count) else {
            let message = "\(names.count) groups were seen; accepted: 1 to \(GroupNames.limit)"
            throw ConditionProblem(key: "value", message: message)
        }
        return .groups(test, Set(try names.map { try groups.id($0, of: category) }).sorted())
    }
}
