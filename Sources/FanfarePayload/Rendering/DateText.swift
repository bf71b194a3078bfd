/// A moment taken apart for PHP's date letters (php.net, `DateTimeInterface::format`).
struct DateText {
    private let unixTime: Int64
    private let utcOffset: Int
    private let year: Int
    private let month: Int
    private let day: Int
    /// From 0, 1 January.
    private let dayOfYear: Int
    /// 0 is Sunday.
    private let weekday: Int
    private let second: Int

    /// - Parameters:
    ///   - unixTime: Seconds since 1970 UTC.
    ///   - utcOffset: What local time is ahead of UTC, in seconds.
    init(unixTime: Int64, utcOffset: Int) {
        self.unixTime = unixTime
        self.utcOffset = utcOffset
        let local = Int(unixTime) + utcOffset
        let days = Self.floorDivide(local, 86_400)
        second = local - days * 86_400
        weekday = Self.modulo(days + 4, 7)
        (year, month, day) = Self.civil(fromDays: days)
        dayOfYear = days - Self.days(year: year, month: 1, day: 1)
    }

    /// Appends what a letter of ``PHPDateFormat`` stands for. Only zone offsets hold anything a place may need escaped.
    func append(letter: UInt8, escapedFor escape: Escape, to buffer: inout RequestBuffer) {
        switch letter {
        case UInt8(ascii: "d"): buffer.append(decimal: UInt64(day), width: 2)
        case UInt8(ascii: "j"): buffer.append(decimal: UInt64(day))
        case UInt8(ascii: "D"): buffer.append(Self.prefix(3, of: Self.weekdayName(weekday)))
        case UInt8(ascii: "l"): buffer.append(Self.weekdayName(weekday))
        case UInt8(ascii: "N"): buffer.append(decimal: UInt64(weekday == 0 ? 7 : weekday))
        case UInt8(ascii: "w"): buffer.append(decimal: UInt64(weekday))
        case UInt8(ascii: "S"): buffer.append(Self.ordinalSuffix(day))
        case UInt8(ascii: "z"): buffer.append(decimal: UInt64(dayOfYear))
        case UInt8(ascii: "W"): buffer.append(decimal: UInt64(week.number), width: 2)
        case UInt8(ascii: "o"): appendYear(week.year, to: &buffer)
        case UInt8(ascii: "m"): buffer.append(decimal: UInt64(month), width: 2)
        case UInt8(ascii: "n"): buffer.append(decimal: UInt64(month))
        case UInt8(ascii: "M"): buffer.append(Self.prefix(3, of: Self.monthName(month)))
        case UInt8(ascii: "F"): buffer.append(Self.monthName(month))
        case UInt8(ascii: "t"): buffer.append(decimal: UInt64(Self.length(ofMonth: month, year: year)))
        case UInt8(ascii: "L"): buffer.append(decimal: Self.isLeap(year) ? 1 : 0)
        case UInt8(ascii: "Y"): appendYear(year, to: &buffer)
        case UInt8(ascii: "y"): buffer.append(decimal: UInt64(Self.modulo(year, 100)), width: 2)
        default: appendTime(letter: letter, escapedFor: escape, to: &buffer)
        }
    }

    private func appendTime(letter: UInt8, escapedFor escape: Escape, to buffer: inout RequestBuffer) {
        let hour = second / 3600
        let hourOfTwelve = hour % 12 == 0 ? 12 : hour % 12
        switch letter {
        case UInt8(ascii: "a"): buffer.append(hour < 12 ? "am" : "pm")
        case UInt8(ascii: "A"): buffer.append(hour < 12 ? "AM" : "PM")
        case UInt8(ascii: "B"): buffer.append(decimal: UInt64(swatchBeat), width: 3)
        case UInt8(ascii: "g"): buffer.append(decimal: UInt64(hourOfTwelve))
        case UInt8(ascii: "h"): buffer.append(decimal: UInt64(hourOfTwelve), width: 2)
        case UInt8(ascii: "G"): buffer.append(decimal: UInt64(hour))
        case UInt8(ascii: "H"): buffer.append(decimal: UInt64(hour), width: 2)
        case UInt8(ascii: "i"): buffer.append(decimal: UInt64(second / 60 % 60), width: 2)
        case UInt8(ascii: "s"): buffer.append(decimal: UInt64(second % 60), width: 2)
        case UInt8(ascii: "u"): buffer.append("000000")
        case UInt8(ascii: "v"): buffer.append("000")
        case UInt8(ascii: "I"): buffer.append("0")
        case UInt8(ascii: "U"): buffer.append(decimal: UInt64(max(0, unixTime)))
        case UInt8(ascii: "O"): appendOffset(colon: false, escapedFor: escape, to: &buffer)
        case UInt8(ascii: "p") where utcOffset == 0: buffer.append("Z")
        case UInt8(ascii: "P"), UInt8(ascii: "p"), UInt8(ascii: "e"), UInt8(ascii: "T"):
            appendOffset(colon: true, escapedFor: escape, to: &buffer)
        default: break
        }
    }

    private func appendYear(_ year: Int, to buffer: inout RequestBuffer) {
        buffer.append(decimal: UInt64(max(0, year)), width: 4)
    }

    /// `+02:00` or `+0200`.
    private func appendOffset(colon: Bool, escapedFor escape: Escape, to buffer: inout RequestBuffer) {
        func append(_ byte: UInt8) {
            _ = withUnsafeBytes(of: byte) { buffer.append($0, escapedFor: escape) }
        }
        let minutes = abs(utcOffset) / 60
        append(utcOffset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        buffer.append(decimal: UInt64(minutes / 60), width: 2)
        if colon { append(UInt8(ascii: ":")) }
        buffer.append(decimal: UInt64(minutes % 60), width: 2)
    }

    /// The day in thousandths, in the zone UTC+1.
    private var swatchBeat: Int { Self.modulo(Int(unixTime) + 3600, 86_400) * 10 / 864 }

    /// The ISO 8601 week and the year it belongs to: that of its Thursday.
    private var week: (number: Int, year: Int) {
        let today = Self.days(year: year, month: 1, day: 1) + dayOfYear
        let thursday = today + 3 - Self.modulo(weekday + 6, 7)
        let weekYear = Self.civil(fromDays: thursday).year
        return ((thursday - Self.days(year: weekYear, month: 1, day: 1)) / 7 + 1, weekYear)
    }
}

extension DateText {
    private static func floorDivide(_ value: Int, _ by: Int) -> Int {
        value >= 0 ? value / by : (value - by + 1) / by
    }

    private static func modulo(_ value: Int, _ by: Int) -> Int { value - floorDivide(value, by) * by }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the leap day ends one.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of ``days(year:month:day:)``.
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func prefix(_ count: Int, of text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: count)
    }

    private static func ordinalSuffix(_ day: Int) -> StaticString {
        switch day {
        case 1, 21, 31: "st"
        case 2, 22: "nd"
        case 3, 23: "rd"
        default: "th"
        }
    }

    private static func weekdayName(_ weekday: Int) -> StaticString {
        switch weekday {
        case 0: "Sunday"
        case 1: "Monday"
        case 2: "Tuesday"
        case 3: "Wednesday"
        case 4: "Thursday"
        case 5: "Friday"
        default: "Saturday"
        }
    }

    private static func monthName(_ month: Int) -> StaticString {
        switch month {
        case 1: "January"
        case 2: "February"
        case 3: "March"
        case 4: "April"
        case 5: "May"
        case 6: "June"
        case 7: "July"
        case 8: "August"
        case 9: "September"
        case 10: "October"
        case 11: "November"
        default: "December"
        }
    }
}
