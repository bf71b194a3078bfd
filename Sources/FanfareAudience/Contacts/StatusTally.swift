import FanfareStore
import GRDB

/// How the numbers of contacts by status change within a transaction.
///
/// They are kept, as counting a million contacts for every page of them would take longer than the page.
struct StatusTally {
    private var changes: [Int64: Int64] = [:]

    mutating func add(_ status: ContactStatus) { changes[status.storedCode, default: 0] += 1 }

    mutating func remove(_ status: ContactStatus) { changes[status.storedCode, default: 0] -= 1 }

    mutating func move(from old: ContactStatus, to new: ContactStatus) {
        if old == new { return }
        remove(old)
        add(new)
    }

    /// Writes them down; to be called before the transaction commits.
    mutating func flush(_ statement: HotStatement) throws {
        for (status, change) in changes where change != 0 {
            statement.bind(1, status)
            statement.bind(2, change)
            try statement.run()
        }
        changes.removeAll(keepingCapacity: true)
    }

    /// The same for who changes few: the statement is kept with the connection.
    mutating func flush(_ db: Database) throws {
        try flush(try HotStatement(cachedIn: db, StatusTally.sql))
    }

    static func statement(_ db: Database) throws -> HotStatement { try HotStatement(db, sql) }

    private static let sql = """
        INSERT INTO contact_count (status, contacts) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET contacts = contacts + excluded.contacts
        """
}
