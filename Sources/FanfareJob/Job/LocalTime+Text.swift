extension Schedule.LocalTime {
    static let pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"

    /// Reads `2026-11-27 09:00`, with `T` for the space and with seconds if need be.
    ///
    /// - Returns: Nil for anything else, and for a day that no calendar has.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16 || bytes.count == 19 else { return nil }
        let separators: [Int: [Character]] = [4: ["-"], 7: ["-"], 10: [" ", "T"], 13: [":"], 16: [":"]]
        for (index, byte) in bytes.enumerated() {
            if let allowed = separators[index] {
                guard allowed.contains(Character(Unicode.Scalar(byte))) else { return nil }
            } else {
                guard (48...57).contains(byte) else { return nil }
            }
        }
        func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 * 10 + Int($1 - 48) } }
        self.init(
            year: number(0..<4),
            month: number(5..<7),
            day: number(8..<10),
            hour: number(11..<13),
            minute: number(14..<16),
            second: bytes.count == 19 ? number(17..<19) : 0
        )
        guard (1970...9999).contains(year), hour < 24, minute < 60, second < 60,
            Schedule.LocalTime(secondsAsIfUTC: secondsAsIfUTC) == self
        else { return nil }
    }

    /// `2026-11-27 09:00`; seconds only when there are any.
    package var text: String {
        "\(year)-\(month.twoDigits)-\(day.twoDigits) \(hour.twoDigits):\(minute.twoDigits)"
            + (second == 0 ? "" : ":" + second.twoDigits)
    }
}

extension BinaryInteger {
    var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }
}

// The days-from-civil algorithm for the proleptic Gregorian calendar: years counted from March, in eras of 400 years.
extension Schedule.LocalTime {
    /// The seconds from 1970 to this wall-clock time were it UTC; days past a month's end run into the next month.
    var secondsAsIfUTC: Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let monthFromMarch = Int64((month + 9) % 12)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// The wall-clock time this many seconds after 1970 in UTC.
    init(secondsAsIfUTC seconds: Int64) {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let rest = Int(seconds - days * 86_400)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        self.init(
            year: Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0),
            month: month,
            day: Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1),
            hour: rest / 3600,
            minute: rest % 3600 / 60,
            second: rest % 60
        )
    }
}
