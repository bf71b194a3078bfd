import FanfareDelivery

/// The clocks of Paris in 2027, by the two nights on which they are changed: for what no library is to be asked about.
enum ParisClock {
    /// 2027-03-28T01:00:00Z: 02:00 becomes 03:00.
    static let forward: Int64 = 1_806_195_600
    /// 2027-10-31T01:00:00Z: 03:00 becomes 02:00.
    static let back: Int64 = 1_824_944_400
    /// When the year begins there, and when it ends.
    static let (newYear, yearEnd): (Int64, Int64) = (1_798_758_000, 1_830_294_000)

    private static let (hour, day): (Int64, Int64) = (3600, 86_400)
    /// 2027-01-01, in days from 1970-01-01.
    private static let firstDay: Int64 = 20_819

    /// Seconds east of Greenwich.
    private static func offset(at instant: Int64) -> Int64 {
        instant >= forward && instant < back ? 2 * hour : hour
    }

    /// The day whose minute an instant is: that at which clocks show it, for the first time if they do so twice. A
    /// minute that they skip comes when they would have shown it had nobody changed them.
    ///
    /// - Parameters:
    ///   - minute: Of the day, from midnight.
    ///   - instant: Unix time in seconds.
    /// - Returns: In days from 1970-01-01; nil: it is another minute of the day.
    static func day(whose minute: Int, comesAt instant: Int64) -> Int64? {
        let wanted = Int64(minute) * 60
        let isRepeated = instant >= back && instant < back + hour
        if isRepeated { return nil }
        let shown = instant + offset(at: instant)
        if shown % day == wanted { return shown / day }
        let unchanged = instant + hour
        let followsTheGap = instant >= forward && instant < forward + hour
        return followsTheGap && unchanged % day == wanted ? unchanged / day : nil
    }

    /// The day of the week of a day counted from 1970-01-01, a Thursday.
    static func weekday(of day: Int64) -> SendWindow.Day {
        let days: [SendWindow.Day] = [.thu, .fri, .sat, .sun, .mon, .tue, .wed]
        return days[Int(day % 7)]
    }

    /// The birthdays that are kept on a day of 2027, as `MM/DD`: February 29 a day early, as the year has none.
    static func birthdays(on day: Int64) -> [String] {
        var left = Int(day - firstDay) + 1
        for (index, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
            if left <= length {
                let text = birthday(month: index + 1, day: left)
                return text == "02/28" ? [text, "02/29"] : [text]
            }
            left -= length
        }
        return []
    }

    /// `MM/DD`.
    static func birthday(month: Int, day: Int) -> String {
        (month < 10 ? "0" : "") + "\(month)/" + (day < 10 ? "0" : "") + "\(day)"
    }
}
