import FanfareStore
import GRDB

extension Ledger {
    /// Forgets what receivers answered, for all deliveries; what became of each stays. The fan-out must have ended.
    ///
    /// - Returns: Of how many attempts.
    /// - Throws: ``DeliveryError`` for a ledger that is damaged, `StoreError`.
    public func forgetAnswers() throws -> Int {
        try describingDamage {
            let database = try openForWriting()
            let count = try database.write { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.execute(
                    sql: """
                        UPDATE attempt SET excerpt = NULL, location = NULL
                        WHERE excerpt IS NOT NULL OR location IS NOT NULL
                        """
                )
                return db.changesCount
            }
            _ = try WriteAheadLog.empty(database)
            return count
        }
    }
}
