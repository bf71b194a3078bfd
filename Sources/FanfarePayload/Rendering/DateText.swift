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

    /// Appends what a letter of ``PHPDateFormat`` stands for.
    ///
    /// Only zone offsets hold anything a place may need escaped.
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
