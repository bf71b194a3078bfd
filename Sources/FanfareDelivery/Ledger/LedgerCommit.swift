import FanfareStore
import GRDB

/// The ledger writer's transactions, their statements prepared once and bound directly.
///
/// Thread: the writer's; every call inside an access of the connection it was made with.
final class LedgerCommit {
    private var insertOutcomes: RowInserter
    private let updateOutcome: HotStatement
    private let insertAttempt: HotStatement

    /// - Throws: `StoreError` or `DatabaseError` when the file is no ledger.
    init(_ db: Database) throws {
        // Nothing in the place of a row that exists: it means that one delivery was settled twice, and fails.
        insertOutcomes = try RowInserter(
            cachedIn: db,
            """
            INSERT OR FAIL INTO outcome (state, attempts, uncounted, first_at, due_at, status, reason, finished_at,
                duration, digest, ordinal)
            """,
            row: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        updateOutcome = try HotStatement(
            db,
            """
            UPDATE outcome SET state = ?, attempts = ?, uncounted = ?, first_at = ?, due_at = ?, status = ?,
                reason = ?, finished_at = ?, duration = ?, digest = ?
            WHERE ordinal = ?
            """
        )
        // Attempts of a delivery that was reopened are counted from one again, and go on in its history.
        insertAttempt = try HotStatement(
            db,
            """
            INSERT INTO attempt (ordinal, number, status, reason, curl_code, os_error, finished_at, connected, secured,
                first_byte, total, digest, excerpt, location)
            VALUES (?1, max(?2, 1 + coalesce((SELECT max(number) FROM attempt WHERE ordinal = ?1), 0)), ?3, ?4, ?5, ?6,
                ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """
        )
    }

    /// Writes outcomes, attempts and progress in one transaction, and moves `progress.counts` with them.
    ///
    /// - Throws: `StoreError` or `DatabaseError`; then nothing of it is on disk, and `progress` must be thrown away.
    func write(_ batch: OutcomeBatch, progress: inout LedgerProgress, in db: Database) throws {
        try db.inWrite {
            try write(batch.records, counts: &progress.counts)
            try write(batch.attempts, excerpts: batch.excerpts)
            try Self.write(&progress, in: db)
        }
    }

    private func write(_ records: [OutcomeRecord], counts: inout StateCounts) throws {
        var next = 0
        while next < records.count {
            let fresh = records[next...].prefix { $0.before == .scheduled }
            if fresh.isEmpty {
                Self.bind(records[next], to: updateOutcome, behind: 0)
                try updateOutcome.run()
                next += 1
            } else {
                try insertOutcomes.insert(fresh.count) { row, statement, offset in
                    Self.bind(fresh[fresh.startIndex + row], to: statement, behind: offset)
                }
                next = fresh.endIndex
            }
        }
        for record in records { counts.move(from: record.before, to: record.state) }
    }

    private static func bind(_ record: OutcomeRecord, to statement: HotStatement, behind offset: Int) {
        statement.bind(offset + 1, Int64(record.state.rawValue))
        statement.bind(offset + 2, Int64(record.attempts))
        statement.bind(offset + 3, Int64(record.uncounted))
        statement.bind(offset + 4, record.firstAt)
        statement.bind(offset + 5, record.dueAt)
        statement.bind(offset + 6, Int64(record.status))
        statement.bind(offset + 7, Int64(record.reason))
        statement.bind(offset + 8, record.finishedAt)
        statement.bind(offset + 9, record.duration)
        statement.bind(offset + 10, record.digest)
        statement.bind(offset + 11, record.ordinal)
    }

    private func write(_ attempts: [AttemptRecord], excerpts: [UInt8]) throws {
        if attempts.isEmpty { return }
        try excerpts.withUnsafeBytes { bytes in
            for attempt in attempts {
                insertAttempt.bind(1, attempt.ordinal)
                insertAttempt.bind(2, Int64(attempt.number))
                insertAttempt.bind(3, Int64(attempt.status))
                insertAttempt.bind(4, Int64(attempt.reason))
                insertAttempt.bind(5, Int64(attempt.curlCode))
                insertAttempt.bind(6, Int64(attempt.osError))
                insertAttempt.bind(7, attempt.finishedAt)
                insertAttempt.bind(8, attempt.connected)
                insertAttempt.bind(9, attempt.secured)
                insertAttempt.bind(10, attempt.firstByte)
                insertAttempt.bind(11, attempt.total)
                insertAttempt.bind(12, attempt.digest)
                let end = attempt.excerptOffset + attempt.excerptLength
                let excerpt = UnsafeRawBufferPointer(rebasing: bytes[attempt.excerptOffset..<end])
                insertAttempt.bind(13, blob: excerpt, .untilReset)
                if attempt.locationLength > 0 {
                    let location = UnsafeRawBufferPointer(rebasing: bytes[end..<(end + attempt.locationLength)])
                    insertAttempt.bind(14, text: location, .untilReset)
                } else {
                    insertAttempt.bindNull(14)
                }
                try insertAttempt.run()
            }
        }
    }

    /// Writes the progress row, and counts that in `progress`; call inside a transaction.
    static func write(_ progress: inout LedgerProgress, in db: Database) throws {
        progress.commits += 1
        let update = try HotStatement(cachedIn: db, updateProgress)
        update.bind(1, progress.isFrozen ? 1 : 0)
        update.bind(2, progress.watermark)
        update.bind(3, progress.claimed)
        update.bind(4, progress.laneSeconds)
        update.bind(5, progress.recovered)
        var parameter = 6
        for state in DeliveryState.allCases {
            update.bind(parameter, progress.counts[state])
            parameter += 1
        }
        update.bind(parameter, progress.commits)
        update.bind(parameter + 1, progress.sum)
        try update.run()
    }

    private static let updateProgress = """
        UPDATE progress SET frozen = ?, watermark = ?, claimed = ?, lane_seconds = ?, recovered = ?,
            scheduled = ?, available = ?, in_flight = ?, retryable = ?, delivered = ?, dead = ?, cancelled = ?,
            skipped = ?, uncertain = ?, commits = ?, progress_sum = ?
        """
}
