import FanfareStore
import Foundation
import GRDB

/// A link to the calendar that calendar programs subscribe to: shown once, stored hashed.
struct CalendarFeed: Sendable, Hashable {
    /// Ten hexadecimal digits, by which it is listed and ended.
    let id: String
    /// As people call it; needs not be unique.
    let name: String
    /// Unix time in seconds.
    let created: Int64
    /// Who had it made: `key 5a3f0c1b2e` or `operator anna`.
    let author: String
}

/// The links to the calendar of an installation: a table of the catalogue, `fanfare.sqlite`. Any thread; blocks.
struct CalendarFeeds: Sendable {
    /// Most there are.
    static let most = 1000

    private static let schema = Schema(
        module: "calendar feeds",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE calendar_feed (
                            id TEXT PRIMARY KEY,
                            name TEXT NOT NULL,
                            hash BLOB NOT NULL UNIQUE,
                            created INTEGER NOT NULL,
                            author TEXT NOT NULL
                        ) WITHOUT ROWID
                        """
                )
            }
        ]
    )

    private let database: DatabaseQueue

    /// - Parameter database: The catalogue, opened for writing by the owner of the data directory.
    init(_ database: DatabaseQueue) { self.database = database }

    /// All of them, oldest first.
    func all() throws -> [CalendarFeed] {
        try database.read { db in
            guard try db.tableExists("calendar_feed") else { return [] }
            return try Row.fetchAll(db, sql: "SELECT * FROM calendar_feed ORDER BY created, id").map { row in
                CalendarFeed(id: row["id"], name: row["name"], created: row["created"], author: row["author"])
            }
        }
    }

    /// Makes one.
    ///
    /// - Returns: The feed and its token, 32 hexadecimal digits, which nobody can show again; nil when there are as many
    ///   as there may be.
    func create(name: String, by author: String, now: Int64) throws -> (feed: CalendarFeed, token: String)? {
        try Self.schema.migrate(database)
        let token = Hexadecimal.random(digits: 32)
        let feed = CalendarFeed(id: Hexadecimal.random(digits: 10), name: name, created: now, author: author)
        return try database.write { db in
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM calendar_feed") ?? 0
            guard count < Self.most else { return nil }
            try db.execute(
                sql: "INSERT INTO calendar_feed (id, name, hash, created, author) VALUES (?, ?, ?, ?, ?)",
                arguments: [feed.id, name, Self.hash(of: token), now, author]
            )
            return (feed, token)
        }
    }

    /// Ends the use of one.
    ///
    /// - Returns: Whether there was one with that id.
    func remove(_ id: String) throws -> Bool {
        try database.write { db in
            guard try db.tableExists("calendar_feed") else { return false }
            try db.execute(sql: "DELETE FROM calendar_feed WHERE id = ?", arguments: [id])
            return db.changesCount > 0
        }
    }

    /// Whether a token is one's.
    ///
    /// It is looked up by its hash: how long that takes says nothing of a token.
    func admits(_ token: String) throws -> Bool {
        try database.read { db in
            guard try db.tableExists("calendar_feed") else { return false }
            let sql = "SELECT 1 FROM calendar_feed WHERE hash = ?"
            return try Int.fetchOne(db, sql: sql, arguments: [Self.hash(of: token)]) != nil
        }
    }

    private static func hash(of token: String) -> Data { APIKey.hash(of: token).withUnsafeBytes { Data($0) } }
}
