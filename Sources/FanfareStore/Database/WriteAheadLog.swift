public import GRDB

/// What stands in a database's `-wal` file until it is moved into the database.
public enum WriteAheadLog {
    /// Milliseconds that a reader of an earlier state is waited for.
    private static let patience = 500

    /// Moves what the log holds into the file, and cuts the log to nothing: what was deleted stands in neither then.
    ///
    /// - Parameter database: Opened for writing, outside of a transaction.
    /// - Returns: Whether that was done; not while somebody reads an earlier state.
    /// - Throws: ``StoreError``.
    public static func empty(_ database: DatabaseQueue) throws(StoreError) -> Bool {
        do {
            return try database.inDatabase { db in
                let before = try Int.fetchOne(db, sql: "PRAGMA busy_timeout") ?? 0
                try db.execute(sql: "PRAGMA busy_timeout = \(patience)")
                defer { do { try db.execute(sql: "PRAGMA busy_timeout = \(before)") } catch {} }
                let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                return (row?[0] as Int?) == 0
            }
        } catch {
            throw StoreError(error, path: database.path)
        }
    }
}
