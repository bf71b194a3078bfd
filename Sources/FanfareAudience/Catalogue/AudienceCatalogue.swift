public import FanfareStore
public import GRDB

/// One audience as the catalogue knows it.
public struct AudienceRecord: Sendable, Hashable {
    /// Ten hexadecimal digits; names the file.
    public var id: String
    /// What the operator calls it; nil: it belongs to a job and goes with the last fan-out that names it.
    public var name: String?
    /// The job that it belongs to; nil for a named one.
    public var job: String?
    /// Unix seconds.
    public var createdAt: Int64

    /// - Parameters: see the properties of the same names.
    public init(id: String, name: String? = nil, job: String? = nil, createdAt: Int64 = currentUnixTime()) {
        self.id = id
        self.name = name
        self.job = job
        self.createdAt = createdAt
    }
}

/// The audiences of an installation: a table of the catalogue, `fanfare.sqlite`.
public struct AudienceCatalogue: Sendable {
    private let database: DatabaseQueue

    /// - Parameter database: The catalogue, opened for writing by the owner of the data directory.
    /// - Throws: `StoreError` when the table cannot be made.
    public init(_ database: DatabaseQueue) throws {
        self.database = database
        try Self.schema.migrate(database)
    }

    private static let schema = Schema(
        module: "audiences",
        steps: [
            .init("1 table") { db in
                try db.execute(
                    sql: """
                        CREATE TABLE audience (
                            id TEXT PRIMARY KEY,
                            name TEXT UNIQUE,
                            job TEXT,
                            created_at INTEGER NOT NULL
                        )
                        """
                )
            }
        ]
    )

    /// Adds an audience or replaces what is known of it.
    public func save(_ record: AudienceRecord) throws {
        try database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO audience (id, name, job, created_at) VALUES (?, ?, ?, ?)",
                arguments: [record.id, record.name, record.job, record.createdAt]
            )
        }
    }

    /// The stored audience of that name; nil when there is none.
    public func audience(named name: String) throws -> AudienceRecord? {
        try database.read { try Self.all(in: $0) }.first { $0.name == name }
    }

    /// Every audience of a catalogue that another process may own, by age.
    ///
    /// - Returns: None when the table was never made.
    public static func all(in db: Database) throws -> [AudienceRecord] {
        guard try db.tableExists("audience") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT * FROM audience ORDER BY created_at, id").map { row in
            AudienceRecord(id: row["id"], name: row["name"], job: row["job"], createdAt: row["created_at"])
        }
    }
}
