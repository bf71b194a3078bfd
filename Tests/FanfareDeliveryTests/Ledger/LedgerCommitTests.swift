import FanfareStore
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("The ledger's transactions")
struct LedgerCommitTests {
    /// Writes what `body` writes, and compares the counts kept with those of the rows.
    private func expect(
        _ states: [DeliveryState: Int64],
        after body: (LedgerCommit, inout LedgerProgress, Database) throws -> Void
    ) throws {
        let test = try TestLedger(recipients: 40)
        var progress = try test.ledger.progress()
        try test.ledger.openForWriting().inDatabase { try body(LedgerCommit($0), &progress, $0) }
        #expect(try test.countedStates() == states)
        #expect(try test.ledger.progress().counts == progress.counts)
        for (state, count) in states { #expect(progress.counts[state] == count) }
    }

    @Test("first outcomes and later ones of a batch are written, however they lie among each other")
    func mixed() throws {
        try expect([.scheduled: 3, .retryable: 8, .delivered: 28, .dead: 1]) { commit, progress, db in
            let failed = (1...11).map { OutcomeRecord.record($0, to: .retryable, dueAt: 1) }
            try commit.write(OutcomeBatch(failed), progress: &progress, in: db)
            let records =
                (12...20).map { OutcomeRecord.record($0, to: .delivered) }
                + (1...2).map { .record($0, from: .retryable, to: .delivered) }
                + (21...37).map { .record($0, to: .delivered) }
                + [.record(3, from: .retryable, to: .dead)]
            try commit.write(OutcomeBatch(records), progress: &progress, in: db)
        }
    }

    @Test("a delivery that is settled twice fails the transaction, of which nothing stays; the next one succeeds")
    func twice() throws {
        try expect([.scheduled: 31, .delivered: 9]) { commit, progress, db in
            try commit.write(OutcomeBatch([.record(5, to: .delivered)]), progress: &progress, in: db)
            var failing = progress
            let records = (1...9).map { OutcomeRecord.record($0, to: .delivered) }
            #expect(throws: StoreError.self) {
                try commit.write(OutcomeBatch(records), progress: &failing, in: db)
            }
            try commit.write(OutcomeBatch(records.filter { $0.ordinal != 5 }), progress: &progress, in: db)
        }
    }
}
