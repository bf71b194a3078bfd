import Foundation

/// A rule by which a time comes again: the part of RFC 5545's RRULE (3.3.10) that campaigns need.
///
/// | Part | Values | |
/// | --- | --- | --- |
/// | `FREQ` | `DAILY`, `WEEKLY`, `MONTHLY` | always there |
/// | `INTERVAL` | 1 … 1000 | every so many days, weeks, months; 1 without it |
/// | `BYDAY` | `MO,TH`; with `MONTHLY` also `1MO` and `-1FR` | days of the week, the first Monday, the last Friday |
/// | `BYMONTHDAY` | 1 … 31, -1 … -31, with `MONTHLY` | days of the month, -1 the last |
/// | `COUNT` | 1 … 10000 | so many times in all |
/// | `UNTIL` | `20261231` or `20261231T180000` | not after it, in the time zone of the schedule |
///
/// Times are those of clocks on the wall: a rule for 09:00 means 09:00 in winter and summer. A day that a month does not
/// have is passed over. The first time is the first at or after the one that the rule begins with.
public struct Recurrence: Sendable, Hashable {
    /// Why a text is no such rule.
    struct Fault: Error {
        let message: String
        let accepted: String
    }

    /// As it was written, in upper case and without `RRULE:`.
    public let text: String
    private let frequency: Calendar.RecurrenceRule.Frequency
    private let interval: Int
    private let weekdays: [Calendar.RecurrenceRule.Weekday]
    private let days: [Int]
    private let count: Int?
    private let until: Schedule.LocalTime?

    /// - Throws: ``Fault`` that names the part, and what is accepted there.
    init(_ written: String) throws(Fault) {
        var text = written.uppercased()
        if text.hasPrefix("RRULE:") { text.removeFirst("RRULE:".count) }
        self.text = text
        var parts = try Self.parts(of: text)
        guard let named = parts.removeValue(forKey: "FREQ") else {
            throw Fault(message: "FREQ is missing", accepted: "FREQ=DAILY, WEEKLY or MONTHLY")
        }
        frequency = try Self.frequency(named)
        interval =
            try parts.removeValue(forKey: "INTERVAL").map { text throws(Fault) in
                try Self.number(text, "INTERVAL", in: 1...1000)
            } ?? 1
        weekdays = try Self.weekdays(parts.removeValue(forKey: "BYDAY"), frequency)
        days = try Self.days(parts.removeValue(forKey: "BYMONTHDAY"), frequency)
        count = try parts.removeValue(forKey: "COUNT").map { text throws(Fault) in
            try Self.number(text, "COUNT", in: 1...10_000)
        }
        until = try parts.removeValue(forKey: "UNTIL").map { text throws(Fault) in try Self.until(text) }
        if let unknown = parts.keys.min() {
            let accepted = "FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT, UNTIL"
            throw Fault(message: "\(unknown) is no part that is understood", accepted: accepted)
        }
        if count != nil, until != nil {
            throw Fault(message: "COUNT and UNTIL stand together", accepted: "one of them")
        }
    }

    /// The first time of the rule after another one.
    ///
    /// - Parameters:
    ///   - time: After this one; nil: the first of all.
    ///   - start: What the rule begins with; counts run from there.
    /// - Returns: Nil when there is none.
    public func next(after time: Schedule.LocalTime?, from start: Schedule.LocalTime) -> Schedule.LocalTime? {
        let last = time?.secondsAsIfUTC ?? .min
        for next in times(from: start) where next.secondsAsIfUTC > last { return next }
        return nil
    }

    /// The times of the rule after another one and up to a last one, in their order: in one pass, where asking for each
    /// after the other begins anew each time.
    ///
    /// - Parameters:
    ///   - time: After this one; nil: from the first of all.
    ///   - last: Not after this one.
    ///   - start: What the rule begins with; counts run from there.
    ///   - limit: So many at most.
    /// - Returns: Only what is among the first ``farthest`` times of all.
    package func times(
        after time: Schedule.LocalTime?,
        upTo last: Schedule.LocalTime,
        from start: Schedule.LocalTime,
        limit: Int
    ) -> [Schedule.LocalTime] {
        let (first, last) = (time?.secondsAsIfUTC ?? .min, last.secondsAsIfUTC)
        let wanted = times(from: start).prefix(Self.farthest).lazy.drop { $0.secondsAsIfUTC <= first }
            .prefix { $0.secondsAsIfUTC <= last }
        return Array(wanted.prefix(limit))
    }

    /// Times that are looked through for those of a range: fifty years of days.
    private static let farthest = 20_000

    /// All of them, up to the year 9999.
    private func times(from start: Schedule.LocalTime) -> some Sequence<Schedule.LocalTime> {
        // Wall clocks have no gaps: what a zone makes of a time is its own matter.
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var rule = Calendar.RecurrenceRule(calendar: calendar, frequency: frequency, interval: interval)
        rule.matchingPolicy = .strict
        rule.weekdays = weekdays
        rule.daysOfTheMonth = days
        if let count { rule.end = .afterOccurrences(count) }
        if let until { rule.end = .afterDate(until.dateAsIfUTC) }
        return rule.recurrences(of: start.dateAsIfUTC).lazy
            .map { Schedule.LocalTime(secondsAsIfUTC: Int64($0.timeIntervalSince1970.rounded())) }
            .prefix { $0.year <= 9999 }
    }

    // MARK: Reading

    private static func parts(of text: String) throws(Fault) -> [String: String] {
        var parts: [String: String] = [:]
        for part in text.split(separator: ";", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2, !sides[1].isEmpty else {
                throw Fault(message: "\"\(part.prefix(40))\" is no part", accepted: "NAME=VALUE, with ; between parts")
            }
            guard parts.updateValue(sides[1], forKey: sides[0]) == nil else {
                throw Fault(message: "\(sides[0].prefix(40)) stands there twice", accepted: "each part once")
            }
        }
        return parts
    }

    private static func frequency(_ text: String) throws(Fault) -> Calendar.RecurrenceRule.Frequency {
        switch text {
        case "DAILY": .daily
        case "WEEKLY": .weekly
        case "MONTHLY": .monthly
        default: throw Fault(message: "FREQ is \(text.prefix(40))", accepted: "DAILY, WEEKLY or MONTHLY")
        }
    }

    private static func number(_ text: String, _ part: String, in range: ClosedRange<Int>) throws(Fault) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw Fault(
                message: "\(part) is \(text.prefix(40))",
                accepted: "a whole number, \(range.lowerBound) … \(range.upperBound)"
            )
        }
        return number
    }

    private static let names: [Substring: Locale.Weekday] = [
        "MO": .monday, "TU": .tuesday, "WE": .wednesday, "TH": .thursday, "FR": .friday, "SA": .saturday, "SU": .sunday,
    ]

    private static func weekdays(
        _ text: String?,
        _ frequency: Calendar.RecurrenceRule.Frequency
    ) throws(Fault) -> [Calendar.RecurrenceRule.Weekday] {
        guard let text else { return [] }
        var weekdays: [Calendar.RecurrenceRule.Weekday] = []
        for day in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ordinal = day.dropLast(2)
            guard let weekday = names[day.suffix(2)] else { throw fault(day, frequency) }
            if ordinal.isEmpty {
                weekdays.append(.every(weekday))
            } else if frequency == .monthly, let number = Int(ordinal), (1...5).contains(abs(number)) {
                weekdays.append(.nth(number, weekday))
            } else {
                throw fault(day, frequency)
            }
        }
        return weekdays
    }

    private static func fault(_ day: Substring, _ frequency: Calendar.RecurrenceRule.Frequency) -> Fault {
        let ordinals = frequency == .monthly ? ", or with 1 … 5 or -1 … -5 before it" : ""
        return Fault(message: "BYDAY has \(day.prefix(40))", accepted: "MO, TU, WE, TH, FR, SA, SU\(ordinals)")
    }

    private static func days(
        _ text: String?,
        _ frequency: Calendar.RecurrenceRule.Frequency
    ) throws(Fault) -> [Int] {
        guard let text else { return [] }
        guard frequency == .monthly else {
            throw Fault(message: "BYMONTHDAY stands there", accepted: "it goes with FREQ=MONTHLY alone")
        }
        var days: [Int] = []
        for day in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(day), (1...31).contains(abs(number)) else {
                throw Fault(message: "BYMONTHDAY has \(day.prefix(40))", accepted: "1 … 31, or -1 … -31 from the end")
            }
            days.append(number)
        }
        return days
    }

    private static func until(_ text: String) throws(Fault) -> Schedule.LocalTime {
        let digits = text.filter(\.isNumber)
        let isWhole = text.count == 8 || (text.count == 15 && text.dropFirst(8).first == "T")
        let clock = digits.count == 14 ? String(digits.suffix(6)) : "235959"
        func part(_ from: String, _ range: Range<Int>) -> Substring {
            from.dropFirst(range.lowerBound).prefix(range.count)
        }
        let time =
            "\(part(digits, 0..<4))-\(part(digits, 4..<6))-\(part(digits, 6..<8)) "
            + "\(part(clock, 0..<2)):\(part(clock, 2..<4)):\(part(clock, 4..<6))"
        guard isWhole, [8, 14].contains(digits.count), let until = Schedule.LocalTime(time) else {
            throw Fault(
                message: "UNTIL is \(text.prefix(40))",
                accepted: "a day such as 20261231 or a time such as 20261231T180000, in time_zone"
            )
        }
        return until
    }
}

extension Format where Value == Recurrence {
    /// A rule as text.
    static var recurrence: Format {
        let accepted = "a rule such as FREQ=WEEKLY;BYDAY=MO,TH"
        let schema = JSONValue.object(["type": "string", "minLength": 1, "maxLength": 500])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, case .string(let text) = scalar.resolved else {
                reading.reportType(node, accepted: accepted)
                return nil
            }
            guard text.unicodeScalars.count <= 500 else {
                reading.reportValue(node, accepted: accepted)
                return nil
            }
            do throws(Recurrence.Fault) {
                return try Recurrence(text)
            } catch {
                let message = "`\(reading.path.dotted)`: \(error.message)"
                reading.report(.badValue, at: node.place, message, accepted: error.accepted)
                return nil
            }
        }
    }
}

extension Schedule.LocalTime {
    fileprivate var dateAsIfUTC: Date { Date(timeIntervalSince1970: TimeInterval(secondsAsIfUTC)) }
}
