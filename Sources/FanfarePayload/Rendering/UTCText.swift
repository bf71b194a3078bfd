/// A moment in UTC as programs write it to each other.
package struct UTCText {
    /// `2015-10-21`.
    package let day: String
    /// `15:41:36`.
    package let time: String

    /// - Parameter unixTime: Seconds since 1970.
    package init(_ unixTime: Int64) {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let days = DateText.floorDivide(Int(unixTime), 86_400)
        let second = Int(unixTime) - days * 86_400
        let (year, month, day) = DateText.civil(fromDays: days)
        self.day = "\(year)-\(two(month))-\(two(day))"
        time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }
}
