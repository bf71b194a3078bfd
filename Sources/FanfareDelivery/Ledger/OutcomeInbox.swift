/// Where the loops put outcomes and the ledger writer takes them: a double buffer under one lock.
///
/// `@unchecked Sendable`: `content` is touched only with `lock` held.
final class OutcomeInbox: @unchecked Sendable {
    /// Outcomes that make a commit worthwhile at once.
    static let fullBatch = 2048
    /// Outcomes not yet committed at which dispatch waits.
    static let capacity = 4096

    private enum Urgency: Equatable { case none, commit }

    private struct Content {
        var batch = OutcomeBatch()
        var committing = 0
        var watermark: Int64?
        var isClosed = false
        /// What is there is to be committed now, however little it is.
        var flush = false
    }

    /// What one commit is to do.
    struct Work {
        var watermark: Int64?
        var isClosed: Bool
    }

    private let lock = MonotonicConditionLock<Urgency>(value: .none)
    private var content = Content()

    /// How many outcomes are not committed yet, those of a running commit included.
    var backlog: Int {
        lock.lock()
        defer { lock.unlock() }
        return content.batch.count + content.committing
    }

    /// Adds outcomes; the writer wakes when a full batch has gathered.
    func post(_ batch: OutcomeBatch) {
        lock.lock()
        content.batch.append(batch)
        unlock()
    }

    /// Asks for a commit that moves the watermark; it may also be lowered to what has been claimed.
    func ask(watermark: Int64) {
        lock.lock()
        content.watermark = watermark
        unlock()
    }

    /// Asks for a commit of whatever is there, now.
    func flush() {
        lock.lock()
        content.flush = true
        unlock()
    }

    /// After this the writer commits what there is and ends.
    func close() {
        lock.lock()
        content.isClosed = true
        unlock()
    }

    /// Waits for work, at most `patience` seconds, and swaps the gathered outcomes into `batch`, which must be empty.
    func take(into batch: inout OutcomeBatch, patience: Double) -> Work {
        if !lock.lock(whenValue: .commit, timeoutSeconds: patience) { lock.lock() }
        swap(&batch, &content.batch)
        content.committing = batch.count
        let work = Work(watermark: content.watermark, isClosed: content.isClosed)
        content.watermark = nil
        content.flush = false
        unlock()
        return work
    }

    /// The outcomes taken last are committed.
    func committed() {
        lock.lock()
        content.committing = 0
        unlock()
    }

    private func unlock() {
        let urgent =
            content.isClosed || content.flush || content.watermark != nil || content.batch.count >= Self.fullBatch
        lock.unlock(withValue: urgent ? .commit : .none)
    }
}
