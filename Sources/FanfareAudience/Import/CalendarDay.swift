/// A day of the calendar, or of every year.
struct CalendarDay: Hashable {
    /// Nil: of every year.
    var year: Int?
    /// 1 … 12.
    var month: Int
    /// 1 … 31.
    var day: Int

    /// - Returns: Nil when there is no such day. 29 February is a day of every year.
    init?(year: Int?, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= CalendarDay.length(ofMonth: month, year: year ?? 2000) else {
            return nil
        }
        if let year, !(1...9999).contains(year) { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1 January 1970; nil for a day of every year.
    var daysSince1970: Int? {
        guard let year else { return nil }
        // Years that begin in March put the leap day last.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// `YYYY-MM-DD`, `YYYY/MM/DD`, `DD-MM-YYYY`, and `MM/DD/YYYY` (or `DD/MM/YYYY`).
func parseDate(_ text: UnsafeRawBufferPointer, dayFirst: Bool) -> CalendarDay? {
    guard let (numbers, separator) = splitNumbers(text), numbers.2 >= 0 else { return nil }
    if digitsBeforeSeparator(text) == 4 { return CalendarDay(year: numbers.0, month: numbers.1, day: numbers.2) }
    guard numbers.2 >= 1000 else { return nil }
    return separator == UInt8(ascii: "-") || dayFirst
        ? CalendarDay(year: numbers.2, month: numbers.1, day: numbers.0)
        : CalendarDay(year: numbers.2, month: numbers.0, day: numbers.1)
}

/// `MM/DD`, or `DD/MM`.
func parseBirthday(_ text: UnsafeRawBufferPointer, dayFirst: Bool) -> CalendarDay? {
    guard let (numbers, separator) = splitNumbers(text), numbers.2 < 0, separator == UInt8(ascii: "/") else {
        return nil
    }
    return dayFirst
        ? CalendarDay(year: nil, month: numbers.1, day: numbers.0)
        : CalendarDay(year: nil, month: numbers.0, day: numbers.1)
}

/// A time as Mailchimp's exports (`YYYY-MM-DD HH:MM:SS`, taken as UTC) or its API (`YYYY-MM-DDTHH:MM:SS+00:00`) write
/// it, or a date alone.
///
/// - Returns: Seconds since 1970.
func parseTime(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 10 else { return nil }
    let date = UnsafeRawBufferPointer(rebasing: text[0..<10])
    guard let days = parseDate(date, dayFirst: false)?.daysSince1970 else { return nil }
    let midnight = Int64(days) * 86_400
    if text.count == 10 { return midnight }
    guard text.count >= 19, text[10] == UInt8(ascii: " ") || text[10] == UInt8(ascii: "T"),
        text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
        let hour = twoDigits(text, 11), let minute = twoDigits(text, 14), let second = twoDigits(text, 17),
        hour < 24, minute < 60, second < 61,
        let offset = parseOffset(UnsafeRawBufferPointer(rebasing: text[19...]))
    else { return nil }
    return midnight + hour * 3600 + minute * 60 + second - offset
}

/// Nothing, `Z` or `±HH:MM`, after a fraction of a second, which is dropped.
///
/// - Returns: Seconds east of UTC.
private func parseOffset(_ text: UnsafeRawBufferPointer) -> Int64? {
    var index = 0
    if index < text.count, text[index] == UInt8(ascii: ".") {
        index += 1
        while index < text.count, isDigit(text[index]) { index += 1 }
    }
    if index == text.count || (text[index] == UInt8(ascii: "Z") && index + 1 == text.count) { return 0 }
    let negative = text[index] == UInt8(ascii: "-")
    guard negative || text[index] == UInt8(ascii: "+"), index + 6 == text.count, text[index + 3] == UInt8(ascii: ":"),
        let hours = twoDigits(text, index + 1), let minutes = twoDigits(text, index + 4), hours < 24, minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (negative ? -1 : 1)
}

private func twoDigits(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int64? {
    guard isDigit(text[index]), isDigit(text[index + 1]) else { return nil }
    return Int64(text[index] - UInt8(ascii: "0")) * 10 + Int64(text[index + 1] - UInt8(ascii: "0"))
}

private func digitsBeforeSeparator(_ text: UnsafeRawBufferPointer) -> Int { text.prefix { isDigit($0) }.count }

/// Two or three numbers of at most four digits with one kind of separator, `-` or `/`; the third is -1 when missing.
private func splitNumbers(_ text: UnsafeRawBufferPointer) -> ((Int, Int, Int), UInt8)? {
    var numbers = (-1, -1, -1)
    var separator: UInt8 = 0
    var count = 0
    var index = 0
    while true {
        let begin = index
        var value = 0
        while index < text.count, isDigit(text[index]), index - begin < 4 {
            value = value * 10 + Int(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        guard index > begin else { return nil }
        switch count {
        case 0: numbers.0 = value
        case 1: numbers.1 = value
        default: numbers.2 = value
        }
        count += 1
        if index == text.count { return count >= 2 ? (numbers, separator) : nil }
        let byte = text[index]
        guard count < 3, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/"), separator == 0 || byte == separator
        else {
            return nil
        }
        separator = byte
        index += 1
    }
}

/// The Unix time in seconds of a text such as `2015-10-21T15:41:36+00:00`; nil when it is none.
package func unixTime(of text: String) -> Int64? {
    var text = text
    return text.withUTF8 { parseTime(UnsafeRawBufferPointer($0)) }
}
