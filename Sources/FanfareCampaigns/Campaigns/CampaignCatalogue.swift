import FanfareDelivery
public import FanfarePayload
import FanfareStore
public import GRDB

/// The campaigns of an installation, their touchpoints and what became of these: tables of the catalogue,
/// `fanfare.sqlite`.
///
/// What a touchpoint sends stands there sealed. Any thread.
public struct CampaignCatalogue: Sendable {
    private static let schema = Schema(
        module: "campaigns",
        steps: [.init("1 tables") { try $0.execute(sql: tables) }]
    )

    private static let tables = """
        CREATE TABLE campaign (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            objective TEXT NOT NULL,
            audience TEXT NOT NULL,
            author TEXT NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE touchpoint (
            id TEXT PRIMARY KEY,
            campaign TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            notes TEXT NOT NULL,
            channel TEXT,
            at TEXT,
            time_zone TEXT NOT NULL,
            minutes INTEGER,
            state TEXT NOT NULL,
            reason TEXT,
            job TEXT UNIQUE,
            sealed TEXT,
            changes INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX touchpoint_of_campaign ON touchpoint (campaign);
        CREATE TABLE touchpoint_change (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            touchpoint TEXT NOT NULL,
            state TEXT NOT NULL,
            at INTEGER NOT NULL,
            author TEXT NOT NULL,
            remark TEXT
        );
        CREATE INDEX change_of_touchpoint ON touchpoint_change (touchpoint, number);
        """

    let database: DatabaseQueue
    let sealer: SecretSealer

    /// - Parameters:
    ///   - database: The catalogue, opened for writing by the owner of the data directory.
    ///   - sealer: Seals what touchpoints send, and opens it.
    /// - Throws: `StoreError` when the tables cannot be made.
    public init(_ database: DatabaseQueue, sealer: SecretSealer) throws {
        (self.database, self.sealer) = (database, sealer)
        try Self.schema.migrate(database)
    }

    /// All campaigns, the newest first.
    ///
    /// - Throws: What reading the catalogue throws.
    public func campaigns() throws -> [Campaign] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM campaign ORDER BY created DESC, id").map(Self.campaign)
        }
    }

    /// The campaign with an id.
    ///
    /// - Throws: ``CampaignError`` with `unknownCampaign`.
    public func campaign(_ id: String) throws -> Campaign {
        try database.read { try Self.campaign(id, $0) }
    }

    /// Adds a campaign.
    ///
    /// - Throws: ``CampaignError`` with `tooMany`.
    public func add(_ campaign: Campaign) throws {
        try database.write { db in
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM campaign") ?? 0
            guard count < Campaign.most else {
                throw CampaignError(.tooMany, "there are \(Campaign.most) campaigns, and no more may be made")
            }
            try db.execute(
                sql: """
                    INSERT INTO campaign (id, name, objective, audience, author, created, updated)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    campaign.id, campaign.name, campaign.objective, campaign.audience, campaign.author,
                    campaign.created, campaign.updated,
                ]
            )
        }
    }

    /// Replaces what is known of a campaign: its name, objective and audience.
    ///
    /// - Throws: ``CampaignError`` with `unknownCampaign`.
    public func save(_ campaign: Campaign) throws {
        try database.write { db in
            try db.execute(
                sql: "UPDATE campaign SET name = ?, objective = ?, audience = ?, updated = ? WHERE id = ?",
                arguments: [campaign.name, campaign.objective, campaign.audience, campaign.updated, campaign.id]
            )
            if db.changesCount == 0 { throw CampaignError.unknown(campaign: campaign.id) }
        }
    }

    /// Forgets a campaign and its touchpoints; their fan-outs stay.
    ///
    /// - Throws: ``CampaignError`` with `unknownCampaign`; `conflict` while a touchpoint is active.
    public func remove(campaign id: String) throws {
        try database.write { db in
            let campaign = try Self.campaign(id, db)
            let states = Touchpoint.State.allCases.filter(\.isActive).map { "'\($0.rawValue)'" }.joined(separator: ", ")
            let sql = "SELECT name FROM touchpoint WHERE campaign = ? AND state IN (\(states)) ORDER BY id LIMIT 1"
            if let name = try String.fetchOne(db, sql: sql, arguments: [id]) {
                throw CampaignError(
                    .conflict,
                    "the touchpoint \(name) of \(campaign.name) is under way or to come: cancel it first"
                )
            }
            try db.execute(
                sql: """
                    DELETE FROM touchpoint_change WHERE touchpoint IN (SELECT id FROM touchpoint WHERE campaign = ?)
                    """,
                arguments: [id]
            )
            try db.execute(sql: "DELETE FROM touchpoint WHERE campaign = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM campaign WHERE id = ?", arguments: [id])
        }
    }

    static func campaign(_ id: String, _ db: Database) throws -> Campaign {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM campaign WHERE id = ?", arguments: [id]) else {
            throw CampaignError.unknown(campaign: id)
        }
        return campaign(row)
    }

    private static func campaign(_ row: Row) -> Campaign {
        var campaign = Campaign(
            id: row["id"],
            name: row["name"],
            objective: row["objective"],
            audience: row["audience"],
            author: row["author"],
            created: row["created"]
        )
        campaign.updated = row["updated"]
        return campaign
    }
}
