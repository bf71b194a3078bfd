import FanfareAudience
import FanfareDelivery
import FanfareStore

extension Installation {
    /// Removes the audiences of jobs that no fan-out needs, and their files: left by a death between an audience's
    /// entry and its fan-out's, by a job that took another audience before its freeze, or by fan-outs that were pruned.
    ///
    /// For the owner.
    func removeOrphanedAudiences() throws {
        let wanted = Set(try fanOutRecords(named: nil).filter { $0.prunedAt == nil }.map(\.audience))
        for entry in try audiences.all() where entry.name == nil && !wanted.contains(entry.id) {
            // The file first: nothing refers to it, and after a death in between the entry still leads to the rest.
            try Durability.deleteDatabase(directory.audiencePath(entry.id))
            try audiences.remove(id: entry.id)
        }
    }

    /// Removes the files of audiences that the catalogue says are deleted, and of those whose making was cut off.
    ///
    /// For the owner.
    func removeDeletedAudiences() throws {
        for id in try audiences.remains() {
            guard DatabaseFiles(directory.audiencePath(id)).exist || DatabaseFiles(directory.eventsPath(id)).exist
            else {
                continue
            }
            try directory.deleteAudience(id)
        }
        try audiences.forgetUnmade()
    }

    /// Removes the ledgers of fan-outs that the catalogue says are pruned: their files go after its word.
    ///
    /// For the owner.
    func removePrunedLedgers() throws {
        for record in try fanOutRecords(named: nil) where record.prunedAt != nil {
            let path = ledger(of: record).path
            guard DatabaseFiles(path).exist else { continue }
            try Durability.deleteDatabase(path)
        }
    }
}
