public import FanfareAudience
import FanfareDelivery
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

extension Installation {
    /// How long what has ended is kept.
    public func retention() throws -> Retention { try catalogue.read(Retention.read) }

    /// Changes how long what has ended is kept. For the owner.
    public func setRetention(_ change: (inout Retention) -> Void) throws {
        try Retention.schema.migrate(catalogue)
        try catalogue.write { db in
            var retention = try Retention.read(db)
            change(&retention)
            try retention.save(db)
        }
    }

    /// Forgets what is older than is to be kept, where no daemon runs. For the owner; repeated after a death it goes on.
    ///
    /// - Parameter now: Unix seconds.
    /// - Throws: `StoreError`, `DeliveryError` for a ledger that is damaged.
    public func applyRetention(now: Int64 = currentUnixTime()) throws -> RetentionOutcome {
        let retention = try retention()
        var outcome = try forgetOldFanOuts(retention, now: now)
        for entry in try audiences.all() {
            let path = directory.eventsPath(entry.id)
            if let limit = retention.limit(of: .events, now: now) {
                outcome.events += try EventRetention.forget(.rows, in: path, endedBefore: limit)
            }
            if let limit = retention.limit(of: .bodies, now: now) {
                outcome.bodies += try EventRetention.forget(.bodies, in: path, endedBefore: limit)
            }
        }
        return outcome
    }

    /// The part of ``applyRetention(now:)`` that concerns fan-outs.
    func forgetOldFanOuts(_ retention: Retention, now: Int64) throws -> RetentionOutcome {
        var outcome = RetentionOutcome()
        if let limit = retention.limit(of: .fanOuts, now: now) {
            let pruning = try pruning(named: nil, endedBefore: limit)
            if !pruning.fanOuts.isEmpty { try prune(pruning) }
            outcome.fanOuts = pruning.fanOuts.count
        }
        if let limit = retention.limit(of: .answers, now: now) {
            outcome.answers = try forgetOldAnswers(endedBefore: limit)
        }
        return outcome
    }

    /// What is done is noted, or every ledger would be read through again and again.
    private func forgetOldAnswers(endedBefore limit: Int64) throws -> Int {
        try Retention.schema.migrate(catalogue)
        let done = try catalogue.read { db in
            try Row.fetchAll(db, sql: "SELECT fan_out, ended_at FROM retention_done")
                .reduce(into: [String: Int64]()) { $0[$1[0]] = $1[1] }
        }
        var count = 0
        for record in try fanOutRecords(named: nil) where record.state == .ended && record.prunedAt == nil {
            guard let ended = record.endedAt, ended < limit, done[record.id] != ended else { continue }
            let ledger = ledger(of: record)
            if Durability.fileExists(ledger.path) { count += try ledger.forgetAnswers() }
            try catalogue.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO retention_done (fan_out, ended_at) VALUES (?, ?)",
                    arguments: [record.id, ended]
                )
            }
        }
        return count
    }
}

extension Daemon {
    /// Forgets what is older than is to be kept.
    ///
    /// - Throws: `StoreError`, `DeliveryError` for a ledger that is damaged; tried again, it goes on.
    func applyRetention(now: Int64 = currentUnixTime()) async throws -> RetentionOutcome {
        let retention = try installation.retention()
        if retention.seconds.isEmpty { return RetentionOutcome() }
        var outcome = try await OwnThread.run { [installation] _ in
            try installation.takingUp.withLock { try installation.forgetOldFanOuts(retention, now: now) }
        }
        let rows = retention.limit(of: .events, now: now)
        let bodies = retention.limit(of: .bodies, now: now)
        (outcome.events, outcome.bodies) = try await webhooks.forget(rowsBefore: rows, bodiesBefore: bodies)
        return outcome
    }
}
