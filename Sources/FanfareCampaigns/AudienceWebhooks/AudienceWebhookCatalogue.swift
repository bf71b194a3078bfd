public import FanfareAudience
import FanfareDelivery
public import FanfarePayload
import FanfareStore
public import GRDB

/// The audience webhooks of an installation: a table of the catalogue, `fanfare.sqlite`.
///
/// Their secrets stand there sealed. Any thread.
public struct AudienceWebhookCatalogue: Sendable {
    private static let schema = Schema(
        module: "audience webhooks",
        steps: [.init("1 table") { try $0.execute(sql: table) }]
    )

    private static let table = """
        CREATE TABLE audience_webhook (
            id TEXT PRIMARY KEY,
            audience TEXT NOT NULL,
            url TEXT NOT NULL,
            url_key TEXT NOT NULL,
            events TEXT NOT NULL,
            sources TEXT NOT NULL,
            secret TEXT,
            disabled_reason TEXT,
            disabled_at INTEGER,
            begins INTEGER NOT NULL,
            created INTEGER NOT NULL,
            UNIQUE (audience, url_key)
        ) WITHOUT ROWID
        """

    private let database: DatabaseQueue
    /// Seals secrets, and opens them.
    let sealer: SecretSealer

    /// - Parameters:
    ///   - database: The catalogue, opened for writing by the owner of the data directory.
    ///   - sealer: Seals secrets, and opens them.
    /// - Throws: `StoreError` when the table cannot be made.
    public init(_ database: DatabaseQueue, sealer: SecretSealer) throws {
        self.database = database
        self.sealer = sealer
        try Self.schema.migrate(database)
    }

    /// The webhooks of an audience, or of all, oldest first.
    ///
    /// - Throws: `StoreError`, `PayloadError` for a secret that does not open.
    public func all(of audience: String? = nil) throws -> [AudienceWebhook] {
        try database.read { db in
            let sql = "SELECT * FROM audience_webhook WHERE ?1 IS NULL OR audience = ?1 ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [audience]).map(webhook)
        }
    }

    /// The webhook with an id; nil: there is none.
    public func webhook(_ id: String) throws -> AudienceWebhook? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM audience_webhook WHERE id = ?", arguments: [id]).map(webhook)
        }
    }

    /// Adds a webhook, or replaces what is known of it.
    ///
    /// - Throws: ``WebhookError`` with `duplicateURL` when the audience has another with this URL.
    public func save(_ webhook: AudienceWebhook) throws {
        let key = Self.key(of: webhook.url)
        var disabled: (reason: String?, at: Int64?) = (nil, nil)
        if case .disabled(let reason, let at) = webhook.state { disabled = (reason, at) }
        let secret = webhook.secret.map { sealer.seal($0, for: Self.purpose(webhook.id)) }
        try database.write { db in
            let other = try String.fetchOne(
                db,
                sql: "SELECT id FROM audience_webhook WHERE audience = ? AND url_key = ? AND id <> ?",
                arguments: [webhook.audience, key, webhook.id]
            )
            if other != nil { throw WebhookError.duplicateURL }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO audience_webhook (id, audience, url, url_key, events, sources, secret,
                        disabled_reason, disabled_at, begins, created)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    webhook.id, webhook.audience, webhook.url, key,
                    webhook.events.map(\.name).sorted().joined(separator: " "),
                    webhook.sources.map(\.name).sorted().joined(separator: " "),
                    secret, disabled.reason, disabled.at, webhook.begins, webhook.created,
                ]
            )
        }
    }

    /// Forgets a webhook.
    ///
    /// - Returns: Whether there was one.
    public func remove(_ id: String) throws -> Bool {
        try database.write { db in
            try db.execute(sql: "DELETE FROM audience_webhook WHERE id = ?", arguments: [id])
            return db.changesCount > 0
        }
    }

    /// Deletes an audience and its webhooks, in one transaction.
    ///
    /// - Throws: `AudienceError`: `unknownAudience`; `audienceInUse` while a fan-out to it has not ended. `StoreError`.
    func deleteAudience(_ id: String) throws {
        try database.write { db in
            if let name = try FanOutCatalogue.unfinished(to: id, in: db) {
                throw AudienceError(
                    .audienceInUse,
                    "the fan-out \(name) goes to the audience and has not ended: cancel it, or wait for its end"
                )
            }
            try AudienceCatalogue.delete(id, db)
            try db.execute(sql: "DELETE FROM audience_webhook WHERE audience = ?", arguments: [id])
            try JourneyCatalogue.removeAll(of: id, db)
        }
    }

    /// What tells URLs apart: not their query, as Mailchimp does not either, nor how scheme and host are written.
    static func key(of url: String) -> String {
        guard let end = url.firstRange(of: "://")?.upperBound else { return url }
        let scheme = url[..<end].lowercased()
        let rest = url[end...].prefix { $0 != "?" && $0 != "#" }
        let authority = rest.prefix { $0 != "/" }
        // Before the host may stand a user and a password, of which case counts.
        let host = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        var place = authority[host...].lowercased()
        for (of, port) in [("http://", ":80"), ("https://", ":443")] where scheme == of && place.hasSuffix(port) {
            place.removeLast(port.count)
        }
        let path = rest[authority.endIndex...]
        return scheme + authority[..<host] + place + (path.isEmpty ? "/" : path)
    }

    private static func purpose(_ id: String) -> String { "audience webhook \(id)" }

    /// The webhooks of an audience, without their secrets, in a catalogue that another process may own.
    ///
    /// - Returns: None when the table was never made.
    public static func read(_ database: DatabaseQueue, of audience: String) throws -> [AudienceWebhook] {
        try database.read { db in
            guard try db.tableExists("audience_webhook") else { return [] }
            let sql = "SELECT * FROM audience_webhook WHERE audience = ? ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [audience]).map { webhook($0, secret: nil) }
        }
    }

    private func webhook(_ row: Row) throws -> AudienceWebhook {
        let id: String = row["id"]
        let sealed: String? = row["secret"]
        return Self.webhook(row, secret: try sealed.map { try sealer.open($0, for: Self.purpose(id)) })
    }

    private static func webhook(_ row: Row, secret: Secret?) -> AudienceWebhook {
        let events = Set((row["events"] as String).split(separator: " ").map(String.init))
        let sources = Set((row["sources"] as String).split(separator: " ").map(String.init))
        var webhook = AudienceWebhook(
            id: row["id"],
            audience: row["audience"],
            url: row["url"],
            events: Set(ChangeKind.allCases.filter { events.contains($0.name) }),
            sources: Set(ChangeSource.allCases.filter { sources.contains($0.name) }),
            secret: secret,
            begins: row["begins"],
            created: row["created"]
        )
        if let reason = row["disabled_reason"] as String? {
            webhook.state = .disabled(reason: reason, at: row["disabled_at"] ?? 0)
        }
        return webhook
    }
}
