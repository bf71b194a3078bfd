extension Schedule {
    /// One time of a schedule.
    package struct Occurrence: Sendable, Hashable {
        /// As it was planned, on the wall: `2026-11-27 09:00`.
        package let text: String
        /// Unix seconds: what the clocks of the zone make of it.
        package let start: Int64
    }

    /// The times of a schedule within a range.
    ///
    /// - Parameters:
    ///   - at: The wall-clock time, or what the rule begins with.
    ///   - rule: By which it comes again (RRULE); nil: it goes once.
    ///   - timeZone: The IANA name of a time zone.
    ///   - range: Unix seconds.
    ///   - limit: So many at most, the first ones.
    /// - Returns: None where one of the texts is none.
    package static func occurrences(
        at: String,
        repeating rule: String?,
        in timeZone: String,
        within range: Range<Int64>,
        limit: Int
    ) -> [Occurrence] {
        guard let first = LocalTime(at) else { return [] }
        var times = [first]
        if let rule {
            // What was read from a schedule once reads again.
            guard let recurrence = try? Recurrence(rule) else { return [] }
            // Clocks on the wall are within a day of UTC's.
            let (before, after) = (LocalTime(near: range.lowerBound, -1), LocalTime(near: range.upperBound, 1))
            times = recurrence.times(after: before, upTo: after, from: first, limit: limit + 3)
        }
        let occurrences = times.compactMap { time in
            Schedule(at: time, timeZone: timeZone).start.map { Occurrence(text: time.text, start: $0.unixSeconds) }
        }
        return Array(occurrences.filter { range.contains($0.start) }.prefix(limit))
    }
}

extension Schedule.LocalTime {
    /// The clocks of UTC at a moment, so many days on; moments outside 1970 … 9999 are its ends.
    fileprivate init(near unixSeconds: Int64, _ days: Int64) {
        let last = Schedule.LocalTime(year: 9999, month: 12, day: 31, hour: 23, minute: 59).secondsAsIfUTC
        let moment = min(max(unixSeconds, 0), last) + days * 86_400
        self.init(secondsAsIfUTC: min(max(moment, 0), last))
    }
}
