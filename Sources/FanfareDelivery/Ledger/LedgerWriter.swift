import FanfareStore
import FanfareTransport
import GRDB
import NIOConcurrencyHelpers

/// The one thread that writes a running fan-out's ledger: group commits of outcomes, attempts, counts and watermark.
///
/// A commit comes when 2,048 outcomes have gathered, 100 ms after the last, or at once when the watermark must move.
/// A disk that is full stops nothing for good: what is not recorded stays in memory and is tried again every second.
final class LedgerWriter: Sendable {
    /// What a commit reports, on the writer's thread.
    struct Commit {
        /// The progress as it now stands on disk.
        var progress: LedgerProgress
        /// Set while the ledger cannot be written; the outcomes stay in memory.
        var stall: StoreError?
        /// How long it took.
        var microseconds: Int64
    }

    /// What the writer needs to know of the fan-out at each commit.
    struct Position {
        var laneSeconds: Int64
        var claimed: Int64
    }

    private let inbox: OutcomeInbox
    private let thread: LoopThread
    private let failure = NIOLockedValueBox<StoreError?>(nil)

    /// Opens the ledger on a thread of its own.
    ///
    /// - Parameters:
    ///   - ledger: The frozen ledger.
    ///   - inbox: Where outcomes come from.
    ///   - position: Asked before each commit, on the writer's thread.
    ///   - onCommit: Told after each commit or failed try, on the writer's thread, with the records just committed
    ///     (none when it failed).
    /// - Throws: `StoreError` when the file cannot be opened.
    init(
        ledger: Ledger,
        inbox: OutcomeInbox,
        position: @escaping @Sendable () -> Position,
        onCommit: @escaping @Sendable (_ records: [OutcomeRecord], Commit) -> Void
    ) throws {
        self.inbox = inbox
        let database = try ledger.openForWriting()
        let progress = try ledger.progress()
        let failure = self.failure
        thread = try LoopThread(name: "fanfare-ledger") {
            var loop = WriterLoop(database: database, progress: progress, inbox: inbox, position: position)
            let error = loop.run(onCommit: onCommit)
            loop.emptyLog()
            failure.withLockedValue { $0 = error }
        }
    }

    /// Commits what is there, ends the thread, closes the file.
    ///
    /// - Throws: The error that kept the last outcomes from being recorded; they are uncertain at the next start.
    func finish() throws {
        inbox.close()
        thread.join()
        if let error = failure.withLockedValue({ $0 }) { throw error }
    }
}

/// The writer's state, on its thread alone.
private struct WriterLoop {
    private static let patience = 0.1
    private static let stallPatience = 1.0
    /// Lane time moves without outcomes too, while retries wait: kept at least this often, in seconds.
    private static let idleCommitSeconds: Int64 = 5

    let database: DatabaseQueue
    var progress: LedgerProgress
    let inbox: OutcomeInbox
    let position: @Sendable () -> LedgerWriter.Position
    var commit: LedgerCommit?
    var batch = OutcomeBatch()
    var late = OutcomeBatch()

    /// Runs until the inbox is closed; returns what kept the last outcomes from being written.
    mutating func run(onCommit: (_ records: [OutcomeRecord], LedgerWriter.Commit) -> Void) -> StoreError? {
        var stall: StoreError?
        var watermark: Int64?
        while true {
            let work = inbox.take(into: &late, patience: stall == nil ? Self.patience : Self.stallPatience)
            if batch.isEmpty {
                swap(&batch, &late)
            } else {
                batch.append(late)
                late.removeAll()
            }
            watermark = work.watermark ?? watermark
            if !batch.isEmpty || watermark != nil || work.isClosed || isStale() {
                let start = Clocks.monotonic()
                stall = attemptCommit(watermark: watermark)
                let time = Int64((Clocks.monotonic() - start) / 1000)
                // Before the loops are woken by it: one that still saw no room would wait for the next commit.
                if stall == nil { inbox.committed() }
                onCommit(
                    stall == nil ? batch.records : [],
                    .init(progress: progress, stall: stall, microseconds: time)
                )
                if stall == nil {
                    batch.removeAll()
                    watermark = nil
                }
            }
            if work.isClosed { return stall }
        }
    }

    /// Moves what the write-ahead log holds into the file, and cuts the log to nothing: the file alone has all then, and
    /// one that is cut short or copied without its log is told.
    func emptyLog() {
        do {
            try database.inDatabase { db in
                // A reader in the middle of a long report is not waited for.
                try db.execute(sql: "PRAGMA busy_timeout = 500")
                try db.checkpoint(.truncate)
            }
        } catch {
            // Everything is committed, and stays in the log: whoever opens it next moves it.
        }
    }

    private func isStale() -> Bool {
        position().laneSeconds - progress.laneSeconds >= Self.idleCommitSeconds
    }

    private mutating func attemptCommit(watermark: Int64?) -> StoreError? {
        let position = position()
        var next = progress
        next.watermark = watermark ?? progress.watermark
        next.laneSeconds = max(position.laneSeconds, progress.laneSeconds)
        next.claimed = position.claimed
        batch.sort()
        do {
            try database.inDatabase { db in
                let commit = try self.commit ?? LedgerCommit(db)
                self.commit = commit
                try commit.write(batch, progress: &next, in: db)
            }
        } catch {
            return StoreError(error, path: database.path)
        }
        progress = next
        return nil
    }
}
