/// The hours and days of the week in which a fan-out may send, as clocks on the wall show them.
///
/// It is asked again and again with the time that a clock shows, so that a clock that is put forward, back or right opens
/// and closes it like any other passing of time.
public struct SendWindow: Sendable, Hashable {
    /// A day of the week.
    public enum Day: String, Sendable, Hashable, Codable, CaseIterable {
        /// Monday.
        case mon
        /// Tuesday.
        case tue
        /// Wednesday.
        case wed
        /// Thursday.
        case thu
        /// Friday.
        case fri
        /// Saturday.
        case sat
        /// Sunday.
        case sun

        /// Of a day counted from 1970-01-01, a Thursday.
        fileprivate init(number: Int64) {
            self = Day.allCases[Int(((number + 3) % 7 + 7) % 7)]
        }
    }

    /// A time of the week at which it opens.
    public struct Opening: Sendable, Hashable, Codable {
        /// The day.
        public let day: Day
        /// Minutes after its midnight, 0 … 1,439.
        public let minute: Int

        /// For example `mon 09:00`.
        public var text: String { "\(day.rawValue) \(SendWindow.text(ofMinute: minute))" }
    }

    /// Minutes of a day.
    public static let dayLength = 24 * 60

    /// The days on which it opens.
    public let days: Set<Day>
    /// When it opens: minutes after midnight, 0 … 1,439.
    public let from: Int
    /// When it closes: minutes after midnight, 0 … 1,440; of the next day where that is not later than ``from``.
    public let to: Int

    /// - Parameters: see the properties of the same names. Without any day it never opens.
    public init(days: Set<Day> = Set(Day.allCases), from: Int = 0, to: Int = dayLength) {
        (self.days, self.from, self.to) = (days, from, to)
    }

    /// Whether it is open.
    ///
    /// - Parameter localTime: What the clock shows, as seconds since a clock showed 1970-01-01 00:00.
    public func isOpen(at localTime: Int64) -> Bool {
        let (day, minute) = Self.moment(localTime)
        if from < to { return has(day) && minute >= from && minute < to }
        return has(day) && minute >= from || has(day - 1) && minute < to
    }

    /// When it opens next; nil: never.
    ///
    /// - Parameter localTime: As in ``isOpen(at:)``; it is not open then.
    public func opening(after localTime: Int64) -> Opening? {
        let (today, minute) = Self.moment(localTime)
        let isLate = minute >= from
        let next = (today...(today + 7)).first { has($0) && !($0 == today && isLate) }
        return next.map { Opening(day: Day(number: $0), minute: from) }
    }

    /// For example `mon, tue 09:00–20:00`.
    public var text: String {
        let isDaily = days.count == Day.allCases.count
        let days = isDaily ? "every day" : Day.allCases.filter(days.contains).map(\.rawValue).joined(separator: ", ")
        return "\(days) \(Self.text(ofMinute: from))–\(Self.text(ofMinute: to))"
    }

    /// How long it is open on one day.
    public var length: Duration { .seconds(60 * (from < to ? to - from : to - from + Self.dayLength)) }

    private func has(_ day: Int64) -> Bool { days.contains(Day(number: day)) }

    /// Days since 1970-01-01, and the minute of that day.
    private static func moment(_ localTime: Int64) -> (day: Int64, minute: Int) {
        let (quotient, rest) = localTime.quotientAndRemainder(dividingBy: 86_400)
        let day = rest < 0 ? quotient - 1 : quotient
        return (day, Int((localTime - day * 86_400) / 60))
    }

    /// `09:00`; `24:00` for the end of a day.
    public static func text(ofMinute minute: Int) -> String {
        func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(digits(minute / 60)):\(digits(minute % 60))"
    }
}
