import FanfareStore
import Foundation
public import GRDB
import NIOConcurrencyHelpers

/// The API keys of an installation: a table of the catalogue, `fanfare.sqlite`. Any thread.
public final class KeyCatalogue: Sendable {
    private static let schema = Schema(
        module: "api keys",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE api_key (
                            id TEXT PRIMARY KEY,
                            name TEXT NOT NULL,
                            scope TEXT NOT NULL,
                            hash BLOB NOT NULL UNIQUE,
                            created INTEGER NOT NULL,
                            revoked INTEGER
                        ) WITHOUT ROWID
                        """
                )
            }
        ]
    )

    private let database: DatabaseQueue
    /// Those that are of use.
    private let valid = NIOLockedValueBox<[APIKey]>([])

    /// - Parameter database: The catalogue, opened for writing by the owner of the data directory.
    /// - Throws: `StoreError`.
    public init(_ database: DatabaseQueue) throws {
        self.database = database
        try Self.schema.migrate(database)
        try reload()
    }

    /// All keys, oldest first, also in a catalogue that another process owns.
    ///
    /// - Returns: None when the table was never made.
    public static func all(_ database: DatabaseQueue) throws -> [APIKey] {
        try database.read { db in
            guard try db.tableExists("api_key") else { return [] }
            return try Row.fetchAll(db, sql: "SELECT * FROM api_key ORDER BY created, id").map(key)
        }
    }

    /// Makes a key.
    ///
    /// - Parameter name: 1 to 20 lower-case letters and digits.
    /// - Returns: The key's text, which nobody can show again; nil when the name is none.
    public func create(name: String, scope: KeyScope, now: Int64) throws -> String? {
        guard APIKey.isName(name) else { return nil }
        let (key, text) = APIKey.make(name: name, scope: scope, now: now)
        try database.write { db in
            try db.execute(
                sql: "INSERT INTO api_key (id, name, scope, hash, created) VALUES (?, ?, ?, ?, ?)",
                arguments: [key.id, name, scope.rawValue, key.hash.withUnsafeBytes { Data($0) }, now]
            )
        }
        try reload()
        return text
    }

    /// Ends the use of a key.
    ///
    /// - Returns: Whether there is one with that id.
    public func revoke(_ id: String, now: Int64) throws -> Bool {
        let isThere = try database.write { db in
            try db.execute(sql: "UPDATE api_key SET revoked = coalesce(revoked, ?) WHERE id = ?", arguments: [now, id])
            return db.changesCount > 0
        }
        try reload()
        return isThere
    }

    /// The key that a text is; nil: none, or one that was revoked.
    ///
    /// Every key is compared, each in constant time: how long it takes says nothing of any.
    func key(of text: String) -> APIKey? {
        let hash = APIKey.hash(of: text)
        let keys = valid.withLockedValue { $0 }
        var found: Int?
        for index in keys.indices where isEqual(keys[index].hash, hash) { found = index }
        return found.map { keys[$0] }
    }

    /// The key with an id; nil: none, or one that was revoked.
    func key(id: String) -> APIKey? { valid.withLockedValue { keys in keys.first { $0.id == id } } }

    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference: UInt8 = left.count == right.count ? 0 : 1
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }

    private func reload() throws {
        let all = try Self.all(database).filter { $0.revoked == nil }
        valid.withLockedValue { $0 = all }
    }

    private static func key(_ row: Row) -> APIKey {
        let hash: Data = row["hash"]
        return APIKey(
            id: row["id"],
            name: row["name"],
            scope: KeyScope(rawValue: row["scope"]) ?? .view,
            created: row["created"],
            revoked: row["revoked"],
            hash: Array(hash)
        )
    }
}
