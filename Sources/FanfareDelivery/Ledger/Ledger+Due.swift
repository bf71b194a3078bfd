import FanfareStore
import GRDB

extension Ledger {
    /// The lane time, in seconds, at which the first of the deliveries that wait for a further attempt falls due.
    func oldestDue() throws -> Int64? {
        try openForReading().read { db in
            try Int64.fetchOne(
                db,
                sql: "SELECT due_at FROM outcome WHERE state IN (1, 3) ORDER BY due_at, ordinal LIMIT 1"
            )
        }
    }
}
