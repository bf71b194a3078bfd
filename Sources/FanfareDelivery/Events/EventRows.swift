import FanfareStore
import GRDB

/// The rows of an event ledger: how they are made, changed and read.
///
/// Inside an access of a connection to the file.
enum EventRows {
    /// The contacts that events are open of.
    static func openContacts(_ db: Database) throws -> Set<Int64> {
        Set(try Int64.fetchAll(db, sql: "SELECT DISTINCT contact FROM event WHERE state < 4 AND contact <> 0"))
    }

    /// Gives up what is open of contacts.
    static func skip(_ contacts: Set<Int64>, _ reason: Reason, unixTime: Int64, _ db: Database) throws {
        for contact in contacts {
            let open = EventSelection("contact = ? AND state < 4", [contact])
            _ = try open.move(to: .skipped, reason: Int64(reason.rawValue), finishedAt: unixTime, db)
        }
    }

    /// Events that may be sent, oldest first.
    ///
    /// - Parameter number: Only those behind this one; 0: all.
    static func ready(endpoint: String, after number: Int64 = 0, limit: Int, _ db: Database) throws -> [HeldEvent] {
        let statement = try HotStatement(
            cachedIn: db,
            """
            SELECT number, change, contact, body, attempts, uncounted, first_at, entry, visit FROM event
            WHERE endpoint = ? AND state = 1 AND number > ? ORDER BY number LIMIT ?
            """
        )
        statement.bind(1, endpoint)
        statement.bind(2, number)
        statement.bind(3, Int64(limit))
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
        let open = EventSelection("endpoint = ? AND state < 4", [endpoint])
        _ = try open.move(to: .cancelled, reason: Int64(reason.rawValue), finishedAt: unixTime, db)
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
        try skip([contact], .erased, unixTime: unixTime, db)
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
                )) RETURNING endpoint, state
                """
        )
        let state = try db.makeStatement(sql: "SELECT state FROM event WHERE number = ?")
        let keep = try db.makeStatement(sql: keepDelivered)
        var tally = EventTally()
        let endpoints: [String] = try numbers.sorted().compactMap { number in
            let code = try Int64.fetchOne(state, arguments: [number])
            guard let code, let before = DeliveryState(storedCode: code),
                let row = try Row.fetchOne(statement, arguments: [number])
            else { return nil }
            let endpoint: String = row[0]
            if let after = DeliveryState(rawValue: row[1]) { tally.move(endpoint, from: before, to: after) }
            if before == .delivered { try keep.execute(arguments: [number]) }
            return endpoint
        }
        try tally.flush(db)
        return endpoints
    }

    /// That an event was accepted stands with it alone, until it is sent again.
    private static let keepDelivered = """
        INSERT INTO event_attempt (event, number, status, reason, curl_code, finished_at, duration, excerpt, location)
        SELECT number, 1 + coalesce((SELECT max(number) FROM event_attempt WHERE event = sent.number), 0), status, 0, 0,
            finished_at, duration, x'', NULL
        FROM event AS sent WHERE number = ?
        """
}
