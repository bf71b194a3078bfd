import FanfareStore
public import GRDB

/// The fan-outs of an installation: a table of the catalogue, `fanfare.sqlite`.
///
/// The catalogue is committed first when a fan-out starts or is reopened, last when it ends.
public struct FanOutCatalogue: Sendable {
    let database: DatabaseQueue

    /// - Parameter database: The catalogue, opened for writing by the owner of the data directory.
    /// - Throws: `StoreError` when the table cannot be made.
    public init(_ database: DatabaseQueue) throws {
        self.database = database
        try Self.schema.migrate(database)
        try Self.orderSchema.migrate(database)
    }

    private static let schema = Schema(
        module: "fan-outs",
        steps: [
            .init("1 table") { try $0.execute(sql: table) },
            .init("2 pruned") { try $0.execute(sql: "ALTER TABLE fan_out ADD COLUMN pruned_at INTEGER") },
            .init("3 commits") { try $0.execute(sql: "ALTER TABLE fan_out ADD COLUMN ledger_commits INTEGER") },
            .init("4 installation") { try $0.execute(sql: "ALTER TABLE fan_out ADD COLUMN installation TEXT") },
            .init("5 planned") { try $0.execute(sql: "ALTER TABLE fan_out ADD COLUMN planned_at INTEGER") },
        ]
    )

    private static let table = """
        CREATE TABLE fan_out (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            run INTEGER NOT NULL,
            identity TEXT NOT NULL,
            state TEXT NOT NULL,
            audience TEXT NOT NULL,
            job_fingerprint TEXT NOT NULL,
            contacts_fingerprint TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            stop_reason TEXT,
            counts TEXT,
            UNIQUE (name, run)
        )
        """

    /// The latest run of a name; nil when there is none.
    public func latest(named name: String) throws -> FanOutRecord? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM fan_out WHERE name = ? ORDER BY run DESC", arguments: [name])
                .map { try FanOutRecord(row: $0) }
        }
    }

    /// Every fan-out, newest first.
    public func all() throws -> [FanOutRecord] {
        try database.read { try Self.all(in: $0) }
    }

    /// Reads the fan-outs of a catalogue that another process may own.
    ///
    /// - Returns: None when the table was never made.
    public static func all(in db: Database) throws -> [FanOutRecord] {
        guard try db.tableExists("fan_out") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT * FROM fan_out ORDER BY created_at DESC, run DESC")
            .map { try FanOutRecord(row: $0) }
    }

    /// The name of a fan-out that goes to an audience and has not ended; nil: there is none, or the table was never made.
    public static func unfinished(to audience: String, in db: Database) throws -> String? {
        guard try db.tableExists("fan_out") else { return nil }
        let sql = "SELECT name FROM fan_out WHERE audience = ? AND state <> 'ended' ORDER BY created_at LIMIT 1"
        return try String.fetchOne(db, sql: sql, arguments: [audience])
    }

    /// Adds a fan-out or replaces what is known of it.
    public func save(_ record: FanOutRecord) throws { try save([record]) }

    /// The same for several, in one transaction.
    public func save(_ records: [FanOutRecord]) throws {
        try database.write { db in
            for record in records { try Self.save(record, db) }
        }
    }

    static func save(_ record: FanOutRecord, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO fan_out (id, name, run, identity, state, audience, job_fingerprint,
                    contacts_fingerprint, created_at, started_at, ended_at, stop_reason, counts, pruned_at,
                    ledger_commits, installation, planned_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.id, record.name, record.run, record.identity, record.state.rawValue, record.audience,
                record.jobFingerprint, record.contactsFingerprint, record.createdAt, record.startedAt,
                record.endedAt, record.stopReason, record.counts?.text, record.prunedAt,
                record.ledgerCommits, record.installation, record.plannedAt,
            ]
        )
    }
}

extension FanOutRecord {
    fileprivate init(row: Row) throws {
        guard let state = State(rawValue: row["state"]) else {
            throw DeliveryError(
                .ledgerDamaged,
                "the catalogue holds a fan-out in the unknown state \(row["state"] as String)"
            )
        }
        self.init(
            id: row["id"],
            name: row["name"],
            run: row["run"],
            identity: row["identity"],
            state: state,
            audience: row["audience"],
            jobFingerprint: row["job_fingerprint"],
            contactsFingerprint: row["contacts_fingerprint"],
            createdAt: row["created_at"]
        )
        startedAt = row["started_at"]
        endedAt = row["ended_at"]
        stopReason = row["stop_reason"]
        // A catalogue that only an older version has written has no such columns yet.
        prunedAt = row["pruned_at"]
        ledgerCommits = row["ledger_commits"]
        installation = row["installation"]
        plannedAt = row["planned_at"]
        counts = (row["counts"] as String?).flatMap(StateCounts.init(text:))
    }
}

extension StateCounts {
    /// The counts in the order of the states, separated by blanks.
    fileprivate var text: String {
        all.map(String.init).joined(separator: " ")
    }

    fileprivate init?(text: String) {
        self.init(all: text.split(separator: " ").compactMap { Int64($0) })
    }
}
