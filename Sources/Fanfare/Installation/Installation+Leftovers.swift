import FanfareAudience
import FanfareDelivery
import FanfareStore

extension Installation {
    /// Removes the audiences of jobs that no fan-out names, and their files: left by a death between an audience's
    /// entry and its fan-out's, or by a job that took another audience before its freeze.
    ///
    /// For the owner.
    func removeOrphanedAudiences() throws {
        let wanted = Set(try fanOutRecords(named: nil).map(\.audience))
        for entry in try audiences.all() where entry.name == nil && !wanted.contains(entry.id) {
            // The file first: nothing refers to it, and after a death in between the entry still leads to the rest.
            try Durability.deleteDatabase(directory.audiencePath(entry.id))
            try audiences.remove(id: entry.id)
        }
    }
}
