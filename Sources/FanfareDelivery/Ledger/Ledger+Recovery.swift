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
        let database = try openForWriting()
        return try database.writeWithoutTransaction { db in
            var progress = try Self.progress(db)
            let state: DeliveryState = whenUncertain == .hold ? .uncertain : .available
            var unsettled: Int64 = 0
            try db.inTransaction(.immediate) {
                let unknown = try Self.settleUnknown(as: state, upTo: progress.watermark, at: progress.laneSeconds, db)
                let marked = try Self.settleMarked(as: state, db)
                unsettled = unknown + marked
                progress.counts.move(unknown, from: .scheduled, to: state)
                progress.counts.move(marked, from: .inFlight, to: state)
                progress.recovered += unsettled
                progress.claimed = progress.watermark
                try LedgerCommit.write(progress, in: db)
                return .commit
            }
            return unsettled
        }
    }

    private static func settleUnknown(
        as state: DeliveryState,
        upTo watermark: Int64,
        at laneSeconds: Int64,
        _ db: Database
    ) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO outcome (ordinal, state, attempts, uncounted, first_at, due_at, status, reason,
                    finished_at, duration, digest)
                SELECT ordinal, ?1, 0, 0, ?2, ?2, 0, ?3, unixepoch(), 0, 0 FROM recipient
                WHERE ordinal <= ?4 AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.ordinal = recipient.ordinal)
                """,
            arguments: [Int64(state.rawValue), laneSeconds, Int64(Reason.interrupted.rawValue), watermark]
        )
        return Int64(db.changesCount)
    }

    private static func settleMarked(as state: DeliveryState, _ db: Database) throws -> Int64 {
        try db.execute(
            sql: "UPDATE outcome SET state = ?1, reason = ?2, finished_at = unixepoch() WHERE state = ?3",
            arguments: [
                Int64(state.rawValue), Int64(Reason.interrupted.rawValue), Int64(DeliveryState.inFlight.rawValue),
            ]
        )
        return Int64(db.changesCount)
    }

    /// Cancels everything that is not final, in one transaction. The fan-out must not be running.
    ///
    /// - Parameter reason: Why, as the rows will say.
    /// - Returns: How many deliveries were cancelled.
    /// - Throws: `StoreError`.
    @discardableResult
    public func cancelRest(_ reason: Reason) throws -> Int64 {
        let database = try openForWriting()
        return try database.writeWithoutTransaction { db in
            var progress = try Self.progress(db)
            let before = progress.counts[.cancelled]
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: """
                        INSERT INTO outcome (ordinal, state, attempts, uncounted, first_at, due_at, status, reason,
                            finished_at, duration, digest)
                        SELECT ordinal, ?1, 0, 0, -1, 0, 0, ?2, unixepoch(), 0, 0 FROM recipient
                        WHERE NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.ordinal = recipient.ordinal)
                        """,
                    arguments: [Int64(DeliveryState.cancelled.rawValue), Int64(reason.rawValue)]
                )
                progress.counts.move(Int64(db.changesCount), from: .scheduled, to: .cancelled)
                for state in [DeliveryState.available, .inFlight, .retryable] {
                    try db.execute(
                        sql: "UPDATE outcome SET state = ?1, reason = ?2, finished_at = unixepoch() WHERE state = ?3",
                        arguments: [
                            Int64(DeliveryState.cancelled.rawValue), Int64(reason.rawValue), Int64(state.rawValue),
                        ]
                    )
                    progress.counts.move(Int64(db.changesCount), from: state, to: .cancelled)
                }
                try LedgerCommit.write(progress, in: db)
                return .commit
            }
            return progress.counts[.cancelled] - before
        }
    }
}
