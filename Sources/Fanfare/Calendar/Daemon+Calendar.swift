import FanfareAudience
import FanfareDelivery
import FanfareJob

extension Daemon {
    /// Days that a calendar spans at most.
    public static let longestCalendar: Int64 = 400
    /// Entries that a calendar has at most.
    public static let fullestCalendar = 1000
    /// The same of what calendar programs subscribe to.
    public static let fullestFeed = 10_000

    /// All that is planned, goes on or is over within a time, in the order of its start: touchpoints of campaigns, dates
    /// at which journeys begin, and fan-outs of job files with the times to come of those that come again. Blocks.
    ///
    /// - Parameters:
    ///   - from: Unix seconds.
    ///   - to: Before this one; at most ``longestCalendar`` days later.
    /// - Throws: ``CalendarError`` for a range that is none or too long, and for more than ``fullestCalendar`` entries;
    ///   `StoreError`.
    public func calendar(from: Int64, to: Int64) throws -> [CalendarEntry] {
        guard from < to else { throw CalendarError(.range, "the calendar's end is not after its beginning") }
        guard to - from <= Self.longestCalendar * 86_400 else {
            throw CalendarError(.range, "a calendar spans at most \(Self.longestCalendar) days: choose a smaller range")
        }
        return try entries(from..<to, most: Self.fullestCalendar)
    }

    /// The same for calendar programs, which cannot choose a range: with up to ``fullestFeed`` entries of any time.
    ///
    /// - Parameters:
    ///   - from: Unix seconds.
    ///   - to: Before this one, and after `from`.
    /// - Throws: ``CalendarError`` for more entries; `StoreError`.
    public func calendarForSubscribers(from: Int64, to: Int64) throws -> [CalendarEntry] {
        try entries(from..<to, most: Self.fullestFeed)
    }

    private func entries(_ range: Range<Int64>, most: Int) throws -> [CalendarEntry] {
        let touchpoints = try campaigns.touchpoints(from: range.lowerBound, to: range.upperBound)
        let jobs = try jobCalendar(butOf: campaigns.store.jobNames())
        let now = currentUnixTime()
        let dates = try journeys.all().flatMap { $0.calendarEntries(in: range, now: now) }
        let entries = touchpoints.map(\.calendarEntry) + dates + jobs.entries(in: range, limit: most + 1)
        guard entries.count <= most else {
            throw CalendarError(.tooMany, "more than \(most) entries lie within that time: choose a smaller range")
        }
        // Somebody may look at two installations in one calendar program.
        let place = "@\(installation.id.prefix(10)).fanfare"
        return entries.map { entry in
            var entry = entry
            entry.uid += place
            return entry
        }.sorted { ($0.startsAt, $0.title, $0.uid) < ($1.startsAt, $1.title, $1.uid) }
    }

    /// What job files put on it.
    ///
    /// - Parameter names: Of jobs that are left out: they are shown as the touchpoints that they are of.
    private func jobCalendar(butOf names: Set<String>) throws -> JobCalendar {
        let records = try installation.fanOutRecords(named: nil).filter { !names.contains($0.name) }
        let unfinished = records.filter { $0.state != .ended }
        let isStopped = stop != nil
        let paused = try unfinished.filter { try isStopped || installation.orders(for: $0).isPaused }
        return JobCalendar(
            records: records,
            planned: jobs.unfinished.filter { !names.contains($0.name) }.compactMap(JobCalendar.Planned.init),
            timeZone: try installation.accountSettings().timeZone,
            paused: Set(paused.map(\.id))
        )
    }
}

extension JobCalendar.Planned {
    /// - Returns: Nil where what the job refers to is not there any more: what of it is known is its fan-out.
    fileprivate init?(_ job: DaemonJob) {
        // Its deliveries go out once more at once.
        if job.order.retry != nil { return nil }
        let loaded: LoadedJob
        if case .new(let known) = job.source {
            loaded = known
        } else {
            do { loaded = try job.order.job() } catch { return nil }
        }
        self.init(
            name: job.name,
            fanOut: job.status.fanOut,
            schedule: loaded.job.schedule,
            series: job.order.series
        )
    }
}
