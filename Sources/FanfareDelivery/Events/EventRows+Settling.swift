import FanfareStore
import GRDB

extension EventRows {
    /// Writes down what became of events, and lets the next of their contacts go.
    ///
    /// - Returns: The endpoints that have such a next one, and whether an event ended that somebody waits for.
    static func settle(
        _ outcomes: [EventOutcome],
        _ db: Database
    ) throws -> (released: Set<String>, hasEnds: Bool) {
        let statements = try SettlingStatements(db)
        var tally = EventTally()
        var released: Set<String> = []
        var hasEnds = false
        var waiting = WaitingEndpoints()
        var laneSeconds: [String: Int64] = [:]
        for var outcome in outcomes {
            let mayBeFollowed = try waiting.isAnything(of: outcome.endpoint, db)
            guard let event = try statements.settle(&outcome, mayBeFollowed: mayBeFollowed, db) else { continue }
            tally.move(outcome.endpoint, from: event.state, to: outcome.state)
            laneSeconds[outcome.endpoint] = max(laneSeconds[outcome.endpoint] ?? .min, outcome.laneSeconds)
            if let failure = outcome.failure { try insert(failure, of: outcome, db) }
            // One that was given up let go then who waited for it.
            guard outcome.state.isFinal, !event.state.isFinal else { continue }
            if event.isAwaited {
                try EventTally.end(outcome.number, db)
                hasEnds = true
            }
            guard mayBeFollowed, event.contact != 0 else { continue }
            try statements.releaseNext(of: event.contact, outcome.endpoint)
            if db.changesCount == 0 { continue }
            tally.move(outcome.endpoint, from: .scheduled, to: .available)
            released.insert(outcome.endpoint)
        }
        for (endpoint, seconds) in laneSeconds { try raiseLane(of: endpoint, to: seconds, db) }
        try tally.flush(db)
        return (released, hasEnds)
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

/// Which endpoints have events that wait for an earlier one of their contact: seldom any, and then nothing is looked up
/// for each outcome.
private struct WaitingEndpoints {
    private var known: [String: Bool] = [:]

    mutating func isAnything(of endpoint: String, _ db: Database) throws -> Bool {
        if let known = known[endpoint] { return known }
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT 1 FROM event_count WHERE endpoint = ? AND state = 0 AND count > 0"
        )
        statement.bind(1, endpoint)
        let isAnything = try statement.step()
        known[endpoint] = isAnything
        return isAnything
    }
}

/// An event that a lane held, as it stands in the file.
private struct SentEvent {
    let state: DeliveryState
    let reason: Reason?
    let contact: Int64
    let isAwaited: Bool
    /// Its contact was erased.
    let isErased: Bool

    /// One that may be sent, and whose end nobody waits for.
    static let unawaited = SentEvent(state: .available, reason: nil, contact: 0, isAwaited: false, isErased: false)
}

extension EventOutcome {
    /// The event was given up while an attempt was under way: what became of that is true all the same, but there is no
    /// further one.
    fileprivate mutating func endsGivenUp(_ event: SentEvent) {
        if !state.isFinal { (state, reason, dueAt) = (event.state, event.reason, 0) }
        if event.isErased { failure?.forgetContact() }
    }
}

extension EventOutcome.Failure {
    fileprivate mutating func forgetContact() { (excerpt, location) = ([], nil) }
}

/// What is run for every outcome of a commit.
private struct SettlingStatements {
    private let read: HotStatement
    private let update: HotStatement
    private let updateUnawaited: HotStatement
    private let release: HotStatement

    init(_ db: Database) throws {
        read = try HotStatement(
            cachedIn: db,
            // Those that are open, cancelled or skipped: nothing else becomes of one that a lane holds. Not `NOT IN`, for
            // which SQLite makes a table at every call.
            """
            SELECT state, contact, is_awaited, reason, body IS NULL FROM event
            WHERE number = ? AND state <> 4 AND state <> 5 AND state <> 8
            """
        )
        let sql = """
            UPDATE event SET state = ?, attempts = ?, uncounted = ?, first_at = ?, due_at = ?, status = ?, reason = ?,
                finished_at = ?, duration = ?
            WHERE number = ?
            """
        update = try HotStatement(cachedIn: db, sql)
        updateUnawaited = try HotStatement(cachedIn: db, sql + " AND state = 1 AND NOT is_awaited")
        release = try HotStatement(
            cachedIn: db,
            """
            UPDATE event SET state = 1 WHERE state = 0 AND number = (
                SELECT min(number) FROM event WHERE endpoint = ? AND contact = ? AND state < 4
            )
            """
        )
    }

    /// Writes an outcome, as what it is by what the file has of the event.
    ///
    /// - Parameter mayBeFollowed: Others may wait for the event's end, so that its contact must be known.
    /// - Returns: The event as it was; nil: nothing came of it, for it has ended by an outcome, or is there no more.
    func settle(_ outcome: inout EventOutcome, mayBeFollowed: Bool, _ db: Database) throws -> SentEvent? {
        // Most are of a first attempt, and nobody waits for them: of these nothing need be read.
        if !mayBeFollowed {
            try write(outcome, by: updateUnawaited)
            if db.changesCount > 0 { return .unawaited }
        }
        guard let event = try event(outcome.number) else { return nil }
        if event.state.isFinal {
            guard outcome.isOfAttempt else { return nil }
            outcome.endsGivenUp(event)
        }
        try write(outcome, by: update)
        return event
    }

    /// Nil: it has ended by an outcome, or is there no more.
    private func event(_ number: Int64) throws -> SentEvent? {
        defer { read.reset() }
        read.bind(1, number)
        guard try read.step(), let state = DeliveryState(storedCode: read.columnInt64(0)) else { return nil }
        return SentEvent(
            state: state,
            reason: UInt8(exactly: read.columnInt64(3)).flatMap(Reason.init),
            contact: read.columnInt64(1),
            isAwaited: read.columnInt64(2) != 0,
            isErased: read.columnInt64(4) != 0
        )
    }

    private func write(_ outcome: EventOutcome, by update: HotStatement) throws {
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

    /// Lets the next event of a contact go, after one that is final.
    func releaseNext(of contact: Int64, _ endpoint: String) throws {
        release.bind(1, endpoint)
        release.bind(2, contact)
        try release.run()
    }
}
