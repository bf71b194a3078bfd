import FanfareStore
import GRDB

extension Ledger {
    /// Settles what the last process left open, in one transaction, before the first dispatch.
    ///
    /// What lies at or below the watermark without an outcome, and what was marked in flight, may or may not have
    /// reached the receiver. Under `hold` it becomes `uncertain`; under `resend` it becomes `available` and is sent
    /// again with the same id.
    ///
    /// - Parameter whenUncertain: The operator's choice.
    /// - Returns: How many deliveries were left open; 0 after an orderly end.
    /// - Throws: `StoreError`.
    public func recover(_ whenUncertain: DeliverySettings.WhenUncertain) throws -> Int64 {
        try describingDamage { try settleUnsettled(whenUncertain) }
    }

    private func settleUnsettled(_ whenUncertain: DeliverySettings.WhenUncertain) throws -> Int64 {
        try openForWriting().writeWithoutTransaction { db in
            var progress = try Self.progress(db)
            let state: DeliveryState = whenUncertain == .hold ? .uncertain : .available
            var unsettled: Int64 = 0
            try db.inTransaction(.immediate) {
                let unknown = try Self.settle(
                    withoutRowUpTo: progress.watermark,
                    as: state,
                    .interrupted,
                    firstAt: progress.laneSeconds,
                    db
                )
                let marked = try Self.settle(.inFlight, as: state, .interrupted, db)
                unsettled = unknown + marked
                progress.counts.move(unknown, from: .scheduled, to: state)
                progress.counts.move(marked, from: .inFlight, to: state)
                progress.recovered += unsettled
                progress.claimed = progress.watermark
                try LedgerCommit.write(&progress, in: db)
                return .commit
            }
            return unsettled
        }
    }

    /// Cancels everything that is not final, in one transaction. The fan-out must not be running.
    ///
    /// What was under way when an earlier process died, and was not sent again, becomes `uncertain`: that it was stopped
    /// in time nobody knows.
    ///
    /// - Parameter reason: Why, as the rows will say.
    /// - Returns: How many deliveries were cancelled.
    /// - Throws: `StoreError`.
    @discardableResult
    public func cancelRest(_ reason: Reason) throws -> Int64 { try describingDamage { try cancelOpen(reason) } }

    private func cancelOpen(_ reason: Reason) throws -> Int64 {
        try openForWriting().writeWithoutTransaction { db in
            var progress = try Self.progress(db)
            let before = progress.counts[.cancelled]
            try db.inTransaction(.immediate) {
                let unsent = try Self.settle(withoutRowUpTo: .max, as: .cancelled, reason, firstAt: -1, db)
                progress.counts.move(unsent, from: .scheduled, to: .cancelled)
                let unknown = try Self.holdInterrupted(db)
                progress.counts.move(unknown, from: .available, to: .uncertain)
                for state in [DeliveryState.available, .inFlight, .retryable] {
                    let open = try Self.settle(state, as: .cancelled, reason, db)
                    progress.counts.move(open, from: state, to: .cancelled)
                }
                try LedgerCommit.write(&progress, in: db)
                return .commit
            }
            return progress.counts[.cancelled] - before
        }
    }

    /// What was recovered to be sent again and was not; returns how many there were.
    private static func holdInterrupted(_ db: Database) throws -> Int64 {
        try db.execute(
            sql: "UPDATE outcome SET state = ?1, finished_at = unixepoch() WHERE state = ?2 AND reason = ?3",
            arguments: [
                Int64(DeliveryState.uncertain.rawValue), Int64(DeliveryState.available.rawValue),
                Int64(Reason.interrupted.rawValue),
            ]
        )
        return Int64(db.changesCount)
    }

    /// Gives a row to each recipient up to an ordinal that has none; returns how many there were.
    static func settle(
        withoutRowUpTo last: Int64,
        as state: DeliveryState,
        _ reason: Reason,
        firstAt: Int64,
        _ db: Database
    ) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO outcome (ordinal, state, attempts, uncounted, first_at, due_at, status, reason,
                    finished_at, duration, digest)
                SELECT ordinal, ?1, 0, 0, ?2, max(?2, 0), 0, ?3, unixepoch(), 0, 0 FROM recipient
                WHERE ordinal <= ?4 AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.ordinal = recipient.ordinal)
                """,
            arguments: [Int64(state.rawValue), firstAt, Int64(reason.rawValue), last]
        )
        return Int64(db.changesCount)
    }

    /// Moves all rows of one state to another; returns how many there were.
    private static func settle(
        _ before: DeliveryState,
        as state: DeliveryState,
        _ reason: Reason,
        _ db: Database
    ) throws -> Int64 {
        try db.execute(
            sql: "UPDATE outcome SET state = ?1, reason = ?2, finished_at = unixepoch() WHERE state = ?3",
            arguments: [Int64(state.rawValue), Int64(reason.rawValue), Int64(before.rawValue)]
        )
        return Int64(db.changesCount)
    }
}
