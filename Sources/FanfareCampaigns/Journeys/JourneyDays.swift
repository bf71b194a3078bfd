import FanfareAudience
import FanfareJob
import FanfareStore
import GRDB

/// Has those begin whose day has come: a birthday, the day of a date, one day for all.
///
/// Each starting point has the last day that was asked for; a day is asked for once, when clocks show its minute. Days
/// that came while nobody asked are made up for, a week of them at most. Thread: that of the database access.
enum JourneyDays {
    /// Days that are made up for at most.
    static let mostLate = 7

    /// Begins to count days: those of before are not made up for.
    static func begin(for journey: Journey, now: Int64, _ db: Database) throws {
        let times = JourneyTimes(zone: journey.map.timeZone)
        for start in journey.map.start where start.trigger.isDate {
            guard let point = journey.numbers[start.id] else { continue }
            try db.execute(
                sql: "INSERT OR IGNORE INTO journey_day (journey, point, day) VALUES (?, ?, ?)",
                arguments: [journey.number, point, lastDay(of: start.trigger, times, now: now)]
            )
        }
    }

    /// Forgets what was asked of starting points that are other days now.
    static func forget(whatChangedFrom before: Journey, to after: Journey, _ db: Database) throws {
        for start in before.map.start {
            let isKept = after.map.start.contains { $0.id == start.id && $0.trigger == start.trigger }
            guard !isKept, let point = before.numbers[start.id] else { continue }
            try db.execute(
                sql: "DELETE FROM journey_day WHERE journey = ? AND point = ?",
                arguments: [before.number, point]
            )
        }
    }

    /// Keeps orders for the days that have come.
    ///
    /// - Returns: Whether one has.
    static func take(for journey: Journey, _ tools: JourneyTools) throws -> Bool {
        let times = JourneyTimes(zone: journey.map.timeZone)
        var hasCome = false
        for start in journey.map.start where start.trigger.isDate {
            guard let point = journey.numbers[start.id], let last = try known(journey.number, point, tools.db) else {
                continue
            }
            let today = lastDay(of: start.trigger, times, now: tools.now)
            guard today > last else { continue }
            hasCome = true
            for day in max(last + 1, today - mostLate + 1)...today {
                try JourneyEnrolment.order(try whom(start, day, times), of: journey, at: start, tools.db)
            }
            try tools.db.execute(
                sql: "UPDATE journey_day SET day = ? WHERE journey = ? AND point = ?",
                arguments: [today, journey.number, point]
            )
        }
        return hasCome
    }

    /// When the next day comes; nil: none does.
    static func next(for journey: Journey, _ db: Database) throws -> Int64? {
        let times = JourneyTimes(zone: journey.map.timeZone)
        return try journey.map.start.compactMap { start -> Int64? in
            guard start.trigger.isDate, let point = journey.numbers[start.id],
                let last = try known(journey.number, point, db)
            else { return nil }
            switch start.trigger {
            case .specificDate(let time): return last < 1 ? times.instant(time) : nil
            case .birthday(_, let minute), .recurringDate(_, let minute):
                return times.instant(of: last + 1, minute: minute)
            default: return nil
            }
        }.min()
    }

    private static func known(_ journey: Int64, _ point: Int64, _ db: Database) throws -> Int? {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT day FROM journey_day WHERE journey = ? AND point = ?"),
            arguments: [journey, point]
        )
    }

    /// The last day whose minute has come; of one day for all 1 when it has, 0 before.
    private static func lastDay(of trigger: JourneyTrigger, _ times: JourneyTimes, now: Int64) -> Int {
        switch trigger {
        case .specificDate(let time): return times.instant(time) <= now ? 1 : 0
        case .birthday(_, let minute), .recurringDate(_, let minute):
            let today = times.day(of: now)
            return times.instant(of: today, minute: minute) <= now ? today : today - 1
        default: return 0
        }
    }

    private static func whom(
        _ start: StartingPoint,
        _ day: Int,
        _ times: JourneyTimes
    ) throws -> JourneyEnrolment.Whom {
        switch start.trigger {
        case .birthday(let tag, _), .recurringDate(let tag, _):
            return JourneyEnrolment.Whom(field: tag, day: times.monthAndDay(of: day))
        default: return try JourneyEnrolment.Whom(.everyone)
        }
    }
}
