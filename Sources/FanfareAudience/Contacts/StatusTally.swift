import FanfareStore
import GRDB

/// How the numbers of contacts by status change within a transaction, and how many have come to each.
///
/// They are kept, as counting a million contacts for every page of them would take longer than the page.
struct StatusTally {
    /// What changes of one status.
    private struct Change {
        var contacts: Int64 = 0
        /// Those that came to it, whether or not they stayed.
        var arrivals: Int64 = 0

        mutating func arrive() {
            contacts += 1
            arrivals += 1
        }
    }

    private var changes: [Int64: Change] = [:]

    mutating func add(_ status: ContactStatus) { changes[status.storedCode, default: Change()].arrive() }

    mutating func remove(_ status: ContactStatus) { changes[status.storedCode, default: Change()].contacts -= 1 }

    mutating func move(from old: ContactStatus, to new: ContactStatus) {
        if old == new { return }
        remove(old)
        add(new)
    }

    /// Writes them down; to be called before the transaction commits.
    ///
    /// - Parameter now: Unix time in seconds.
    mutating func flush(_ statement: HotStatement, now: Int64) throws {
        for (status, change) in changes where change.contacts != 0 || change.arrivals != 0 {
            statement.bind(1, status)
            statement.bind(2, change.contacts)
            statement.bind(3, change.arrivals)
            if change.arrivals > 0 { statement.bind(4, now) } else { statement.bindNull(4) }
            try statement.run()
        }
        changes.removeAll(keepingCapacity: true)
    }

    /// The same for who changes few: the statement is kept with the connection.
    mutating func flush(_ db: Database, now: Int64) throws {
        try flush(try HotStatement(cachedIn: db, StatusTally.sql), now: now)
    }

    static func statement(_ db: Database) throws -> HotStatement { try HotStatement(db, sql) }

    /// An import's time is that of its beginning: who came meanwhile has come later. SQLite's `max` of a NULL is NULL.
    private static let sql = """
        INSERT INTO contact_count (status, contacts, arrived, last_arrival) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET contacts = contacts + excluded.contacts, arrived = arrived + excluded.arrived,
            last_arrival = coalesce(max(last_arrival, excluded.last_arrival), excluded.last_arrival, last_arrival)
        """
}
