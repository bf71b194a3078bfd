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
        public internal(set) var name: String?
        /// The fan-out that an audience without a name belongs to.
        public let owner: String?
        /// Unix time in seconds.
        public let created: Int64
        /// What the team says of it.
        public var details = AudienceDetails()
    }

    /// The tables, for whoever opens the catalogue.
    public static let schema = Schema(
        module: "audiences",
        steps: [
            Schema.Step("catalogue", apply: createTables),
            Schema.Step("details") { db in
                try db.execute(sql: "ALTER TABLE audience ADD COLUMN details TEXT")
                // NULL: it is there. `new`: it is being made. `deleted`: only its id is kept, as none is used twice.
                try db.execute(sql: "ALTER TABLE audience ADD COLUMN state TEXT")
            },
        ]
    )

    private let database: DatabaseQueue
    /// Nil: another process may write it.
    private let list: AudienceList?

    /// - Parameters:
    ///   - database: The catalogue, opened through `DatabaseFile`.
    ///   - access: The owner brings the tables up to date, a reader needs them so.
    /// - Throws: ``AudienceError`` with `storage`.
    public init(_ database: DatabaseQueue, access: DataDirectory.Access) throws(AudienceError) {
        self.database = database
        do {
            switch access {
            case .own:
                try AudienceCatalogue.schema.migrate(database)
                list = AudienceList(database)
            case .read:
                try AudienceCatalogue.schema.require(in: database)
                list = nil
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
        try insert(Entry(id: Hexadecimal.random(digits: 10), name: name, owner: owner, created: now), state: nil)
    }

    /// Notes an audience that is about to be made: nobody sees it before ``complete(_:)``, and what a death leaves of it
    /// is found by ``remains()``.
    ///
    /// - Returns: The entry; its file is still to be made.
    /// - Throws: ``AudienceError`` with `invalidValue` when the name is taken or none.
    public func begin(
        name: String,
        details: AudienceDetails,
        now: Int64 = currentUnixTime()
    ) throws(AudienceError) -> Entry {
        try check(name: name)
        let entry = Entry(
            id: Hexadecimal.random(digits: 10),
            name: name,
            owner: nil,
            created: now,
            details: details
        )
        return try insert(entry, state: "new")
    }

    /// Notes that the file of an audience is whole.
    public func complete(_ id: String) throws(AudienceError) {
        try write { try $0.execute(sql: "UPDATE audience SET state = NULL WHERE id = ?", arguments: [id]) }
    }

    /// Gives an audience another name, or has it say something else of itself.
    ///
    /// - Parameters:
    ///   - id: The audience's.
    ///   - name: Nil: it keeps the one that it has.
    ///   - edit: Changes what is said of it.
    /// - Throws: ``AudienceError``: `unknownAudience`; `invalidValue` when the name is taken or none. What `edit` throws.
    public func change(_ id: String, name: String?, _ edit: (inout AudienceDetails) throws -> Void) throws -> Entry {
        if let name { try check(name: name) }
        return try database.write { db in
            let sql = "SELECT * FROM audience WHERE id = ? AND state IS NULL"
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
                throw AudienceError(.unknownAudience, "there is no audience of the id \(id)")
            }
            var entry = try Self.entry(row)
            if let name {
                try Self.requireFree(try folded(name), name, but: id, db)
                entry.name = name
            }
            try edit(&entry.details)
            try db.execute(
                sql: "UPDATE audience SET name = ?, name_key = ?, details = ? WHERE id = ?",
                arguments: [entry.name, try entry.name.map(folded), try Self.json(entry.details), id]
            )
            return entry
        }
    }

    private func insert(_ entry: Entry, state: String?) throws(AudienceError) -> Entry {
        let details = try Self.json(entry.details)
        try write { db in
            let key = try entry.name.map(folded)
            if let key, let name = entry.name { try Self.requireFree(key, name, db) }
            try db.execute(
                sql: """
                    INSERT INTO audience (id, name, name_key, owner, created, details, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [entry.id, entry.name, key, entry.owner, entry.created, details, state]
            )
        }
        return entry
    }

    /// Those that are deleted count by their ids alone.
    private static func requireFree(_ key: String, _ name: String, but id: String? = nil, _ db: Database) throws {
        let sql = "SELECT EXISTS (SELECT 1 FROM audience WHERE (name_key = ?1 OR id = ?1) AND id IS NOT ?2)"
        if try Bool.fetchOne(db, sql: sql, arguments: [key, id]) ?? false {
            throw AudienceError(.invalidValue, "there is an audience \"\(name.brief)\" already", field: "name")
        }
    }

    private func check(name: String) throws(AudienceError) {
        try run { _ in try Audience.check(name: name, atMost: 100, field: "name") }
    }

    private static func json(_ details: AudienceDetails) throws(AudienceError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(details), as: UTF8.self)
        } catch {
            throw AudienceError(.invalidValue, "what is said of the audience cannot be kept: \(error)")
        }
    }

    /// All audiences, oldest first.
    public func all() throws(AudienceError) -> [Entry] {
        do {
            return try list?.entries(reading: readAll) ?? readAll()
        } catch {
            throw AudienceError(error, path: database.path)
        }
    }

    /// The same where they are known without a look at the file; nil: they are not.
    package var known: [Entry]? { list?.entries }

    private func readAll() throws -> [Entry] {
        try run { db in
            let sql = "SELECT * FROM audience WHERE state IS NULL ORDER BY created, id"
            return try Row.fetchAll(db.cachedStatement(sql: sql)).map(AudienceCatalogue.entry)
        }
    }

    /// The audience with a name (case does not count) or id.
    ///
    /// - Throws: ``AudienceError`` with `unknownAudience`, naming the nearest.
    public func audience(named name: String) throws(AudienceError) -> Entry {
        try run { db in
            if let entry = try AudienceCatalogue.entry(key: try folded(name), db) { return entry }
            let names = try String.fetchAll(db, sql: "SELECT name FROM audience WHERE name_key IS NOT NULL")
            let hint = nearestName(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw AudienceError(.unknownAudience, "there is no audience \"\(name)\"\(hint)")
        }
    }

    /// Audiences without a name that belong to a fan-out.
    public func audiences(ownedBy owner: String) throws(AudienceError) -> [Entry] {
        try run { db in
            let sql = "SELECT * FROM audience WHERE name IS NULL AND state IS NULL AND owner = ? ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [owner]).map(AudienceCatalogue.entry)
        }
    }

    /// Forgets an audience that nothing refers to, when its file is gone.
    public func remove(id: String) throws(AudienceError) {
        try write { try $0.execute(sql: "DELETE FROM audience WHERE id = ?", arguments: [id]) }
    }

    private static func entry(key: String, _ db: Database) throws -> Entry? {
        let sql = "SELECT * FROM audience WHERE (name_key = ?1 OR id = ?1) AND state IS NULL"
        return try Row.fetchOne(db, sql: sql, arguments: [key]).map(entry)
    }

    private static func entry(_ row: Row) throws -> Entry {
        var entry = Entry(id: row["id"], name: row["name"], owner: row["owner"], created: row["created"])
        if let details = row["details"] as Data? {
            entry.details = try JSONDecoder().decode(AudienceDetails.self, from: details)
        }
        return entry
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

    /// Runs one statement that reads: that the connection may not write meanwhile has SQLite compile all of its
    /// statements anew.
    private func run<Value>(_ body: (Database) throws -> Value) throws(AudienceError) -> Value {
        do { return try database.unsafeRead(body) } catch { throw AudienceError(error, path: database.path) }
    }

    private func write(_ body: (Database) throws -> Void) throws(AudienceError) {
        do { try database.write(body) } catch { throw AudienceError(error, path: database.path) }
    }
}

// MARK: Deleting

extension AudienceCatalogue {
    /// Notes, within a write of the caller's, that an audience is deleted: its name is free, its id stays taken, and its
    /// files are to go.
    ///
    /// - Throws: ``AudienceError`` with `unknownAudience`.
    public static func delete(_ id: String, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE audience SET name_key = NULL, details = NULL, state = 'deleted' WHERE id = ? AND state IS NULL
                """,
            arguments: [id]
        )
        if db.changesCount == 0 { throw AudienceError(.unknownAudience, "there is no audience of the id \(id)") }
    }

    /// What an audience was called, deleted or not; nil: there never was one of that id, or it had no name.
    public func name(of id: String) throws(AudienceError) -> String? {
        try run { try String.fetchOne($0, sql: "SELECT name FROM audience WHERE id = ?", arguments: [id]) }
    }

    /// The ids of audiences whose files may be there and are to go: of those that were deleted, and of those whose
    /// making was cut off.
    public func remains() throws(AudienceError) -> [String] {
        try run { try String.fetchAll($0, sql: "SELECT id FROM audience WHERE state IS NOT NULL ORDER BY id") }
    }

    /// Forgets audiences whose making was cut off, when their files are gone.
    public func forgetUnmade() throws(AudienceError) {
        try write { try $0.execute(sql: "DELETE FROM audience WHERE state = 'new'") }
    }
}
