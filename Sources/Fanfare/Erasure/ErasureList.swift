import FanfareStore
import GRDB

/// Contacts that are to be forgotten in every file, until they are: a table of the catalogue.
///
/// It holds keys of contacts, which say nothing without the audience's file, and nothing of a contact itself.
struct ErasureList: Sendable {
    /// A contact that is to be forgotten.
    struct Entry: Sendable, Hashable {
        /// Counts them; never used twice.
        let number: Int64
        /// The audience's id.
        let audience: String
        /// The contact's key in it.
        let contact: Int64
    }

    static let schema = Schema(
        module: "erasure",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE erasure (
                            number INTEGER PRIMARY KEY AUTOINCREMENT,
                            audience TEXT NOT NULL,
                            contact INTEGER NOT NULL,
                            asked_at INTEGER NOT NULL
                        )
                        """
                )
            }
        ]
    )

    /// Notes a contact, within a write of the caller's.
    static func add(_ contact: Int64, in audience: String, now: Int64, _ db: Database) throws -> Entry {
        try db.execute(
            sql: "INSERT INTO erasure (audience, contact, asked_at) VALUES (?, ?, ?)",
            arguments: [audience, contact, now]
        )
        return Entry(number: db.lastInsertedRowID, audience: audience, contact: contact)
    }

    /// Those that are not forgotten everywhere yet, in the order in which that was asked for.
    static func all(_ db: Database) throws -> [Entry] {
        guard try db.tableExists("erasure") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT number, audience, contact FROM erasure ORDER BY number").map {
            Entry(number: $0[0], audience: $0[1], contact: $0[2])
        }
    }

    /// Nothing is left of a contact.
    static func remove(_ entry: Entry, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM erasure WHERE number = ?", arguments: [entry.number])
    }
}
