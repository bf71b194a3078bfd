public import FanfareDelivery
import FanfareStore
import Foundation
import GRDB

extension Installation {
    /// Ends a fan-out that no process runs for good: all that is left of it becomes cancelled.
    ///
    /// What was under way when its last process died becomes uncertain, whatever the job says of that: it is not sent
    /// again, and nobody knows whether it came. Each step comes to the same when it is repeated after a death.
    ///
    /// - Parameter reason: Why; unless given, as the operator ordered it.
    /// - Returns: The record, as the catalogue has it from now on.
    /// - Throws: ``JobRunError`` with `ledgerMissing`, `StoreError`.
    func finishCancellation(
        of record: FanOutRecord,
        in catalogue: FanOutCatalogue,
        _ reason: StopReason = .cancelled
    ) throws -> FanOutRecord {
        var record = record
        let ledger = ledger(of: record)
        let isWhole = Durability.fileExists(ledger.path) ? try ledger.isFrozen() : false
        if isWhole {
            _ = try ledger.recover(.hold)
            try ledger.cancelRest(reason.reason)
            let progress = try ledger.progress()
            (record.counts, record.ledgerCommits) = (progress.counts, progress.commits)
        } else if record.state.isFrozen {
            throw JobRunError.ledgerMissing(record, ledger)
        }
        record.stopReason = reason.text + (isWhole || reason != .cancelled ? "" : " before anybody was chosen")
        record.endedAt = Int64(Date().timeIntervalSince1970)
        record.state = .ended
        try noteEnd(of: record)
        try catalogue.save(record, catalogue.orders(for: record.id).afterEnd)
        return record
    }

    /// What was ordered for a fan-out; none when nothing ever was.
    public func orders(for record: FanOutRecord) throws -> FanOutOrders {
        try catalogue.read { try FanOutCatalogue.orders(for: record.id, in: $0) }
    }
}
