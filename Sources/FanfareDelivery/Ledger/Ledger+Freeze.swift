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
            var order = (join: "", terms: "contact.id")
            if case .zones(let plan)? = waves { order = try ZoneOrder.prepare(plan, db) }
            var total: Int64 = 0
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: """
                        INSERT INTO recipient (contact)
                        SELECT contact.id FROM audience.contact AS contact\(order.join)
                        WHERE (\(selection.sql))\(isFree) ORDER BY \(order.terms)
                        """,
                    arguments: selection.statementArguments
                )
                total = try Int64.fetchOne(db, sql: "SELECT coalesce(max(ordinal), 0) FROM recipient") ?? 0
                let parts = try Self.parts(waves, of: total, db)
                try Self.write(parts, db)
                try db.execute(sql: "INSERT INTO job (id, document) VALUES (1, ?)", arguments: [job])
                try db.execute(
                    sql:
                        "UPDATE progress SET frozen = 1, scheduled = ?, recipient_sum = (\(LedgerSchema.recipientSum))",
                    arguments: [total]
                )
                if case .zones(let plan)? = waves, let past = plan.skipsBefore {
                    try Self.skip(upTo: parts.lastOrdinal(open: parts.open(at: past - 1)), of: total, db)
                }
                return .commit
            }
            return total
        }
    }

    private static func parts(_ plan: WavePlan?, of total: Int64, _ db: Database) throws -> Waves {
        switch plan {
        case nil: Waves()
        case .batches(let count, let start, let delay)?: .batches(count, of: total, from: start, every: delay)
        case .zones(let plan)?: try ZoneOrder.waves(plan, db)
        }
    }

    /// Skips the first recipients within the freeze, as their time was past before it.
    private static func skip(upTo last: Int64, of total: Int64, _ db: Database) throws {
        let last = min(last, total)
        guard last > 0 else { return }
        var progress = try Self.progress(db)
        let skipped = try settle(withoutRowUpTo: last, as: .skipped, .localTimePast, firstAt: -1, db)
        progress.counts.move(skipped, from: .scheduled, to: .skipped)
        (progress.watermark, progress.claimed) = (last, last)
        try LedgerCommit.write(&progress, in: db)
    }
}
