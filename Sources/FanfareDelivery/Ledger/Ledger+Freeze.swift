public import FanfareAudience
import FanfareStore
import GRDB

extension Ledger {
    /// Fixes who receives, in one transaction: the frozen set, the job as it is, and the frozen mark.
    ///
    /// Dies the process within it, the ledger has no mark and is made anew.
    ///
    /// - Parameters:
    ///   - audienceFile: The audience's file; it is read, not written.
    ///   - selection: Which of its contacts.
    ///   - job: The job to keep, sealed.
    ///   - suppression: Who is left out whatever the selection says; nil: nobody.
    ///   - waves: In which parts it goes out; nil: at once.
    /// - Returns: The size of the frozen set; it may be 0.
    /// - Throws: `StoreError`.
    @discardableResult
    public func freeze(
        audienceFile: String,
        selection: SelectionPredicate,
        job: String,
        suppression: SuppressionList? = nil,
        waves: WavePlan? = nil
    ) throws -> Int64 {
        let suppressed = try suppression?.addresses()
        // Nobody pays for a look-up in a list that is empty.
        let isFree = suppressed == nil ? "" : " AND NOT is_suppressed(contact.email_key)"
        let database = try openForWriting()
        return try database.writeWithoutTransaction { db in
            try AudienceAttachment.attach(audienceFile, to: db)
            suppression?.register(db)
            var total: Int64 = 0
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: """
                        INSERT INTO recipient (contact)
                        SELECT contact.id FROM audience.contact AS contact
                        WHERE (\(selection.sql))\(isFree) ORDER BY contact.id
                        """,
                    arguments: selection.statementArguments
                )
                total = try Int64.fetchOne(db, sql: "SELECT coalesce(max(ordinal), 0) FROM recipient") ?? 0
                if let waves {
                    let parts = Waves.batches(waves.batches, of: total, from: waves.start, every: waves.delay)
                    try Self.write(parts, db)
                }
                try db.execute(sql: "INSERT INTO job (id, document) VALUES (1, ?)", arguments: [job])
                try db.execute(
                    sql:
                        "UPDATE progress SET frozen = 1, scheduled = ?, recipient_sum = (\(LedgerSchema.recipientSum))",
                    arguments: [total]
                )
                return .commit
            }
            return total
        }
    }
}
