import FanfareStore
import GRDB

extension EventRows {
    /// Writes down what became of events, and lets the next of their contacts go.
    ///
    /// - Returns: The endpoints that have such a next one.
    static func settle(_ outcomes: [EventOutcome], _ db: Database) throws -> Set<String> {
        let statements = try SettlingStatements(db)
        var released: Set<String> = []
        var laneSeconds: [String: Int64] = [:]
        for outcome in outcomes {
            try statements.write(outcome)
            // Erased or cancelled in between: what it says then stays.
            if db.changesCount == 0 { continue }
            laneSeconds[outcome.endpoint] = max(laneSeconds[outcome.endpoint] ?? .min, outcome.laneSeconds)
            if let failure = outcome.failure { try insert(failure, of: outcome, db) }
            guard outcome.state.isFinal else { continue }
            try statements.releaseNext(after: outcome.number)
            if db.changesCount > 0 { released.insert(outcome.endpoint) }
        }
        for (endpoint, seconds) in laneSeconds { try raiseLane(of: endpoint, to: seconds, db) }
        return released
    }

    /// Lane time never goes back.
    private static func raiseLane(of endpoint: String, to seconds: Int64, _ db: Database) throws {
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO event_lane (endpoint, lane_seconds) VALUES (?, ?)
            ON CONFLICT DO UPDATE SET lane_seconds = max(lane_seconds, excluded.lane_seconds)
            """
        )
        statement.bind(1, endpoint)
        statement.bind(2, seconds)
        try statement.run()
    }

    private static func insert(_ failure: EventOutcome.Failure, of outcome: EventOutcome, _ db: Database) throws {
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO event_attempt (event, number, status, reason, curl_code, finished_at, duration, excerpt, location)
            VALUES (?1, 1 + coalesce((SELECT max(number) FROM event_attempt WHERE event = ?1), 0), ?2, ?3, ?4, ?5, ?6,
                ?7, ?8)
            """
        )
        statement.bind(1, outcome.number)
        statement.bind(2, Int64(outcome.status))
        statement.bind(3, Int64(failure.reason.rawValue))
        statement.bind(4, Int64(failure.curlCode))
        statement.bind(5, outcome.finishedAt)
        statement.bind(6, outcome.duration)
        statement.bind(8, failure.location)
        try failure.excerpt.withUnsafeBytes { excerpt in
            statement.bind(7, blob: excerpt, .untilReset)
            try statement.run()
        }
    }
}

/// What is run for every outcome of a commit.
private struct SettlingStatements {
    private let update: HotStatement
    private let release: HotStatement

    init(_ db: Database) throws {
        update = try HotStatement(
            cachedIn: db,
            """
            UPDATE event SET state = ?, attempts = ?, uncounted = ?, first_at = ?, due_at = ?, status = ?, reason = ?,
                finished_at = ?, duration = ?
            WHERE number = ? AND state < 4
            """
        )
        release = try HotStatement(
            cachedIn: db,
            """
            UPDATE event SET state = 1 WHERE state = 0 AND number = (
                SELECT min(next.number) FROM event AS this
                JOIN event AS next ON next.endpoint = this.endpoint AND next.contact = this.contact
                WHERE this.number = ? AND this.contact <> 0 AND next.state < 4
            )
            """
        )
    }

    func write(_ outcome: EventOutcome) throws {
        update.bind(1, Int64(outcome.state.rawValue))
        update.bind(2, Int64(outcome.attempts))
        update.bind(3, Int64(outcome.uncounted))
        update.bind(4, outcome.firstAt)
        update.bind(5, outcome.dueAt)
        update.bind(6, Int64(outcome.status))
        update.bind(7, Int64(outcome.reason?.rawValue ?? 0))
        update.bind(8, outcome.finishedAt)
        update.bind(9, outcome.duration)
        update.bind(10, outcome.number)
        try update.run()
    }

    /// Lets the next event of a final one's contact go.
    func releaseNext(after number: Int64) throws {
        release.bind(1, number)
        try release.run()
    }
}
