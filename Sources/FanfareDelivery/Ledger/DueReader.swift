import FanfareStore
import GRDB

/// Reads the rows of a ledger that are due, in the order in which they fall due.
///
/// `@unchecked Sendable`: used only with the claimer's lock held, which also makes its view newer than every commit
/// that the claimer has been told of.
final class DueReader: @unchecked Sendable {
    private let database: DatabaseQueue
    /// Nil only when it is let go of.
    private var select: HotStatement?

    init(_ ledger: Ledger) throws {
        let database = try ledger.openForReading()
        select = try database.inDatabase { db in
            try HotStatement(
                db,
                """
                SELECT ordinal, state, attempts, uncounted, first_at, due_at FROM outcome
                WHERE state IN (1, 3) AND due_at <= ?1 AND (due_at, ordinal) > (?2, ?3)
                ORDER BY due_at, ordinal LIMIT ?4
                """
            )
        }
        self.database = database
    }

    /// A statement is let go of within an access of its connection.
    deinit { database.inDatabase { _ in select = nil } }

    /// The place of the row read last in the order of (due time, ordinal).
    struct Cursor: Comparable {
        var dueAt: Int64 = -1
        var ordinal: Int64 = -1

        static func < (one: Cursor, other: Cursor) -> Bool {
            (one.dueAt, one.ordinal) < (other.dueAt, other.ordinal)
        }
    }

    /// Appends up to `limit` rows behind the cursor that are due at `laneSeconds`, and moves the cursor.
    ///
    /// - Returns: Whether there may be more.
    func read(
        after cursor: inout Cursor,
        dueAt laneSeconds: Int64,
        limit: Int,
        into claims: inout [Claim]
    ) throws -> Bool {
        try database.inDatabase { _ in
            guard let select else { return false }
            defer { select.reset() }
            select.bind(1, laneSeconds)
            select.bind(2, cursor.dueAt)
            select.bind(3, cursor.ordinal)
            select.bind(4, Int64(limit))
            var count = 0
            while try select.step() {
                let claim = Claim(row: select)
                claims.append(claim)
                cursor = Cursor(dueAt: claim.dueAt, ordinal: claim.ordinal)
                count += 1
            }
            return count == limit
        }
    }
}

extension Claim {
    /// The row a statement stands on: ordinal, state, attempts, uncounted, first_at, due_at.
    fileprivate init(row: HotStatement) {
        self.init(
            ordinal: row.columnInt64(0),
            before: row.columnInt64(1) == Int64(DeliveryState.available.rawValue) ? .available : .retryable,
            attempts: Int32(truncatingIfNeeded: row.columnInt64(2)),
            uncounted: Int32(truncatingIfNeeded: row.columnInt64(3)),
            firstAt: row.columnInt64(4),
            failedBeforeReopening: row.columnInt64(4) == Ledger.reopenedAfterFailure,
            dueAt: row.columnInt64(5)
        )
    }
}
