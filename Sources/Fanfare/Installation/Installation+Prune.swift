public import FanfareDelivery
import FanfareStore
import Foundation

/// What `prune` forgets, or would.
public struct Pruning: Sendable {
    /// The fan-outs whose deliveries go, newest first.
    public let fanOuts: [FanOutRecord]
    /// How many audiences of jobs go with them: no fan-out needs them any more.
    public let audiences: Int
    /// What their files take on the disk, in bytes.
    public let bytes: Int64
    /// Why nothing of the name that was given is forgotten, as a sentence without its full stop; nil unless a name was
    /// given and nothing of it is.
    public let obstacle: String?

    fileprivate let audienceIDs: [String]
}

extension Installation {
    /// Which ended fan-outs may be forgotten. Changes nothing.
    ///
    /// - Parameters:
    ///   - name: Only those of this name; nil: of every name.
    ///   - endedBefore: Only those that ended before this Unix second; nil: whenever they ended.
    /// - Throws: ``JobRunError`` for a name that there is not, `StoreError`.
    public func pruning(named name: String?, endedBefore: Int64?) throws -> Pruning {
        if let name { _ = try fanOutRecord(named: name) }
        let all = try fanOutRecords(named: nil)
        let chosen = all.filter { record in
            guard record.state == .ended, record.prunedAt == nil, name == nil || record.name == name else {
                return false
            }
            guard let endedBefore else { return true }
            // One that does not say when it ended is not known to be old.
            return (record.endedAt ?? .max) < endedBefore
        }
        let ids = Set(chosen.map(\.id))
        let stillWanted = Set(all.filter { $0.prunedAt == nil && !ids.contains($0.id) }.map(\.audience))
        let candidates = Set(chosen.map(\.audience)).subtracting(stillWanted)
        let audiences = try audiences.all().filter { $0.name == nil && candidates.contains($0.id) }.map(\.id)
        let named = name.map { name in all.filter { $0.name == name } } ?? []
        let files = ids.map(directory.fanoutPath) + audiences.map(directory.audiencePath)
        return Pruning(
            fanOuts: chosen,
            audiences: audiences.count,
            bytes: files.reduce(0) { $0 + DatabaseFiles($1).bytes },
            obstacle: chosen.isEmpty ? Self.obstacle(named) : nil,
            audienceIDs: audiences
        )
    }

    /// Why no run of a name may be forgotten.
    private static func obstacle(_ runs: [FanOutRecord]) -> String? {
        guard let latest = runs.max(by: { $0.run < $1.run }) else { return nil }
        let run = latest.run > 1 ? ", run \(latest.run)," : ""
        if latest.state != .ended { return "\(latest.name)\(run) has not ended, and what has not is never forgotten" }
        guard let kept = runs.filter({ $0.prunedAt == nil }).max(by: { $0.run < $1.run }) else {
            return JobRunError.pruned(latest).message
        }
        let when = kept.endedAt.map { " on \($0.momentText)" } ?? ""
        return "\(kept.name) ended\(when), which is not that long ago"
    }

    /// Forgets fan-outs: the catalogue says so first, for all at once, and keeps their counts; then their files go.
    /// After a death in between, whoever owns the data directory next removes the rest.
    ///
    /// For the owner.
    ///
    /// - Throws: `StoreError`.
    public func prune(_ pruning: Pruning) throws {
        let now = Int64(Date().timeIntervalSince1970)
        let records = try pruning.fanOuts.map { record in
            var record = record
            record.prunedAt = now
            // They are in the catalogue since its end, unless its ledger was missing then.
            let ledger = ledger(of: record)
            if record.counts == nil, Durability.fileExists(ledger.path) {
                record.counts = try ledger.progress().counts
            }
            return record
        }
        try fanOuts().save(records)
        try removePrunedLedgers()
        try removeOrphanedAudiences()
    }
}
