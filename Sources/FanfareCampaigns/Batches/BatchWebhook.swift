public import FanfarePayload
import FanfareStore
public import GRDB

/// A webhook that is told of batches that are finished: Mailchimp's `/batch-webhooks`.
public struct BatchWebhook: Sendable, Hashable {
    /// Ten hexadecimal digits.
    public let id: String
    /// Where it is told: http or https.
    public var url: String
    /// What its requests are signed with.
    public let secret: Secret
    /// Whether it is told.
    public var isEnabled: Bool
    /// It is told of completions after this one.
    public var begins: Int64
    /// Unix time in seconds.
    public let created: Int64
}

/// The batch webhooks of an installation: a table of the catalogue, `fanfare.sqlite`, where their secrets stand sealed.
/// Any thread.
public struct BatchWebhookCatalogue: Sendable {
    /// Webhooks at most, after Mailchimp.
    public static let most = 20

    private static let schema = Schema(
        module: "batch webhooks",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE batch_webhook (
                            id TEXT PRIMARY KEY,
                            url TEXT NOT NULL UNIQUE,
                            secret TEXT NOT NULL,
                            enabled INTEGER NOT NULL,
                            begins INTEGER NOT NULL,
                            created INTEGER NOT NULL
                        ) WITHOUT ROWID
                        """
                )
            }
        ]
    )

    private let database: DatabaseQueue
    private let sealer: SecretSealer

    /// - Parameters:
    ///   - database: The catalogue, opened for writing by the owner of the data directory.
    ///   - sealer: Seals secrets, and opens them.
    /// - Throws: `StoreError` when the table cannot be made.
    public init(_ database: DatabaseQueue, sealer: SecretSealer) throws {
        self.database = database
        self.sealer = sealer
        try Self.schema.migrate(database)
    }

    /// All of them, oldest first.
    ///
    /// - Throws: `StoreError`, `PayloadError` for a secret that does not open.
    public func all() throws -> [BatchWebhook] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM batch_webhook ORDER BY created, id").map(webhook)
        }
    }

    /// Adds a webhook, or replaces what is known of it.
    ///
    /// - Throws: ``WebhookError``: `duplicateURL`; `tooMany` for one that would be one too many.
    func save(_ webhook: BatchWebhook) throws {
        let secret = sealer.seal(webhook.secret, for: Self.purpose(webhook.id))
        try database.write { db in
            let others = "FROM batch_webhook WHERE id <> ?"
            if try Int.fetchOne(db, sql: "SELECT count(*) \(others)", arguments: [webhook.id]) ?? 0 >= Self.most {
                throw WebhookError(.tooMany, "there are \(Self.most) batch webhooks, which is the most there may be")
            }
            let taken = "SELECT EXISTS (SELECT 1 \(others) AND url = ?)"
            if try Bool.fetchOne(db, sql: taken, arguments: [webhook.id, webhook.url]) ?? false {
                throw WebhookError.duplicateURL
            }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO batch_webhook (id, url, secret, enabled, begins, created)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    webhook.id, webhook.url, secret, webhook.isEnabled, webhook.begins, webhook.created,
                ]
            )
        }
    }

    /// - Returns: Whether there was one.
    func remove(_ id: String) throws -> Bool {
        try database.write { db in
            try db.execute(sql: "DELETE FROM batch_webhook WHERE id = ?", arguments: [id])
            return db.changesCount > 0
        }
    }

    private static func purpose(_ id: String) -> String { "batch webhook \(id)" }

    private func webhook(_ row: Row) throws -> BatchWebhook {
        let id: String = row["id"]
        return BatchWebhook(
            id: id,
            url: row["url"],
            secret: try sealer.open(row["secret"], for: Self.purpose(id)),
            isEnabled: row["enabled"],
            begins: row["begins"],
            created: row["created"]
        )
    }
}
