import FanfareStore
import GRDB

/// Which audience the journeys of an installation are of, and their numbers: a table of the catalogue, `fanfare.sqlite`.
///
/// A number is drawn before its journey stands in the audience's file; one whose journey a death kept from getting there
/// means nothing. Any thread.
struct JourneyCatalogue: Sendable {
    /// One journey.
    struct Entry: Sendable {
        let number: Int64
        let id: String
        let audience: String
    }

    private static let schema = Schema(
        module: "journeys",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE journey (
                            number INTEGER PRIMARY KEY AUTOINCREMENT,
                            id TEXT NOT NULL UNIQUE,
                            audience TEXT NOT NULL
                        )
                        """
                )
            }
        ]
    )

    private let database: DatabaseQueue

    /// - Parameter database: The catalogue, opened for writing by the owner of the data directory.
    /// - Throws: `StoreError` when the table cannot be made.
    init(_ database: DatabaseQueue) throws {
        self.database = database
        try Self.schema.migrate(database)
    }

    /// Draws a number for a journey.
    func add(_ id: String, in audience: String) throws -> Int64 {
        try database.write { db in
            try db.execute(sql: "INSERT INTO journey (id, audience) VALUES (?, ?)", arguments: [id, audience])
            return db.lastInsertedRowID
        }
    }

    /// The journey of an id; nil: there is none.
    func entry(_ id: String) throws -> Entry? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM journey WHERE id = ?", arguments: [id]).map(Self.entry)
        }
    }

    /// The journey of a number; nil: there is none.
    func entry(number: Int64) throws -> Entry? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM journey WHERE number = ?", arguments: [number]).map(Self.entry)
        }
    }

    /// Those of an audience, or of all, oldest first.
    func all(of audience: String? = nil) throws -> [Entry] {
        try database.read { db in
            let sql = "SELECT * FROM journey WHERE ?1 IS NULL OR audience = ?1 ORDER BY number"
            return try Row.fetchAll(db, sql: sql, arguments: [audience]).map(Self.entry)
        }
    }

    /// Forgets one.
    func remove(_ id: String) throws {
        try database.write { try $0.execute(sql: "DELETE FROM journey WHERE id = ?", arguments: [id]) }
    }

    /// Forgets those of an audience that is deleted.
    static func removeAll(of audience: String, _ db: Database) throws {
        guard try db.tableExists("journey") else { return }
        try db.execute(sql: "DELETE FROM journey WHERE audience = ?", arguments: [audience])
    }

    private static func entry(_ row: Row) -> Entry {
        Entry(number: row["number"], id: row["id"], audience: row["audience"])
    }
}
