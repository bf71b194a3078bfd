package import FanfareAudience
import GRDB

extension Ledger {
    /// Takes over a changed job and contact file, in one transaction. The fan-out must not be running.
    ///
    /// The frozen set stays as it is: recipients that the file no longer has are noted, and skipped when their turn
    /// comes; one that a later file has again is no longer noted.
    ///
    /// - Parameters:
    ///   - document: The job to keep, sealed.
    ///   - present: The contacts that the file has; nil: there is no file, and nobody is gone from it.
    /// - Throws: `StoreError`.
    package func acceptChange(job document: String, present: IDSet?) throws {
        try describingDamage { try openForWriting().write { try replaceJob(document, present, $0) } }
    }

    private func replaceJob(_ document: String, _ present: IDSet?, _ db: Database) throws {
        // Counted as a commit: an earlier state must not pass for this one.
        var progress = try Self.progress(db)
        try LedgerCommit.write(&progress, in: db)
        try db.execute(sql: "UPDATE job SET document = ?; DELETE FROM removed", arguments: [document])
        guard let present else { return }
        db.add(
            function: DatabaseFunction("is_present", argumentCount: 1, pure: true) { values in
                Int64.fromDatabaseValue(values[0]).map(present.contains)
            }
        )
        try db.execute(
            sql: "INSERT OR IGNORE INTO removed SELECT contact FROM recipient WHERE NOT is_present(contact)"
        )
    }
}
