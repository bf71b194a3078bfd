import FanfareAudience
import FanfareJob
import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// Lets many contacts begin a journey together, by one statement for each piece: all of a segment, or those whose day
/// has come.
///
/// An order is kept until all have begun. A piece ends its transaction, so that a death leaves those before it inside and
/// the others to the next start, and another writer never waits long. Thread: that of the database access.
enum JourneyEnrolment {
    /// Who begins.
    struct Whom: Codable, Sendable {
        /// The conditions of a segment, as audiences keep them.
        var segment: String?
        /// The name of a saved segment.
        var saved: String?
        /// The name of a tag.
        var tag: String?
        /// The field, of a day of the year.
        var field: String?
        /// `MM/DD`.
        var day: String?
        /// February 29 is meant with it.
        var withLeapDay: Bool?

        init(_ part: RecipientSelection.Part) throws {
            switch part {
            case .everyone: break
            case .tag(let name): tag = name
            case .savedSegment(let name): saved = name
            case .segment(let definition): segment = try definition.json()
            }
        }

        init(field: String, day: (text: String, standsForLeapDay: Bool)) {
            (self.field, self.day, withLeapDay) = (field, day.text, day.standsForLeapDay)
        }

        func part() throws -> RecipientSelection.Part {
            if let segment { return .segment(try SegmentDefinition(json: segment)) }
            if let saved { return .savedSegment(saved) }
            return tag.map { .tag($0) } ?? .everyone
        }
    }

    /// Keys of a piece.
    private static let piece: Int64 = 5000

    /// Keeps an order.
    static func order(_ whom: Whom, of journey: Journey, at start: StartingPoint, _ db: Database) throws {
        guard let point = journey.numbers[start.id] else { return }
        let text = String(decoding: try JSONEncoder().encode(whom), as: UTF8.self)
        try db.execute(
            sql: """
                INSERT INTO journey_enrolment (journey, point, whom, through, last)
                VALUES (?, ?, ?, 0, (SELECT coalesce(max(id), 0) FROM contact))
                """,
            arguments: [journey.number, point, text]
        )
    }

    /// Lets one piece of the oldest order begin.
    ///
    /// - Returns: Whether there was an order.
    /// - Throws: ``JourneyFault`` for a segment or tag that is gone, `AudienceError`, `StoreError`.
    static func take(for journey: Journey, _ tools: JourneyTools) throws -> Bool {
        let row = try Row.fetchOne(
            tools.db.cachedStatement(
                sql: """
                    SELECT number, point, whom, through, last FROM journey_enrolment WHERE journey = ? ORDER BY number LIMIT 1
                    """
            ),
            arguments: [journey.number]
        )
        guard let row else { return false }
        let (number, through, last): (Int64, Int64, Int64) = (row["number"], row["through"], row["last"])
        let end = min(last, through + piece)
        if through < last, let start = journey.start(row["point"]) {
            let whom = try JSONDecoder().decode(Whom.self, from: Data((row["whom"] as String).utf8))
            try begin(whom, through + 1...end, of: journey, at: start, tools)
        }
        if end >= last {
            try tools.db.execute(sql: "DELETE FROM journey_enrolment WHERE number = ?", arguments: [number])
        } else {
            try tools.db.execute(
                sql: "UPDATE journey_enrolment SET through = ? WHERE number = ?",
                arguments: [end, number]
            )
        }
        return true
    }

    private static func begin(
        _ whom: Whom,
        _ keys: ClosedRange<Int64>,
        of journey: Journey,
        at start: StartingPoint,
        _ tools: JourneyTools
    ) throws {
        let db = tools.db
        guard let place = journey.numbers[start.id], let first = journey.numbers[start.next] else { return }
        let wanted: SelectionPredicate
        do {
            wanted = try predicate(whom, journey, start, tools)
        } catch let error as AudienceError where error.code != .storage {
            throw JourneyFault(journey: journey.number, point: start.id, message: error.message)
        }
        let again =
            switch journey.map.reentry {
            case .never: "j.contact_id IS NULL"
            case .afterLeaving:
                """
                NOT EXISTS (SELECT 1 FROM journey_position AS p
                    WHERE p.contact_id = contact.id AND p.journey = \(journey.number))
                """
            case .always: "1"
            }
        let before = try Int64.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM journey_position") ?? 0
        let chain = "".addingJourney(journey.number)
        try db.execute(
            sql: """
                INSERT INTO journey_position (journey, contact_id, entry, point, visit, is_waiting, arrived, due, chain)
                SELECT \(journey.number), contact.id, coalesce(j.entries, 0) + 1, \(first), 1, 0, \(tools.now), 0, ?
                FROM contact LEFT JOIN journey_contact AS j
                    ON j.journey = \(journey.number) AND j.contact_id = contact.id
                WHERE contact.id BETWEEN \(keys.lowerBound) AND \(keys.upperBound) AND (\(wanted.sql)) AND \(again)
                ORDER BY contact.id
                """,
            arguments: [chain] + wanted.statementArguments
        )
        let count = Int64(db.changesCount)
        if count == 0 { return }
        try db.execute(
            sql: """
                INSERT INTO journey_contact (journey, contact_id, entries)
                SELECT journey, contact_id, 1 FROM journey_position WHERE number > ?
                ON CONFLICT DO UPDATE SET entries = entries + 1
                """,
            arguments: [before]
        )
        try db.execute(
            sql: """
                INSERT INTO journey_path (journey, contact_id, entry, visit, steps, at)
                SELECT journey, contact_id, entry, 0, '[[\(place),\(JourneyWay.began.rawValue)]]', \(tools.now)
                FROM journey_position WHERE number > ?
                """,
            arguments: [before]
        )
        tools.count(journey.number, place, arrived: count, passed: count)
        tools.count(journey.number, first, arrived: count)
    }

    /// Those that are meant, of the status that may begin and of the part that the starting point is for.
    private static func predicate(
        _ whom: Whom,
        _ journey: Journey,
        _ start: StartingPoint,
        _ tools: JourneyTools
    ) throws -> SelectionPredicate {
        let zone = TimeZone(identifier: journey.map.timeZone) ?? .gmt
        let context = SegmentContext(timeZone: zone, now: tools.now)
        let statuses = journey.map.statuses
        var predicate = try tools.audience.selectionSQL(.init(try whom.part(), statuses: statuses), context: context)
        if case .everyone = start.part {
        } else {
            let filter = try tools.audience.selectionSQL(.init(start.part, statuses: statuses), context: context)
            predicate.sql = "(\(predicate.sql)) AND (\(filter.sql))"
            predicate.arguments += filter.arguments
        }
        guard let tag = whom.field, let day = whom.day else { return predicate }
        guard let entry = try FieldTable(tools.db).entry(named: tag) else {
            throw AudienceError(.unknownField, "the audience has no field \(tag)")
        }
        // Birthdays are kept as MM/DD, dates as YYYY-MM-DD.
        let value =
            entry.field.kind == .birthday
            ? "contact.\(entry.column)"
            : "substr(contact.\(entry.column), 6, 2) || '/' || substr(contact.\(entry.column), 9, 2)"
        let days = whom.withLeapDay == true ? "('\(day)', '02/29')" : "('\(day)')"
        predicate.sql += " AND \(value) IN \(days)"
        return predicate
    }
}
