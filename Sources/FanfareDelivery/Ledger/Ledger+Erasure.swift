import FanfareStore
import GRDB

extension Ledger {
    /// Forgets what stands of a contact beside what became of its deliveries: what the receiver answered, and digests of
    /// what it was sent. Counts, states and times stay. Also while it is under way; repeated it comes to the same.
    ///
    /// What was deleted is overwritten, and the write-ahead log emptied.
    ///
    /// - Parameter contact: The contact's key in its audience.
    /// - Returns: Whether nothing of it is left: no delivery is open that may be under way, and the log was emptied.
    /// - Throws: ``DeliveryError`` for a ledger that is damaged, `StoreError`.
    public func erase(contact: Int64) throws -> Erasure {
        try describingDamage {
            let database = try openForWriting()
            var erasure = Erasure()
            erasure.isOpen = try database.write { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                let ordinals = try Int64.fetchAll(
                    db,
                    sql: "SELECT ordinal FROM recipient WHERE contact = ?",
                    arguments: [contact]
                )
                return try ordinals.reduce(false) { isOpen, ordinal in try Self.erase(ordinal, db) || isOpen }
            }
            erasure.isLogged = try !WriteAheadLog.empty(database)
            return erasure
        }
    }

    /// What is left of a contact that was erased in a ledger.
    public struct Erasure: Sendable, Hashable {
        /// A delivery to it may be under way, where a process runs the fan-out.
        public var isOpen = false
        /// The write-ahead log may still hold what was deleted, as somebody reads an earlier state.
        public var isLogged = false
    }

    /// - Returns: Whether a request may be under way.
    private static func erase(_ ordinal: Int64, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "UPDATE attempt SET digest = 0, excerpt = NULL, location = NULL WHERE ordinal = ?",
            arguments: [ordinal]
        )
        try db.execute(sql: "UPDATE outcome SET digest = 0 WHERE ordinal = ?", arguments: [ordinal])
        let state = try Int64.fetchOne(db, sql: "SELECT state FROM outcome WHERE ordinal = ?", arguments: [ordinal])
        if let state { return state < Int64(DeliveryState.delivered.rawValue) }
        return try progress(db).watermark >= ordinal
    }
}
