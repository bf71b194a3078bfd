import FanfareStore
import GRDB

/// Forgets what stands in an event ledger of events that ended long ago: from the oldest on, up to the first that has not
/// ended or not long ago. Counts stay.
public enum EventRetention {
    /// What is forgotten of an event.
    public enum Matter: String, Sendable, Hashable {
        /// Its body and what receivers answered: it cannot be sent again.
        case bodies
        /// All of it.
        case rows
    }

    /// Events of a commit.
    private static let piece = 2000

    /// Forgets in a ledger that nobody has open.
    ///
    /// - Parameters:
    ///   - matter: What is forgotten.
    ///   - path: The ledger's file; nothing is done where there is none.
    ///   - endedBefore: Unix seconds.
    /// - Returns: Of how many events.
    /// - Throws: `StoreError`.
    public static func forget(_ matter: Matter, in path: String, endedBefore: Int64) throws -> Int {
        guard Durability.fileExists(path) else { return 0 }
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try EventLedgerSchema.schema.migrate(database)
        var count = 0
        do {
            while true {
                let (forgotten, hasMore) = try database.write { try piece(matter, endedBefore: endedBefore, $0) }
                count += forgotten
                if !hasMore { break }
            }
        } catch {
            throw StoreError(error, path: path)
        }
        if count > 0 { _ = try WriteAheadLog.empty(database) }
        return count
    }

    /// Forgets one piece.
    ///
    /// - Returns: Of how many events, and whether there may be more.
    static func piece(_ matter: Matter, endedBefore: Int64, _ db: Database) throws -> (Int, Bool) {
        let start =
            try Int64.fetchOne(
                db,
                sql: "SELECT through FROM event_retention WHERE matter = ?",
                arguments: [matter.rawValue]
            ) ?? 0
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT number, state, finished_at FROM event WHERE number > ? ORDER BY number LIMIT ?",
            arguments: [start, piece]
        )
        let old = rows.prefix { ($0[1] as Int64) >= 4 && ($0[2] as Int64) < endedBefore }
        guard let last = old.last.map({ $0[0] as Int64 }) else { return (0, false) }
        try db.execute(sql: "PRAGMA secure_delete = ON")
        let range: StatementArguments = [start, last]
        switch matter {
        case .bodies:
            try db.execute(sql: "UPDATE event SET body = NULL WHERE number > ? AND number <= ?", arguments: range)
            try db.execute(
                sql: "UPDATE event_attempt SET excerpt = x'', location = NULL WHERE event > ? AND event <= ?",
                arguments: range
            )
        case .rows:
            try db.execute(sql: "DELETE FROM event_attempt WHERE event > ? AND event <= ?", arguments: range)
            try db.execute(sql: "DELETE FROM event WHERE number > ? AND number <= ?", arguments: range)
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO event_retention (matter, through) VALUES (?, ?)",
            arguments: [matter.rawValue, last]
        )
        return (old.count, old.count == piece)
    }
}

extension EventBook {
    /// Forgets what stands of events that ended long ago; see ``EventRetention``.
    ///
    /// - Parameters:
    ///   - matter: What is forgotten.
    ///   - endedBefore: Unix seconds.
    /// - Returns: Of how many events.
    /// - Throws: What keeps it from being written; asked again, it goes on.
    public func forget(_ matter: EventRetention.Matter, endedBefore: Int64) async throws -> Int {
        var count = 0
        while true {
            let (forgotten, hasMore) = try await write { db in
                try EventRetention.piece(matter, endedBefore: endedBefore, db)
            }
            count += forgotten
            if !hasMore { return count }
        }
    }
}
