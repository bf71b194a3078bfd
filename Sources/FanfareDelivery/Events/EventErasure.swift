import FanfareStore
import GRDB

/// Forgets what stands in an event ledger of a contact, where nothing is sent of it.
public enum EventErasure {
    /// Bodies and answers go, what was not delivered is skipped, and the write-ahead log is emptied.
    ///
    /// - Parameters:
    ///   - contact: The contact's key in its audience.
    ///   - path: The ledger's file; nothing is done where there is none.
    ///   - unixTime: Now, in seconds.
    /// - Returns: Whether nothing of it is left.
    /// - Throws: `StoreError`.
    public static func erase(contact: Int64, in path: String, unixTime: Int64) throws -> Bool {
        guard Durability.fileExists(path) else { return true }
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try EventLedgerSchema.schema.migrate(database)
        do {
            try database.write { db in _ = try EventRows.erase(contact: contact, unixTime: unixTime, db) }
        } catch {
            throw StoreError(error, path: path)
        }
        return try WriteAheadLog.empty(database)
    }
}
