import FanfareStore
import GRDB

extension Ledger {
    /// The states out of which a delivery can be reopened: final ones, in which it may be wanted at the receiver.
    public static let reopenable: Set<DeliveryState> = [.delivered, .dead, .cancelled, .skipped, .uncertain]

    /// How many deliveries ``reopen(_:startsAfresh:)`` would reopen.
    ///
    /// - Parameter filter: Which; it must name states, all of them reopenable.
    /// - Throws: `StoreError`.
    public func countReopenable(_ filter: DeliveryFilter) throws -> Int64 {
        try describingDamage {
            try openForReading().read { db in
                try Self.count(filter, db).reduce(0) { $0 + $1.count }
            }
        }
    }

    /// Makes ended deliveries available again, with the same ids, in one transaction. The fan-out must not be running,
    /// and the catalogue must say already that it does.
    ///
    /// Attempts and deadline of each begin afresh; what became of it so far stays in its history.
    ///
    /// - Parameters:
    ///   - filter: Which; it must name states, all of them reopenable.
    ///   - startsAfresh: Whether the fan-out had ended: then nothing is left whose due time is counted in its lane
    ///     time, and the time for `stop_after` begins afresh too.
    /// - Returns: How many were reopened.
    /// - Throws: `StoreError`, ``DeliveryError`` for a ledger that contradicts itself.
    @discardableResult
    public func reopen(_ filter: DeliveryFilter, startsAfresh: Bool) throws -> Int64 {
        try describingDamage {
            try openForWriting().writeWithoutTransaction { try reopen(filter, startsAfresh: startsAfresh, $0) }
        }
    }

    private func reopen(_ filter: DeliveryFilter, startsAfresh: Bool, _ db: Database) throws -> Int64 {
        var reopened: Int64 = 0
        try db.inTransaction(.immediate) {
            var progress = try Self.progress(db)
            let found = try Self.count(filter, db)
            try Self.keepHistory(filter, db)
            try db.execute(
                sql: """
                    UPDATE outcome AS o SET state = \(DeliveryState.available.rawValue), attempts = 0,
                        uncounted = 0, first_at = \(Self.firstAtOfReopened), due_at = 0, status = 0, reason = 0, duration = 0,
                        finished_at = unixepoch()
                    WHERE \(Self.condition(filter))
                    """
            )
            reopened = Int64(db.changesCount)
            for (state, count) in found { progress.counts.move(count, from: state, to: .available) }
            guard reopened == found.reduce(0, { $0 + $1.count }) else {
                throw DeliveryError(.ledgerDamaged, "\(path): \(reopened) rows were reopened, not those counted")
            }
            if startsAfresh { progress.laneSeconds = 0 }
            if progress.counts[.scheduled] == 0 {
                // The rest may have been cancelled with a row each: none of them is claimed as a fresh one.
                progress.watermark = progress.counts.total
                progress.claimed = progress.counts.total
            }
            try LedgerCommit.write(&progress, in: db)
            return .commit
        }
        return reopened
    }

    /// `first_at` of what is reopened after it had failed. An error to it says as little about the receiver as one to
    /// a retry: a few contacts that always fail must not open the breaker when only they are left.
    static let reopenedAfterFailure: Int64 = -2

    private static let firstAtOfReopened = """
        CASE WHEN state IN (\(DeliveryState.dead.rawValue), \(DeliveryState.uncertain.rawValue)) \
        AND attempts + uncounted > 0 THEN \(reopenedAfterFailure) ELSE -1 END
        """

    private static func condition(_ filter: DeliveryFilter) -> String {
        precondition(!filter.states.isEmpty && filter.states.isSubset(of: reopenable), "no states to reopen")
        let states = filter.states.map { String($0.rawValue) }.sorted().joined(separator: ", ")
        var conditions = ["o.state IN (\(states))"] + filter.rowConditions
        // Lets SQLite use the partial index.
        if !filter.states.contains(.delivered) { conditions.append("o.state <> \(DeliveryState.delivered.rawValue)") }
        if let contact = filter.contact {
            conditions.append("o.ordinal IN (SELECT ordinal FROM recipient WHERE contact = \(contact))")
        }
        return conditions.joined(separator: " AND ")
    }

    private static func count(
        _ filter: DeliveryFilter,
        _ db: Database
    ) throws -> [(state: DeliveryState, count: Int64)] {
        try Row.fetchAll(
            db,
            sql: "SELECT o.state, count(*) AS n FROM outcome AS o WHERE \(condition(filter)) GROUP BY o.state"
        )
        .compactMap { row in
            // The condition lets no other state through.
            DeliveryState(rawValue: row["state"]).map { ($0, row["n"]) }
        }
    }

    /// An attempt that was accepted has no row in the history, nor one that a death cut off: the row of the outcome
    /// that is about to be overwritten says so.
    ///
    /// Not of one that is chosen by its last attempt: it would be chosen by another then.
    private static func keepHistory(_ filter: DeliveryFilter, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO attempt (ordinal, number, status, reason, curl_code, os_error, finished_at, connected,
                    secured, first_byte, total, digest)
                SELECT o.ordinal,
                    1 + coalesce((SELECT max(number) FROM attempt WHERE attempt.ordinal = o.ordinal), 0),
                    o.status, o.reason, 0, 0, o.finished_at, 0, 0, 0, o.duration, o.digest
                FROM outcome AS o WHERE \(condition(filter)) AND o.reason NOT IN (\(DeliveryFilter.endings))
                    AND (o.state = \(DeliveryState.delivered.rawValue)
                    OR (o.state = \(DeliveryState.uncertain.rawValue) AND o.reason = \(Reason.interrupted.rawValue)))
                """
        )
    }
}
