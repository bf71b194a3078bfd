import CPageChecks
import GRDB
import GRDBSQLite

/// A copy of a database, made with SQLite's backup interface out of a connection that holds a read transaction: what is
/// committed meanwhile neither comes into it nor makes it begin anew. (`VACUUM INTO` is refused within a transaction.)
enum DatabaseCopy {
    /// Pages of a step.
    private static let step: Int32 = 1024

    static func make(of source: Database, at target: String, step: (Int64) throws -> Void) throws {
        let size = try Int64.fetchOne(source, sql: "PRAGMA page_size") ?? 4096
        let copy = try empty(at: target, pageSize: size, keepsChecks: try keepsChecks(source))
        var failure: (any Error)?
        do {
            try withoutActuallyEscaping(step) { step in
                try copy.inDatabase { copy in
                    try source.backup(to: copy, pagesPerStep: Self.step) { progress in
                        do {
                            try step(Int64(progress.completedPageCount) * size)
                        } catch {
                            failure = error
                            throw error
                        }
                    }
                }
            }
            // What is told of the last step is not passed on by the library.
            if let failure { throw failure }
            try copy.close()
        } catch {
            if let failure { throw failure }
            throw StoreError(error, path: target)
        }
    }

    private static func keepsChecks(_ source: Database) throws -> Bool {
        guard let connection = source.sqliteConnection else { throw StoreError(.misuse, "the connection is closed") }
        var bytes: Int32 = 0
        let code = fanfare_reserved_bytes(UnsafeMutableRawPointer(connection), &bytes)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        return bytes == FANFARE_PAGE_CHECK_BYTES
    }

    /// A file whose header stands already: it says whether pages have checksums, and a page that is written before the
    /// header would have none.
    private static func empty(at target: String, pageSize: Int64, keepsChecks: Bool) throws(StoreError) -> DatabaseQueue
    {
        try DatabaseFile.openCopy(target) { db in
            try db.execute(sql: "PRAGMA page_size = \(pageSize)")
            if keepsChecks {
                guard let connection = db.sqliteConnection else {
                    throw StoreError(.misuse, "the connection is closed")
                }
                let code = fanfare_keep_page_checks(UnsafeMutableRawPointer(connection))
                guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
            }
            // Nobody takes half a copy for a whole one: it is synchronised at its end, and needs no journal.
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
    }
}
