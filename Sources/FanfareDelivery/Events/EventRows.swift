import FanfareStore
import GRDB

/// The rows of an event ledger: how they are made, changed and read.
///
/// Inside an access of a connection to the file.
enum EventRows {
    /// Adds events; one that is there already, of the same endpoint and change or occurrence, stays as it is.
    static func insert(_ events: [NewEvent], _ db: Database) throws {
        if events.isEmpty { return }
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT OR IGNORE INTO event (endpoint, contact, change, kind, created, body, entry, visit, is_awaited, state)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?2 <> 0 AND EXISTS (
                SELECT 1 FROM event WHERE endpoint = ?1 AND contact = ?2 AND state < 4
            ), 0, 1))
            """
        )
        for event in events where try event.occurrence == .none || !isKnown(event, db) {
            if event.isSuppressed { try insertSkipped(event, db) } else { try insert(event, statement) }
        }
    }

    /// Whether the contact came by there that time already. Its changes' numbers may begin again after a restore.
    private static func isKnown(_ event: NewEvent, _ db: Database) throws -> Bool {
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT 1 FROM event WHERE contact = ? AND endpoint = ? AND entry = ? AND visit = ?"
        )
        statement.bind(1, event.contact)
        statement.bind(2, event.endpoint)
        statement.bind(3, event.occurrence.entry)
        statement.bind(4, event.occurrence.visit)
        return try statement.step()
    }

    private static func insert(_ event: NewEvent, _ statement: HotStatement) throws {
        statement.bind(1, event.endpoint)
        statement.bind(2, event.contact)
        statement.bind(3, event.change)
        statement.bind(4, event.kind)
        statement.bind(5, event.created)
        statement.bind(7, event.occurrence.entry)
        statement.bind(8, event.occurrence.visit)
        statement.bind(9, Int64(event.isAwaited ? 1 : 0))
        try event.body.withUnsafeBytes { body in
            statement.bind(6, blob: body, .untilReset)
            try statement.run()
        }
    }

    private static func insertSkipped(_ event: NewEvent, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO event (endpoint, contact, change, kind, created, entry, visit, is_awaited, state,
                    reason, finished_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                event.endpoint, event.contact, event.change, event.kind, event.created, event.occurrence.entry,
                event.occurrence.visit, event.isAwaited, DeliveryState.skipped.rawValue, Reason.suppressed.rawValue,
                event.created,
            ]
        )
    }

    /// The contacts that events are open of.
    static func openContacts(_ db: Database) throws -> Set<Int64> {
        Set(try Int64.fetchAll(db, sql: "SELECT DISTINCT contact FROM event WHERE state < 4 AND contact <> 0"))
    }

    /// Gives up what is open of contacts.
    static func skip(_ contacts: Set<Int64>, _ reason: Reason, unixTime: Int64, _ db: Database) throws {
        for contact in contacts {
            try db.execute(
                sql: "UPDATE event SET state = ?, reason = ?, finished_at = ? WHERE contact = ? AND state < 4",
                arguments: [DeliveryState.skipped.rawValue, reason.rawValue, unixTime, contact]
            )
        }
    }

    /// Events that may be sent, oldest first.
    static func ready(endpoint: String, limit: Int, _ db: Database) throws -> [HeldEvent] {
        let statement = try HotStatement(
            cachedIn: db,
            """
            SELECT number, change, contact, body, attempts, uncounted, first_at, entry, visit FROM event
            WHERE endpoint = ? AND state = 1 ORDER BY number LIMIT ?
            """
        )
        statement.bind(1, endpoint)
        statement.bind(2, Int64(limit))
        return try held(statement)
    }

    /// Events that are due again at a second of lane time, the earliest first.
    static func due(endpoint: String, laneSeconds: Int64, limit: Int, _ db: Database) throws -> [HeldEvent] {
        let statement = try HotStatement(
            cachedIn: db,
            """
            SELECT number, change, contact, body, attempts, uncounted, first_at, entry, visit FROM event
            WHERE endpoint = ? AND state = 3 AND due_at <= ? ORDER BY due_at, number LIMIT ?
            """
        )
        statement.bind(1, endpoint)
        statement.bind(2, laneSeconds)
        statement.bind(3, Int64(limit))
        return try held(statement)
    }

    /// When the next event is due again of those that a lane does not hold, in seconds of lane time; nil: none is.
    static func nextDue(endpoint: String, but held: Set<Int64>, _ db: Database) throws -> Int64? {
        // Those that are held are passed over, and one more is the next.
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT number, due_at FROM event WHERE endpoint = ? AND state = 3 ORDER BY due_at, number LIMIT ?"
        )
        statement.bind(1, endpoint)
        statement.bind(2, Int64(held.count + 1))
        while try statement.step() {
            if !held.contains(statement.columnInt64(0)) { return statement.columnInt64(1) }
        }
        return nil
    }

    /// Whether an endpoint ever took an event.
    static func hasDelivered(endpoint: String, _ db: Database) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM event_count WHERE endpoint = ? AND state = 4 AND count > 0)"
        return try Bool.fetchOne(db, sql: sql, arguments: [endpoint]) ?? false
    }

    static func laneSeconds(endpoint: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT lane_seconds FROM event_lane WHERE endpoint = ?", arguments: [endpoint])
            ?? 0
    }

    private static func held(_ statement: HotStatement) throws -> [HeldEvent] {
        var events: [HeldEvent] = []
        while try statement.step() {
            events.append(
                HeldEvent(
                    number: statement.columnInt64(0),
                    change: statement.columnInt64(1),
                    occurrence: .init(entry: statement.columnInt64(7), visit: statement.columnInt64(8)),
                    contact: statement.columnInt64(2),
                    body: statement.columnBytes(3).map { Array($0) } ?? [],
                    attempts: Int(statement.columnInt64(4)),
                    uncounted: Int(statement.columnInt64(5)),
                    firstAt: statement.columnInt64(6)
                )
            )
        }
        return events
    }

    // MARK: Orders

    static func cancel(endpoint: String, _ reason: Reason, unixTime: Int64, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE event SET state = ?, reason = ?, finished_at = ? WHERE endpoint = ? AND state < 4",
            arguments: [DeliveryState.cancelled.rawValue, reason.rawValue, unixTime, endpoint]
        )
    }

    /// Gives up what is open of all endpoints but some.
    static func cancel(allBut endpoints: Set<String>, _ reason: Reason, unixTime: Int64, _ db: Database) throws {
        let all = try String.fetchAll(
            db,
            sql: "SELECT DISTINCT endpoint FROM event_count WHERE state < 4 AND count > 0"
        )
        for endpoint in all where !endpoints.contains(endpoint) {
            try cancel(endpoint: endpoint, reason, unixTime: unixTime, db)
        }
    }

    /// - Returns: The endpoints that had events of the contact.
    static func erase(contact: Int64, unixTime: Int64, _ db: Database) throws -> [String] {
        // The space that bodies took is overwritten.
        try db.execute(sql: "PRAGMA secure_delete = ON")
        let sql = "SELECT DISTINCT endpoint FROM event WHERE contact = ?"
        let endpoints = try String.fetchAll(db, sql: sql, arguments: [contact])
        try db.execute(
            sql: "UPDATE event SET state = ?, reason = ?, finished_at = ? WHERE contact = ? AND state < 4",
            arguments: [DeliveryState.skipped.rawValue, Reason.erased.rawValue, unixTime, contact]
        )
        try db.execute(sql: "UPDATE event SET body = NULL WHERE contact = ?", arguments: [contact])
        try db.execute(
            sql: """
                UPDATE event_attempt SET excerpt = x'', location = NULL
                WHERE event IN (SELECT number FROM event WHERE contact = ?)
                """,
            arguments: [contact]
        )
        return endpoints
    }

    /// The contacts of events, by their numbers; without those of none.
    static func contacts(of numbers: [Int64], _ db: Database) throws -> [Int64: Int64] {
        let statement = try db.cachedStatement(sql: "SELECT contact FROM event WHERE number = ? AND contact <> 0")
        var contacts: [Int64: Int64] = [:]
        for number in numbers { contacts[number] = try Int64.fetchOne(statement, arguments: [number]) }
        return contacts
    }

    /// The events behind one that are of the same endpoints and contacts as some, and are sent again with them.
    static func later(
        than numbers: [Int64],
        behind end: Int64,
        together: String,
        _ db: Database
    ) throws -> Set<Int64> {
        let statement = try db.makeStatement(
            sql: """
                SELECT later.number FROM event JOIN event AS later ON later.endpoint = event.endpoint
                    AND later.contact = event.contact AND later.number > ?2
                WHERE event.number = ?1 AND event.contact <> 0 AND \(together)
                """
        )
        return try numbers.reduce(into: []) { found, number in
            found.formUnion(try Int64.fetchAll(statement, arguments: [number, end]))
        }
    }

    /// Has final events sent again, each behind what is open of its contact; but for those after which something else
    /// of the contact was told, or is about to be: a late `subscribe` must not follow its `unsubscribe`.
    ///
    /// - Parameters:
    ///   - numbers: Theirs.
    ///   - together: Whether an event `later` is sent again with them, in SQL.
    ///   - db: The write.
    /// - Returns: The endpoint of each that was reopened.
    static func reopen(_ numbers: [Int64], together: String, _ db: Database) throws -> [String] {
        let statement = try db.makeStatement(
            sql: """
                UPDATE event SET attempts = 0, uncounted = 0, first_at = -1, due_at = 0,
                    state = iif(contact <> 0 AND EXISTS (
                        SELECT 1 FROM event AS other WHERE other.endpoint = event.endpoint
                            AND other.contact = event.contact AND other.state < 4
                    ), 0, 1)
                WHERE number = ? AND state >= 4 AND body IS NOT NULL AND NOT (contact <> 0 AND EXISTS (
                    SELECT 1 FROM event AS later WHERE later.endpoint = event.endpoint
                        AND later.contact = event.contact AND later.number > event.number AND later.state <= 4
                        AND NOT (\(together))
                )) RETURNING endpoint
                """
        )
        let keep = try db.makeStatement(sql: keepDelivered)
        return try numbers.sorted().compactMap { number in
            let state = try Int.fetchOne(db, sql: "SELECT state FROM event WHERE number = ?", arguments: [number])
            guard let endpoint = try String.fetchOne(statement, arguments: [number]) else { return nil }
            if state == Int(DeliveryState.delivered.rawValue) { try keep.execute(arguments: [number]) }
            return endpoint
        }
    }

    /// That an event was accepted stands with it alone, until it is sent again.
    private static let keepDelivered = """
        INSERT INTO event_attempt (event, number, status, reason, curl_code, finished_at, duration, excerpt, location)
        SELECT number, 1 + coalesce((SELECT max(number) FROM event_attempt WHERE event = sent.number), 0), status, 0, 0,
            finished_at, duration, x'', NULL
        FROM event AS sent WHERE number = ?
        """
}
