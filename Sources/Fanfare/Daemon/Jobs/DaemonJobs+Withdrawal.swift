import FanfareControl
import FanfareDelivery
import FanfareStore
import NIOConcurrencyHelpers

/// Jobs that are taken back before they begin, and those that are tried once more.
extension DaemonJobs {
    /// Between two looks at what a job comes to, and how often that is looked at.
    private static let (look, looks): (Duration, Int) = (.milliseconds(20), 250)

    /// Waits until the job of a name is taken up, or over.
    ///
    /// - Returns: False when that does not happen within seconds: nothing is taken up now.
    func isTakenUp(_ name: String) async throws -> Bool {
        try await soon { self.latest[name].map { $0.isOver || $0.fanOut != nil } ?? true }
    }

    /// Waits until the job of a name is over.
    ///
    /// - Returns: False when that does not happen within seconds: what is in flight takes its time.
    func isOver(_ name: String) async throws -> Bool { try await soon { self.latest[name]?.isOver ?? true } }

    func soon(_ holds: () -> Bool) async throws -> Bool {
        for _ in 0..<Self.looks {
            if holds() { return true }
            try await Task.sleep(for: Self.look)
        }
        return false
    }

    /// Takes a job back that has not begun: its order is forgotten, and its fan-out, where there is one, is ended.
    ///
    /// - Returns: False when it has begun, and goes on.
    /// - Throws: `StoreError`; what the catalogue throws.
    func withdraw(_ name: String) async throws -> Bool {
        let job = latest[name]
        let isWaiting = job.map { !$0.isOver } ?? false
        if let job, isWaiting {
            if job.running != nil { return false }
            // Left as it stands, in good order: nobody is at it then.
            job.stop()
            await task(of: job)?.value
        }
        let isWithdrawn = try await OwnThread.run { [desk, store] _ in
            guard try desk.withdraw(name) else { return false }
            // Where this fails the next start finds its fan-out ended, and forgets it.
            if let job { try store.remove(job.ticket) }
            return true
        }
        if !isWithdrawn, isWaiting { _ = try tryAgain(name) }
        if isWithdrawn, let job, job.isKeptBack { remove(job) }
        return isWithdrawn
    }

    /// Forgets the order of a job that is over, where one is kept for the next start.
    func forget(_ name: String) throws {
        if let job = latest[name], job.isOver { try store.remove(job.ticket) }
    }

    /// Begins a job once more that is over and of which the order is kept: somebody has mended what kept it back.
    ///
    /// - Returns: False when no order is kept.
    /// - Throws: `StoreError`, `PayloadError`.
    func tryAgain(_ name: String) throws -> Bool {
        guard let over = latest[name], over.isOver else { return false }
        // Whoever orders it means it to go out now, however late that is.
        try store.noteWaiting(over.ticket, at: currentUnixTime())
        guard let entry = try store.all().entries.first(where: { $0.ticket == over.ticket }) else { return false }
        let record = try installation.fanOutRecords(named: nil).first { $0.id == entry.fanOut }
        guard let job = try job(of: entry, record) else { return false }
        remove(over)
        begin(job)
        return true
    }
}

extension ControlDesk {
    /// Ends the latest fan-out of a name that has not begun and that no process is at.
    ///
    /// - Returns: False when it has begun.
    func withdraw(_ name: String) throws -> Bool {
        try turn.withLock {
            guard let record = try catalogue.latest(named: name), record.state != .ended else { return true }
            if record.state.isFrozen { return false }
            if record.state == .freezing, try installation.ledger(of: record).isFrozen() { return false }
            _ = try installation.finishCancellation(of: record, in: catalogue)
            return true
        }
    }
}
