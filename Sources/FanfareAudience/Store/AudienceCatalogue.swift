import FanfarePayload
public import FanfareStore
import Foundation
public import GRDB

/// What the catalogue (`fanfare.sqlite`) knows of audiences, and the installation's id.
public struct AudienceCatalogue: Sendable {
    /// One audience.
    public struct Entry: Sendable, Hashable {
        /// Ten hexadecimal digits, never used twice.
        public let id: String
        /// Unique without regard to case.
        ///
        /// Nil: the audience belongs to the job that imported it.
        public let name: String?
        /// The fan-out that an audience without a name belongs to.
        public let owner: String?
        /// Unix time in seconds.
        public let created: Int64
    }

    /// The tables, for whoever opens the catalogue.
    public static let schema = Schema(module: "audiences", steps: [Schema.Step("catalogue", apply: createTables)])

    private let database: DatabaseQueue

    /// - Parameters:
    ///   - database: The catalogue, opened through `DatabaseFile`.
    ///   - access: The owner brings the tables up to date, a reader needs them so.
    /// - Throws: ``AudienceError`` with `storage`.
    public init(_ database: DatabaseQueue, access: DataDirectory.Access) throws(AudienceError) {
        self.database = database
        do {
            switch access {
            case .own: try AudienceCatalogue.schema.migrate(database)
            case .read: try AudienceCatalogue.schema.require(in: database)
            }
        } catch {
            throw AudienceError(error, path: database.path)
        }
    }

    /// 16 random bytes, made with the catalogue: what tells this installation's ids from another's.
    public func installationID() throws(AudienceError) -> [UInt8] {
        try run { db in
            guard let data = try Data.fetchOne(db, sql: "SELECT value FROM installation WHERE key = 'id'") else {
                throw AudienceError(.storage, "the catalogue has no installation id")
            }
            return Array(data)
        }
    }

    /// Notes a new audience.
    ///
    /// - Parameters:
    ///   - name: Nil for one that belongs to a job.
    ///   - owner: The fan-out it belongs to.
    ///   - now: Unix time in seconds.
    /// - Returns: The entry; its file is still to be made.
    /// - Throws: ``AudienceError`` with `storage`, also when the name is taken.
    public func add(name: String?, owner: String?, now: Int64 = currentUnixTime()) throws(AudienceError) -> Entry {
        let entry = Entry(id: Hexadecimal.random(digits: 10), name: name, owner: owner, created: now)
        try write { db in
            if let name, try AudienceCatalogue.entry(key: try folded(name), db) != nil {
                throw AudienceError(.storage, "there is an audience \"\(name)\" already")
            }
            try db.execute(
                sql: "INSERT INTO audience (id, name, name_key, owner, created) VALUES (?, ?, ?, ?, ?)",
                arguments: [entry.id, name, try name.map(folded), owner, now]
            )
        }
        return entry
    }

    /// All audiences, oldest first.
    public func all() throws(AudienceError) -> [Entry] {
        try run { db in
            let sql = "SELECT id, name, owner, created FROM audience ORDER BY created, id"
            return try Row.fetchAll(db.cachedStatement(sql: sql)).map(AudienceCatalogue.entry)
        }
    }

    /// The audience with a name (case does not count) or id.
    ///
    /// - Throws: ``AudienceError`` with `unknownAudience`, naming the nearest.
    public func audience(named name: String) throws(AudienceError) -> Entry {
        try run { db in
            if let entry = try AudienceCatalogue.entry(key: try folded(name), db) { return entry }
            let names = try String.fetchAll(db, sql: "SELECT name FROM audience WHERE name IS NOT NULL")
            let hint = nearestName(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw AudienceError(.unknownAudience, "there is no audience \"\(name)\"\(hint)")
        }
    }

    /// Audiences without a name that belong to a fan-out.
    public func audiences(ownedBy owner: String) throws(AudienceError) -> [Entry] {
        try run { db in
            let sql = "SELECT * FROM audience WHERE name IS NULL AND owner = ? ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [owner]).map(AudienceCatalogue.entry)
        }
    }

    /// Forgets an audience that nothing refers to, when its file is gone.
    public func remove(id: String) throws(AudienceError) {
        try write { try $0.execute(sql: "DELETE FROM audience WHERE id = ?", arguments: [id]) }
    }

    private static func entry(key: String, _ db: Database) throws -> Entry? {
        let sql = "SELECT * FROM audience WHERE name_key = ?1 OR id = ?1"
        return try Row.fetchOne(db, sql: sql, arguments: [key]).map(entry)
    }

    private static func entry(_ row: Row) -> Entry {
        Entry(id: row["id"], name: row["name"], owner: row["owner"], created: row["created"])
    }

    private static func createTables(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE installation (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
                CREATE TABLE audience (
                    id TEXT PRIMARY KEY,
                    name TEXT,
                    name_key TEXT UNIQUE,
                    owner TEXT,
                    created INTEGER NOT NULL
                ) WITHOUT ROWID;
                INSERT INTO installation (key, value) VALUES ('id', randomblob(16));
                """
        )
    }

    private func run<Value>(_ body: (Database) throws -> Value) throws(AudienceError) -> Value {
        do { return try database.read(body) } catch { throw AudienceError(error, path: database.path) }
    }

    private func write(_ body: (Database) throws -> Void) throws(AudienceError) {
        do { try database.write(body) } catch { throw AudienceError(error, path: database.path) }
    }
}
