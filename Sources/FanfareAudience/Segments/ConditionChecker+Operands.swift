extension ConditionChecker {
    /// Mailchimp's limit for a value.
    static let longestOperand = 315

    /// The operand as trimmed text.
    func operand(_ operand: SegmentDefinition.Operand?, key: String = "value") throws -> String {
        let seen: String
        switch operand {
        case .text(let value), .number(let value): seen = trimmed(value)
        case .list: throw ConditionProblem(key: key, message: "a list was seen; accepted: one value")
        case nil: throw ConditionProblem(key: key, message: "missing")
        }
        guard !seen.isEmpty else {
            let advice = key == "value" ? "; for contacts without a value use the op blank" : ""
            throw ConditionProblem(key: key, message: "empty\(advice)")
        }
        guard seen.count <= ConditionChecker.longestOperand else {
            let message = "\(seen.count) characters were seen; at most \(ConditionChecker.longestOperand) are accepted"
            throw ConditionProblem(key: key, message: message)
        }
        guard !seen.utf8.contains(0) else { throw ConditionProblem(key: key, message: "holds a NUL character") }
        return seen
    }

    private func trimmed(_ text: String) -> String {
        let front = text.drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }

    func numberOperand(_ operand: SegmentDefinition.Operand?, key: String) throws -> CellNumber {
        let seen = try self.operand(operand, key: key)
        let parsed = Array(seen.utf8).withUnsafeBytes { parseNumber($0) }
        switch parsed {
        case .integer(let value): return .integer(value)
        case .real(let value): return .real(value)
        default: throw ConditionProblem(key: key, message: "\"\(seen)\" is not a number")
        }
    }

    func dayOperand(_ operand: SegmentDefinition.Operand?, key: String) throws -> CalendarDay {
        guard operand != nil else {
            throw ConditionProblem(key: key, message: "missing; accepted: a day as YYYY-MM-DD")
        }
        let seen = try self.operand(operand, key: key)
        // Mailchimp's words for the day on which some campaign was sent.
        guard !["campaign", "last", "last_campaign_sent"].contains(seen) else {
            throw ConditionProblem(
                key: key,
                message: "\"\(seen)\" is refused: a day on which a campaign was sent is not looked up here; accepted: "
                    + "the day itself as YYYY-MM-DD, or date with the day in extra"
            )
        }
        let day = Array(seen.utf8).withUnsafeBytes { parseDate($0, dayFirst: false) }
        guard let day else {
            throw ConditionProblem(key: key, message: "\"\(seen)\" is not a day; accepted: YYYY-MM-DD")
        }
        return day
    }

    /// How many days back, from 0 to ten years.
    func daysOperand(_ operand: SegmentDefinition.Operand?, key: String) throws -> Int {
        guard operand != nil else {
            throw ConditionProblem(key: key, message: "missing; accepted: a number of days")
        }
        let seen = try self.operand(operand, key: key)
        guard let days = Int(seen), (0...3660).contains(days) else {
            throw ConditionProblem(key: key, message: "\"\(seen)\" is not a number of days from 0 to 3660")
        }
        return days
    }

    /// A number of one or two digits, as two.
    func twoDigits(_ operand: SegmentDefinition.Operand?, _ range: ClosedRange<Int>) throws -> String {
        let seen = try self.operand(operand)
        guard let number = Int(seen), range.contains(number) else {
            let message = "\"\(seen)\" is not a number from \(range.lowerBound) to \(range.upperBound)"
            throw ConditionProblem(key: "value", message: message)
        }
        return number < 10 ? "0\(number)" : "\(number)"
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
