import Crypto
import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareStore

/// What job files put on the calendar: their fan-outs, and the times to come of those that come again.
///
/// A time to come and the fan-out that it becomes have the same uid, which is made of the job's name and the time: of two
/// fan-outs of one name that were planned for the same time the newer one has it.
struct JobCalendar {
    /// A job that the daemon has been handed and has not brought to its end.
    struct Planned {
        /// The job's.
        let name: String
        /// The fan-out that it has become; nil: none yet.
        let fanOut: String?
        /// Its time and zone, of this time of a series; without its rule.
        let schedule: Schedule
        /// Which of the times of a job that comes again it is; nil: it goes once.
        let series: RunSeries?
    }

    /// Those that count, newest first.
    let records: [FanOutRecord]
    /// Those that count.
    let planned: [Planned]
    /// The IANA name of the zone of jobs whose own is not known any more.
    let timeZone: String
    /// The ids of fan-outs that send nothing until told otherwise.
    let paused: Set<String>

    /// What starts within a time.
    ///
    /// - Parameters:
    ///   - range: Unix seconds.
    ///   - limit: Of a job that comes again so many times to come at most.
    func entries(in range: Range<Int64>, limit: Int) -> [CalendarEntry] {
        let zones = Dictionary(planned.compactMap { job in job.fanOut.map { ($0, job.schedule.timeZone) } }) { $1 }
        var entries: [CalendarEntry] = []
        var taken: Set<String> = []
        for record in records {
            guard var entry = entry(of: record, zone: zones[record.id] ?? timeZone) else { continue }
            if !taken.insert(entry.uid).inserted { entry.uid = Self.uid(of: record) }
            if range.contains(entry.startsAt) { entries.append(entry) }
        }
        for job in planned {
            for start in starts(of: job, in: range, limit) {
                let uid = Self.uid(of: job.name, at: start.unixSeconds)
                if taken.insert(uid).inserted { entries.append(entry(of: job, start, uid: uid)) }
            }
        }
        return entries
    }

    private func starts(of job: Planned, in range: Range<Int64>, _ limit: Int) -> [Schedule.Start] {
        var starts: [Schedule.Start] = []
        if job.fanOut == nil, let start = job.schedule.start, range.contains(start.unixSeconds) { starts = [start] }
        guard let series = job.series else { return starts }
        return starts
            + job.schedule.starts(
                after: series.time,
                rule: series.rule,
                begins: series.begins,
                within: range,
                limit: limit
            )
    }

    private func entry(of job: Planned, _ start: Schedule.Start, uid: String) -> CalendarEntry {
        CalendarEntry(
            uid: uid,
            kind: .job,
            title: job.name,
            state: "scheduled",
            startsAt: start.unixSeconds,
            timeZone: job.schedule.timeZone,
            localText: start.localText,
            // Since it is under way its time to come is known.
            updated: records.first { $0.name == job.name }?.createdAt ?? 0,
            sequence: 0
        )
    }

    /// - Returns: Nil for one that never had a time and never started.
    private func entry(of record: FanOutRecord, zone: String) -> CalendarEntry? {
        guard let moment = record.startedAt ?? record.plannedAt else { return nil }
        let changes = [record.startedAt, record.endedAt, record.prunedAt].compactMap(\.self)
        var entry = CalendarEntry(
            uid: record.plannedAt.map { Self.uid(of: record.name, at: $0) } ?? Self.uid(of: record),
            kind: .job,
            title: record.name,
            state: record.calendarState(isPaused: paused.contains(record.id)),
            startsAt: moment,
            timeZone: zone,
            localText: Schedule.localText(at: moment, in: zone),
            updated: changes.max() ?? record.createdAt,
            sequence: changes.count
        )
        if let started = record.startedAt, let ended = record.endedAt {
            entry.minutes = Int(max(0, ended - started) / 60)
        }
        entry.audience = record.audience
        entry.resource = "/v1/fan-outs/\(record.id)"
        return entry
    }

    private static func uid(of record: FanOutRecord) -> String { "fan-out-\(record.id)" }

    /// Names a time of a job; it may be published, so no name stands in it.
    private static func uid(of name: String, at unixSeconds: Int64) -> String {
        let hash = SHA256.hash(data: Array("\(unixSeconds) \(name)".utf8))
        return "job-\(Hexadecimal.text(hash.prefix(10)))-\(unixSeconds)"
    }
}

extension FanOutRecord {
    /// How it stands, in the words of touchpoints.
    fileprivate func calendarState(isPaused: Bool) -> String {
        switch state {
        case .importing, .scheduled: "scheduled"
        case .freezing, .running: isPaused ? "paused" : "running"
        case .stopped: "stopped"
        case .ended:
            switch stopReason {
            case nil: "complete"
            case let reason? where reason.hasPrefix(StopReason.cancelled.text): "cancelled"
            // Nothing was sent of it: its time was missed, or it could not be gone on with.
            case _? where startedAt == nil: "missed"
            default: "stopped"
            }
        }
    }
}
