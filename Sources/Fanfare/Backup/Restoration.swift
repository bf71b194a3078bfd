import FanfareStore
public import GRDB

/// What a data directory remembers of having been restored from a backup: a table of the catalogue.
public struct Restoration: Sendable, Hashable {
    static let schema = Schema(
        module: "restoration",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE restoration (
                            id INTEGER PRIMARY KEY CHECK (id = 1),
                            restored_at INTEGER NOT NULL,
                            made_at INTEGER NOT NULL,
                            holds_webhooks INTEGER NOT NULL
                        )
                        """
                )
            }
        ]
    )

    /// Unix seconds at which it was restored.
    public let restoredAt: Int64
    /// Unix seconds of the moment that the backup holds.
    public let madeAt: Int64
    /// No webhook of an audience is sent before the operator has decided what becomes of those that may have been sent
    /// since the backup.
    public let holdsWebhooks: Bool

    /// The last one; nil: there was none.
    static func last(_ db: Database) throws -> Restoration? {
        guard try db.tableExists("restoration"), let row = try Row.fetchOne(db, sql: "SELECT * FROM restoration")
        else { return nil }
        return Restoration(
            restoredAt: row["restored_at"],
            madeAt: row["made_at"],
            holdsWebhooks: row["holds_webhooks"]
        )
    }

    func save(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO restoration (id, restored_at, made_at, holds_webhooks) VALUES (1, ?, ?, ?)
                """,
            arguments: [restoredAt, madeAt, holdsWebhooks]
        )
    }
}

extension Installation {
    /// What is known of its having been restored from a backup; nil: it was not.
    public func restoration() throws -> Restoration? { try catalogue.read(Restoration.last) }

    /// The operator has decided what becomes of events that may have been sent since the backup.
    func releaseWebhooks() throws {
        try catalogue.write { try $0.execute(sql: "UPDATE restoration SET holds_webhooks = 0") }
    }
}
