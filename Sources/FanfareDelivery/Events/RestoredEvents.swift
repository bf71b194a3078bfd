import FanfareStore
import GRDB

/// Events of a ledger that was restored from a backup: what had not been delivered when that was made may have been
/// since, and is uncertain until the operator decides.
public enum RestoredEvents {
    /// Makes what is open of a ledger uncertain, and has events up to a change keep the ids of the installation that
    /// they are of. Repeated it comes to the same.
    ///
    /// - Parameters:
    ///   - path: The ledger's file, of which nothing is sent.
    ///   - installation: The id of the installation that the backup is of.
    ///   - change: The last change of the audience that there is.
    ///   - unixTime: Now, in seconds.
    /// - Returns: How many events are uncertain.
    /// - Throws: `StoreError`.
    public static func hold(
        _ path: String,
        of installation: String,
        through change: Int64,
        unixTime: Int64
    ) throws -> Int64 {
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try EventLedgerSchema.schema.migrate(database)
        do {
            return try database.write { db in
                let last = try Int64.fetchOne(db, sql: "SELECT coalesce(max(change), 0) FROM event") ?? 0
                let cursor = try Int64.fetchOne(db, sql: "SELECT coalesce(max(change), 0) FROM event_cursor") ?? 0
                try db.execute(
                    sql: "INSERT OR IGNORE INTO event_installation (through, installation) VALUES (?, ?)",
                    arguments: [max(change, last, cursor), installation]
                )
                return try makeUncertain(upTo: .max, unixTime: unixTime, db)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    static func epochs(_ db: Database) throws -> [EventEpoch] {
        try Row.fetchAll(db, sql: "SELECT through, installation FROM event_installation ORDER BY through").map {
            EventEpoch(through: $0[0], installation: $0[1])
        }
    }

    /// - Returns: How many events were restored, and the endpoints that have something to be sent.
    static func settle(resend: Bool, unixTime: Int64, _ db: Database) throws -> (Int64, [String]) {
        var count: Int64 = 0
        if resend {
            // Without its body an event was erased since.
            let restored = EventSelection("state = 8 AND reason = ? AND body IS NOT NULL", [Reason.restored.rawValue])
            count = try restored.move(to: .available, reason: 0, db)
        } else {
            // What stood in the change log, and was not taken over yet, may have been sent as well.
            let last = try Int64.fetchOne(db, sql: "SELECT coalesce(max(through), 0) FROM event_installation") ?? 0
            _ = try makeUncertain(upTo: last, unixTime: unixTime, db)
            let sql = "SELECT count(*) FROM event WHERE state = 8 AND reason = ?"
            count = try Int64.fetchOne(db, sql: sql, arguments: [Reason.restored.rawValue]) ?? 0
        }
        try putInOrder(db)
        return (count, try String.fetchAll(db, sql: "SELECT DISTINCT endpoint FROM event WHERE state = 1"))
    }

    private static func makeUncertain(upTo change: Int64, unixTime: Int64, _ db: Database) throws -> Int64 {
        let open = EventSelection("state < 4 AND change <= ?", [change])
        return try open.move(to: .uncertain, reason: Int64(Reason.restored.rawValue), finishedAt: unixTime, db)
    }

    /// Has each contact's events go out one after the other again, in the order in which they arose.
    private static func putInOrder(_ db: Database) throws {
        let hasEarlier = """
            contact <> 0 AND EXISTS (
                SELECT 1 FROM event AS other WHERE other.endpoint = event.endpoint AND other.contact = event.contact
                    AND other.number < event.number AND other.state < 4
            )
            """
        _ = try EventSelection("state = 1 AND \(hasEarlier)").move(to: .scheduled, db)
        _ = try EventSelection("state = 0 AND NOT (\(hasEarlier))").move(to: .available, db)
    }
}
