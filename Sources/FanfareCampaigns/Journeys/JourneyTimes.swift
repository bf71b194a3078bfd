import FanfareDelivery
import FanfareJob
import Foundation

/// The times of a journey, as the clocks of its zone show them.
struct JourneyTimes {
    private let zone: String
    private var calendar: Calendar

    /// - Parameter zone: The IANA name of a zone.
    init(zone: String) {
        self.zone = zone
        calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
    }

    /// The instant at which clocks show a time; one that they skip is moved forward by as much as they are, of one that
    /// comes twice the first counts.
    func instant(_ time: Schedule.LocalTime) -> Int64 {
        Schedule(at: time, timeZone: zone).start(in: zone)?.unixSeconds ?? 0
    }

    /// What a change of the clocks makes of a time; nil: nothing.
    func note(of time: Schedule.LocalTime) -> String? { Schedule(at: time, timeZone: zone).start(in: zone)?.note }

    /// Until when a contact waits that arrives now.
    func end(of delay: JourneyDelay, from now: Int64) -> Int64 {
        switch delay {
        case .seconds(let seconds): return now + seconds
        case .until(let time): return instant(time)
        case .day(let days, let minute):
            let today = day(of: now)
            // The same day of the next week is the last that may be meant. Now is none: whoever has just waited for it,
            // and comes back, waits for the next.
            for offset in 0...7 where days.contains(weekday(of: today + offset)) {
                let instant = instant(of: today + offset, minute: minute)
                if instant > now { return instant }
            }
            return now
        }
    }

    /// The day there at an instant, counted from 1970-01-01.
    func day(of instant: Int64) -> Int {
        let seconds = Int64(calendar.timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(instant))))
        return Int((instant + seconds) / 86_400) - ((instant + seconds) % 86_400 < 0 ? 1 : 0)
    }

    /// The instant of a minute of a day.
    func instant(of day: Int, minute: Int) -> Int64 {
        let (year, month, dayOfMonth) = Self.parts(of: day)
        return instant(.init(year: year, month: month, day: dayOfMonth, hour: minute / 60, minute: minute % 60))
    }

    /// Month and day as `MM/DD`, and whether the day after February 28 of a year without a 29th is meant with it.
    func monthAndDay(of day: Int) -> (text: String, standsForLeapDay: Bool) {
        let (year, month, dayOfMonth) = Self.parts(of: day)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return (Self.twoDigits(month) + "/" + Self.twoDigits(dayOfMonth), month == 2 && dayOfMonth == 28 && !isLeap)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private func weekday(of day: Int) -> SendWindow.Day {
        // 1970-01-01 was a Thursday.
        let days: [SendWindow.Day] = [.thu, .fri, .sat, .sun, .mon, .tue, .wed]
        return days[((day % 7) + 7) % 7]
    }

    /// The date of a day counted from 1970-01-01.
    private static func parts(of day: Int) -> (year: Int, month: Int, day: Int) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: TimeInterval(day) * 86_400)
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        return (parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
    }
}
