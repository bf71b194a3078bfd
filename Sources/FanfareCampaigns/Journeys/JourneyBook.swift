import FanfareJob
import FanfarePayload
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// The journeys that stand in one audience's file.
///
/// Its functions run inside an access of a connection to the file; any thread.
final class JourneyBook: Sendable {
    /// The audience's id.
    let audience: String
    private let sealer: SecretSealer
    private let environment: [String: String]
    /// By number.
    private let known = NIOLockedValueBox<[Int64: Content]>([:])

    /// - Parameters:
    ///   - audience: The audience's id.
    ///   - sealer: Seals maps, and opens them.
    ///   - environment: For secrets that maps refer to.
    init(_ audience: String, sealer: SecretSealer, environment: [String: String]) {
        (self.audience, self.sealer, self.environment) = (audience, sealer, environment)
    }

    /// All of them, oldest first.
    func all(_ db: Database) throws -> [Journey] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT number, id, state, reason, version, created, updated FROM journey ORDER BY number"
            )
        )
        return try rows.map { try journey($0, db) }
    }

    /// Whether there is one of a number.
    static func exists(_ number: Int64, _ db: Database) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM journey WHERE number = ?)"
        return try Bool.fetchOne(db, sql: sql, arguments: [number]) ?? false
    }

    /// Whether there is any.
    static func isEmpty(_ db: Database) throws -> Bool {
        try !(Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM journey)")) ?? false)
    }

    /// One of them.
    ///
    /// - Throws: ``JourneyError`` with `unknownJourney`.
    func journey(_ number: Int64, _ db: Database) throws -> Journey {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT number, id, state, reason, version, created, updated FROM journey WHERE number = ?",
            arguments: [number]
        )
        guard let row else { throw JourneyError.unknown("of the number \(number)") }
        return try journey(row, db)
    }

    private func journey(_ row: Row, _ db: Database) throws -> Journey {
        let (number, version): (Int64, Int64) = (row["number"], row["version"])
        let name: String = row["state"]
        guard let state = Journey.State(rawValue: name) else {
            throw StoreError(.corrupt, "a journey is in the state \(name), which this version does not know")
        }
        let content = try content(of: number, version, db)
        var journey = Journey(
            id: row["id"],
            number: number,
            audience: audience,
            state: state,
            reason: row["reason"],
            version: version,
            map: content.map,
            numbers: content.numbers,
            created: row["created"],
            updated: row["updated"]
        )
        journey.fault = content.fault
        return journey
    }

    /// What was read last of a journey, with the version it is of.
    private struct Content {
        let version: Int64
        let map: JourneyMap
        let numbers: [String: Int64]
        var fault: String?
    }

    private func content(of number: Int64, _ version: Int64, _ db: Database) throws -> Content {
        if let known = known.withLockedValue({ $0[number] }), known.version == version { return known }
        let sealed = try String.fetchOne(db, sql: "SELECT sealed FROM journey WHERE number = ?", arguments: [number])
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT id, number FROM journey_point WHERE journey = ?",
            arguments: [number]
        )
        let numbers = Dictionary(rows.map { ($0[0] as String, $0[1] as Int64) }) { first, _ in first }
        do throws(JobError) {
            let map = try JourneyMap.decoded(sealed ?? "", name: "the map", environment: environment) { [sealer] in
                try sealer.open($0, for: Self.purpose(number))
            }
            let content = Content(version: version, map: map, numbers: numbers)
            known.withLockedValue { $0[number] = content }
            return content
        } catch {
            // What stands around it in the text is nobody's to see. It is read anew when it is asked for next.
            let fault = error.problems.map(\.message).joined(separator: "; ")
            let nothing = JourneyMap(name: "a journey that cannot be read", start: [], points: [])
            return Content(version: version, map: nothing, numbers: numbers, fault: fault)
        }
    }

    private static func purpose(_ number: Int64) -> String { "journey \(number)" }

    // MARK: Writing

    /// Writes a new journey, in the state draft.
    func add(_ id: String, number: Int64, _ map: JourneyMap, now: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO journey (number, id, state, version, sealed, created, updated)
                VALUES (?, ?, 'draft', 1, ?, ?, ?)
                """,
            arguments: [number, id, try sealed(map, number), now, now]
        )
        try self.number(pointsOf: map, of: number, db)
    }

    /// Writes a further version of a map.
    ///
    /// - Returns: Its version.
    func replace(_ number: Int64, by map: JourneyMap, now: Int64, _ db: Database) throws -> Int64 {
        try db.execute(
            sql: "UPDATE journey SET sealed = ?, version = version + 1, updated = ? WHERE number = ?",
            arguments: [try sealed(map, number), now, number]
        )
        try self.number(pointsOf: map, of: number, db)
        let sql = "SELECT version FROM journey WHERE number = ?"
        return try Int64.fetchOne(db, sql: sql, arguments: [number]) ?? 0
    }

    private func sealed(_ map: JourneyMap, _ number: Int64) throws -> String {
        try map.encoded { sealer.seal($0, for: Self.purpose(number)) }
    }

    /// Points that are new get the next numbers; those of earlier versions keep theirs.
    private func number(pointsOf map: JourneyMap, of journey: Int64, _ db: Database) throws {
        for id in map.start.map(\.id) + map.points.map(\.id) {
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO journey_point (journey, number, id)
                    VALUES (?1, 1 + coalesce((SELECT max(number) FROM journey_point WHERE journey = ?1), 0), ?2)
                    """,
                arguments: [journey, id]
            )
        }
    }

    /// Reads a journey anew: what was written of it may have been taken back.
    func forget(_ number: Int64) { known.withLockedValue { $0[number] = nil } }

    /// Notes a change of state.
    static func note(
        _ state: Journey.State,
        of journey: Int64,
        by whom: String,
        reason: String? = nil,
        remark: String? = nil,
        now: Int64,
        _ db: Database
    ) throws {
        try db.execute(
            sql: "UPDATE journey SET state = ?, reason = ? WHERE number = ?",
            arguments: [state.rawValue, reason, journey]
        )
        try db.execute(
            sql: "INSERT INTO journey_life (journey, state, at, by_whom, remark) VALUES (?, ?, ?, ?, ?)",
            arguments: [journey, state.rawValue, now, whom, remark ?? reason]
        )
    }

    /// Pauses a journey, if it is active at this moment: what was found out about it may be late.
    ///
    /// - Returns: It as it is then; nil: it was not active.
    func pause(_ number: Int64, by whom: String, reason: String?, now: Int64, _ db: Database) throws -> Journey? {
        guard try journey(number, db).state == .active else { return nil }
        try Self.note(.paused, of: number, by: whom, reason: reason, now: now, db)
        return try journey(number, db)
    }

    /// Forgets a journey that nobody is in.
    func remove(_ number: Int64, _ db: Database) throws {
        try JourneyWatches.remove(of: number, db)
        for table in JourneyBook.tables {
            try db.execute(sql: "DELETE FROM \(table) WHERE journey = ?", arguments: [number])
        }
        try db.execute(sql: "DELETE FROM journey WHERE number = ?", arguments: [number])
        known.withLockedValue { $0[number] = nil }
    }

    private static let tables = [
        "journey_point", "journey_contact", "journey_position", "journey_signal", "journey_enrolment", "journey_day",
        "journey_path", "journey_life",
    ]

    /// Asks again of those who stay after a failure, as the map may be another one now.
    static func reconsiderFailures(in journey: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE journey_position SET due = 0
                WHERE journey = ? AND is_waiting AND due IS NULL AND release = \(JourneyRelease.failed.rawValue)
                """,
            arguments: [journey]
        )
    }

    /// Has everybody leave: the journey is over.
    static func letAllGo(from journey: Int64, _ db: Database) throws {
        for table in ["journey_position", "journey_signal", "journey_enrolment", "journey_day"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE journey = ?", arguments: [journey])
        }
        try db.execute(
            sql: "UPDATE journey_point SET waiting = 0, passed = arrived WHERE journey = ?",
            arguments: [journey]
        )
    }
}
