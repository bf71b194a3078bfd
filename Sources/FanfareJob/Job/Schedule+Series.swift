extension Schedule {
    /// When further times of a series are, within a range.
    ///
    /// - Parameters:
    ///   - time: Those after this one, as `2026-11-27 09:00`.
    ///   - rule: An RRULE, as ``LoadedJob/series`` has it.
    ///   - begins: The time with which the rule begins.
    ///   - range: Unix seconds.
    ///   - limit: So many at most, the first ones.
    /// - Returns: None where the texts are no series.
    package func starts(
        after time: String,
        rule: String,
        begins: String,
        within range: Range<Int64>,
        limit: Int
    ) -> [Start] {
        guard let time = LocalTime(time) else { return [] }
        // Clocks anywhere on the globe are within a day of UTC's; the range is of those of this schedule's zone.
        let wide = (range.lowerBound - 86_400)..<(range.upperBound + 86_400)
        let times = Self.occurrences(at: begins, repeating: rule, in: "UTC", within: wide, limit: limit + 3)
        return Array(
            times.lazy.compactMap { LocalTime($0.text) }.filter { $0.secondsAsIfUTC > time.secondsAsIfUTC }
                .compactMap { time in
                    var once = self
                    (once.at, once.recurrence) = (time, nil)
                    return once.start
                }.filter { range.contains($0.unixSeconds) }.prefix(limit)
        )
    }
}
