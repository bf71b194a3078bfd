import FanfareStore
import GRDB

/// How many more, or fewer, events of each endpoint stand in each state after a write: `event_count` keeps it.
///
/// Whoever makes events or changes their states counts them here, in the same transaction. Triggers would do it too, but
/// with them SQLite keeps what a statement changes, page by page, for the case that it fails in its middle: that took
/// more than all else of an outcome.
struct EventTally {
    private struct Key: Hashable {
        let endpoint: String
        let state: DeliveryState
    }

    private var changes: [Key: Int64] = [:]

    mutating func add(_ count: Int64, _ endpoint: String, _ state: DeliveryState) {
        changes[Key(endpoint: endpoint, state: state), default: 0] += count
    }

    mutating func move(_ endpoint: String, from old: DeliveryState, to new: DeliveryState) {
        if old == new { return }
        add(-1, endpoint, old)
        add(1, endpoint, new)
    }

    /// Writes what was counted.
    func flush(_ db: Database) throws {
        if changes.isEmpty { return }
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO event_count (endpoint, state, count) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET count = count + excluded.count
            """
        )
        for (key, count) in changes where count != 0 {
            statement.bind(1, key.endpoint)
            statement.bind(2, Int64(key.state.rawValue))
            statement.bind(3, count)
            try statement.run()
        }
    }

    /// Counts events that are new.
    ///
    /// - Parameter number: They are behind this one, and nothing else is.
    static func countNew(behind number: Int64, _ db: Database) throws {
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO event_count (endpoint, state, count)
            SELECT endpoint, state, count(*) FROM event NOT INDEXED WHERE number > ? GROUP BY endpoint, state
            ON CONFLICT DO UPDATE SET count = count + excluded.count
            """
        )
        statement.bind(1, number)
        try statement.run()
    }

    /// Numbers the ends of new events that are over at once.
    ///
    /// - Parameter number: They are behind this one, and nothing else is.
    static func endNew(behind number: Int64, _ db: Database) throws {
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO event_end (event)
            SELECT number FROM event NOT INDEXED WHERE number > ? AND is_awaited AND state >= 4 ORDER BY number
            """
        )
        statement.bind(1, number)
        try statement.run()
    }

    /// Numbers the end of an event that somebody waits for.
    static func end(_ number: Int64, _ db: Database) throws {
        let statement = try HotStatement(cachedIn: db, "INSERT INTO event_end (event) VALUES (?)")
        statement.bind(1, number)
        try statement.run()
    }
}
