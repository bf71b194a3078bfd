package import FanfareJob

extension Touchpoint {
    /// By which rule it comes again (RRULE); nil: it goes once.
    public var rule: String? { document?.rule }

    /// The moments at which it is planned within a range, the first ones first.
    ///
    /// - Parameters:
    ///   - range: Unix seconds.
    ///   - limit: So many at most.
    package func occurrences(within range: Range<Int64>, limit: Int) -> [Schedule.Occurrence] {
        guard let at else { return [] }
        return Schedule.occurrences(at: at, repeating: rule, in: timeZone, within: range, limit: limit)
    }

    /// When it is planned next, Unix seconds: of one that comes again the first time that is not past; nil: at no time.
    ///
    /// - Parameter now: Unix seconds.
    public func nextStart(now: Int64) -> Int64? {
        let begin = rule == nil ? Int64.min : now
        return occurrences(within: begin..<Int64.max, limit: 1).first?.start
    }

    /// When the fan-out of one of its times begins, Unix seconds: earlier, where contacts go by their own clocks.
    package func begin(of time: Schedule.Occurrence) -> Int64 {
        guard document?.goesByLocalTime == true else { return time.start }
        let begins = Schedule.occurrences(
            at: time.text,
            repeating: nil,
            in: Schedule.firstZone,
            within: Int64.min..<Int64.max,
            limit: 1
        )
        return begins.first?.start ?? time.start
    }

    /// Which of its times a fan-out is; nil: it is none of them.
    ///
    /// - Parameter planned: When that was to begin, Unix seconds.
    package func occurrence(beginningAt planned: Int64) -> Schedule.Occurrence? {
        // No zone is more than a day behind the first, nor before it.
        let range = planned - 86_400..<planned + 2 * 86_400
        return occurrences(within: range, limit: 10).first { begin(of: $0) == planned }
    }
}
