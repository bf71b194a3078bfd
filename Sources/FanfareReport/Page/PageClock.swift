import Foundation

/// Times as a page shows them: on the clock of one zone, whose distance from UTC stands beside whole dates.
struct PageClock {
    private let calendar: Calendar

    init(_ zone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// Seconds east of UTC.
    func offset(at time: Int64) -> Int64 {
        Int64(calendar.timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
    }

    /// `2026-11-27 09:00:05 UTC+01:00`.
    func full(_ time: Int64) -> String {
        let offset = offset(at: time)
        let sign = offset < 0 ? "−" : "+"
        let minutes = Int64(offset.magnitude) / 60
        let zone = minutes == 0 ? "UTC" : "UTC\(sign)\(two(minutes / 60)):\(two(minutes % 60))"
        let parts = parts(time)
        return "\(parts.year)-\(two(parts.month))-\(two(parts.day)) \(self.time(time)) \(zone)"
    }

    /// `09:00:05`.
    func time(_ time: Int64) -> String { "\(minute(time)):\(two(parts(time).second))" }

    /// `09:00`.
    func minute(_ time: Int64) -> String {
        let parts = parts(time)
        return "\(two(parts.hour)):\(two(parts.minute))"
    }

    /// `11-27`: the month, then the day.
    func day(_ time: Int64) -> String {
        let parts = parts(time)
        return "\(two(parts.month))-\(two(parts.day))"
    }

    private struct Parts {
        var year: Int64
        var month: Int64
        var day: Int64
        var hour: Int64
        var minute: Int64
        var second: Int64
    }

    private func parts(_ time: Int64) -> Parts {
        let date = Date(timeIntervalSince1970: TimeInterval(time))
        let found = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        return Parts(
            year: Int64(found.year ?? 0),
            month: Int64(found.month ?? 0),
            day: Int64(found.day ?? 0),
            hour: Int64(found.hour ?? 0),
            minute: Int64(found.minute ?? 0),
            second: Int64(found.second ?? 0)
        )
    }

    private func two(_ number: Int64) -> String { PageNumber.two(number) }
}
