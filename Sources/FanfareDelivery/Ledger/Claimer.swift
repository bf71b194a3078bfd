import DequeModule
import FanfareStore
import NIOConcurrencyHelpers

/// The one place that hands out a fan-out's deliveries: ranges that were never tried, and rows that are due.
///
/// What is claimed stays in its memory until its outcome is committed, so nothing is handed out twice; that memory is
/// bounded by the window and the lead, whatever the audience's size. Any thread may call it.
final class Claimer: Sendable {
    /// Rows read ahead of their claim at most.
    private static let readAhead = 1024

    private struct State {
        let total: Int64
        var lead: Int64
        /// The next ordinal never handed out.
        var next: Int64
        /// The last ordinal that may go out by now.
        var open: Int64
        /// As committed, and as asked for.
        var watermark: Int64
        var asked: Int64
        /// A lowered watermark is on its way to the disk; nothing fresh goes out until it is there.
        var isLowering = false
        /// Read, not yet handed out.
        var due = Deque<Claim>()
        /// Under `hold`: being marked in flight by the writer, by ordinal.
        var marking: [Int64: Claim] = [:]
        /// Handed back unsent; without a row, or marked.
        var returned = Deque<Claim>()
        /// Ordinals of rows read, marked or handed out whose outcome is not committed.
        var claimedRows: Set<Int64> = []
        /// Where reading the due rows goes on, and the second of lane time up to which they were all read.
        var cursor = DueReader.Cursor()
        var readUpTo: Int64 = -1
        var scratch: [Claim] = []

        /// A row was written that is due; where it lies behind the cursor, reading goes back to it.
        mutating func wasWritten(dueAt: Int64, ordinal: Int64) {
            cursor = min(cursor, DueReader.Cursor(dueAt: dueAt, ordinal: ordinal - 1))
            readUpTo = min(readUpTo, dueAt - 1)
        }

        /// The last ordinal that there is, and that may go out.
        var reach: Int64 { min(total, open) }

        mutating func takeScratch() -> [Claim] {
            var rows: [Claim] = []
            swap(&rows, &scratch)
            rows.removeAll(keepingCapacity: true)
            return rows
        }
    }

    private let state: NIOLockedValueBox<State>
    private let reader: DueReader
    private let inbox: OutcomeInbox
    private let marksRetries: Bool

    /// - Parameters:
    ///   - ledger: The frozen, recovered ledger.
    ///   - progress: Its progress row.
    ///   - lead: How far the watermark may run ahead of what was handed out, from 1.
    ///   - open: The last ordinal that may go out before ``open(upTo:)`` says otherwise.
    ///   - marksRetries: Whether a row is marked in flight before it is sent again (`hold`).
    ///   - inbox: Where the watermark is asked for.
    init(
        ledger: Ledger,
        progress: LedgerProgress,
        lead: Int,
        open: Int64 = .max,
        marksRetries: Bool,
        inbox: OutcomeInbox
    ) throws {
        reader = try DueReader(ledger)
        self.inbox = inbox
        self.marksRetries = marksRetries
        state = NIOLockedValueBox(
            State(
                total: progress.counts.total,
                lead: Int64(lead),
                next: progress.claimed + 1,
                open: open,
                watermark: progress.watermark,
                asked: progress.watermark
            )
        )
    }

    /// Takes up to `limit` deliveries that may be sent now: due rows first, then fresh ones, unless told otherwise.
    ///
    /// - Parameters:
    ///   - limit: How many at most.
    ///   - freshLimit: How many of them may be fresh.
    ///   - freshAhead: How many fresh ones may go out for now, in this turn and later: the watermark runs no further.
    ///   - retriesAhead: Under `hold`, how many are marked in flight for this turn and those to come: each waits for a
    ///     commit, which takes longer than a turn. No fewer than `limit`.
    ///   - prefersFresh: Fresh ones first.
    ///   - laneSeconds: The lane's time, in whole seconds.
    ///   - batch: Emptied, then filled.
    /// - Throws: `StoreError` when the ledger cannot be read.
    func claim(
        limit: Int,
        freshLimit: Int,
        freshAhead: Int = Int.max,
        retriesAhead: Int = 0,
        prefersFresh: Bool = false,
        laneSeconds: Int64,
        into batch: inout ClaimBatch
    ) throws {
        batch.removeAll()
        try state.withLockedValue { state in
            try readDue(laneSeconds: laneSeconds, &state)
            if prefersFresh { takeFresh(limit: min(freshLimit, limit), ahead: freshAhead, &state, into: &batch) }
            take(&state.returned, limit: limit - batch.count, into: &batch)
            if marksRetries {
                // What has been marked already, or is being marked, is as good as sent.
                let marked = batch.count + state.returned.count + state.marking.count
                let ahead = max(limit, retriesAhead)
                // Half of them at a time, so that not every turn asks for a commit.
                if marked < limit || marked <= ahead / 2 { mark(limit: ahead - marked, &state) }
            } else {
                take(&state.due, limit: limit - batch.count, into: &batch)
            }
            if !prefersFresh {
                takeFresh(limit: min(freshLimit, limit - batch.count), ahead: freshAhead, &state, into: &batch)
            }
        }
    }

    /// No fresh delivery is left, or none that may go out yet.
    var hasGivenOutAll: Bool { state.withLockedValue { $0.next > $0.reach } }

    /// Fresh deliveries may go out up to this ordinal; never fewer than before.
    func open(upTo ordinal: Int64) { state.withLockedValue { $0.open = max($0.open, ordinal) } }

    /// Hands back what was claimed and not sent: it goes out with the next claim, or back to the ledger.
    func giveBack(_ claim: Claim) {
        var claim = claim
        // Its deadline begins with its first attempt, and there was none.
        if claim.attempts + claim.uncounted == 0 {
            claim.firstAt = claim.failedBeforeReopening ? Ledger.reopenedAfterFailure : -1
        }
        state.withLockedValue { $0.returned.append(claim) }
    }

    /// Told by the writer which records are now on disk.
    func committed(_ records: [OutcomeRecord], progress: LedgerProgress) {
        state.withLockedValue { state in
            for record in records {
                if record.state == .inFlight {
                    if let claim = state.marking.removeValue(forKey: record.ordinal) { state.returned.append(claim) }
                    continue
                }
                if record.before != .scheduled { state.claimedRows.remove(record.ordinal) }
                if !record.state.isFinal { state.wasWritten(dueAt: record.dueAt, ordinal: record.ordinal) }
            }
            if state.isLowering { state.isLowering = progress.watermark != state.asked }
            if !state.isLowering { state.watermark = progress.watermark }
        }
    }

    /// Every ordinal up to this one has been handed out.
    var claimed: Int64 { state.withLockedValue { $0.next - 1 } }

    /// Writes back what was handed back, and lowers the watermark to what has been handed out, so that nothing unsent
    /// counts as possibly sent should the process die while the lane stands still. The next claim raises it again.
    func rest(unixTime: Int64) {
        state.withLockedValue { state in
            if !state.returned.isEmpty { inbox.post(Self.surrender(&state.returned, unixTime: unixTime)) }
            if state.isLowering || state.asked == state.next - 1 { return }
            state.isLowering = true
            state.watermark = state.next - 1
            state.asked = state.watermark
            inbox.ask(watermark: state.asked)
        }
    }

    /// Changes how far the watermark may run ahead. With a shorter lead what was asked for beyond it is taken back, as
    /// what lies below the watermark may count as sent should the process die.
    func change(lead: Int, unixTime: Int64) {
        let isShorter = state.withLockedValue { state in
            defer { state.lead = Int64(lead) }
            return Int64(lead) < state.lead
        }
        if isShorter { rest(unixTime: unixTime) }
    }

    /// For an orderly end: gives what was claimed and never sent back to the ledger, and lowers the watermark. Call
    /// when nothing is in flight any more and no loop claims.
    func surrender(unixTime: Int64) {
        state.withLockedValue { $0.due.removeAll() }
        rest(unixTime: unixTime)
    }

    /// Whether rows wait for the writer to mark them in flight (`hold`).
    var isMarking: Bool { state.withLockedValue { !$0.marking.isEmpty } }

    // MARK: Under the lock

    /// The rows of what was handed back; they are read again when they are due.
    private static func surrender(_ returned: inout Deque<Claim>, unixTime: Int64) -> OutcomeBatch {
        var batch = OutcomeBatch()
        for claim in returned { batch.append(OutcomeRecord(surrendered: claim, unixTime: unixTime)) }
        returned.removeAll()
        return batch
    }

    private func readDue(laneSeconds: Int64, _ state: inout State) throws {
        guard laneSeconds > state.readUpTo, state.due.count < Self.readAhead / 2 else { return }
        var rows = state.takeScratch()
        let more = try reader.read(
            after: &state.cursor,
            dueAt: laneSeconds,
            limit: Self.readAhead,
            into: &rows
        )
        for claim in rows where state.claimedRows.insert(claim.ordinal).inserted { state.due.append(claim) }
        state.scratch = rows
        if !more { state.readUpTo = laneSeconds }
    }

    private func take(_ queue: inout Deque<Claim>, limit: Int, into batch: inout ClaimBatch) {
        for _ in 0..<min(max(limit, 0), queue.count) { batch.due.append(queue.removeFirst()) }
    }

    /// Under `hold`: has rows marked in flight; the writer's commit makes them ready.
    private func mark(limit: Int, _ state: inout State) {
        guard limit > 0, !state.due.isEmpty else { return }
        var marks = OutcomeBatch()
        for _ in 0..<min(limit, state.due.count) {
            var claim = state.due.removeFirst()
            marks.append(OutcomeRecord(marking: claim))
            claim.before = .inFlight
            state.marking[claim.ordinal] = claim
        }
        inbox.post(marks)
        inbox.flush()
    }

    private func takeFresh(limit: Int, ahead: Int, _ state: inout State, into batch: inout ClaimBatch) {
        if state.isLowering { return }
        let end = min(state.watermark, state.reach, state.next - 1 + Int64(max(limit, 0)))
        if state.next <= end {
            batch.fresh = state.next..<(end + 1)
            state.next = end + 1
        }
        let lead = min(state.lead, Int64(ahead - batch.fresh.count))
        let goal = min(state.reach, state.next - 1 + lead)
        if limit > 0, goal > state.asked, state.asked - (state.next - 1) <= lead / 2 || goal == state.reach {
            state.asked = goal
            inbox.ask(watermark: goal)
        }
    }
}

extension OutcomeRecord {
    /// The row of a retry that is about to be sent under `hold`.
    fileprivate init(marking claim: Claim) {
        self.init(claim, .inFlight, dueAt: claim.dueAt, unixTime: 0)
    }

    /// The row of a delivery that was claimed and is given back unsent.
    fileprivate init(surrendered claim: Claim, unixTime: Int64) {
        // A row that was not marked keeps its state; it is written all the same, so that it is read again.
        let wasTried = claim.before == .inFlight || claim.before == .retryable
        self.init(claim, wasTried ? .retryable : .available, dueAt: claim.dueAt, unixTime: unixTime)
    }
}

extension DeliverySettings {
    /// How far a ledger's watermark may run ahead of what was handed out.
    ///
    /// The larger of the window and 4,096, so that a fast receiver does not wait for commits. A rate needs no more than
    /// what it lets through in two seconds: what lies below the watermark may count as sent after a `kill -9`.
    var watermarkLead: Int {
        let lead = max(maxInFlight, OutcomeInbox.capacity)
        guard let rate = ratePerSecond else { return lead }
        return min(lead, max(16, Int(2 * rate)))
    }
}
