import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("A damaged ledger is said, never guessed over")
struct DamageTests {
    /// All that a ledger says.
    private struct Meaning: Equatable {
        var progress: LedgerProgress
        var rows: [Row]
    }

    private func meaning(_ ledger: Ledger) throws -> Meaning {
        let rows = try ledger.openForReading().read { db in
            let recipients = "SELECT * FROM recipient LEFT JOIN outcome USING (ordinal) ORDER BY 1"
            let tables = [recipients, "SELECT * FROM attempt ORDER BY 1, 2", "SELECT * FROM job"]
            return try tables.flatMap { try Row.fetchAll(db, sql: $0) }
        }
        return Meaning(progress: try ledger.progress(), rows: rows)
    }

    /// A whole ledger of 400 recipients, half of them sent to, in one file.
    private func wholeLedger(_ folder: TemporaryFolder) throws -> Ledger {
        let ledger = try Ledger.create(at: folder.path("whole.sqlite"), run: 1)
        let database = try ledger.openForWriting()
        try database.write { db in
            for ordinal in 1...400 as ClosedRange<Int64> {
                try db.execute(sql: "INSERT INTO recipient (contact) VALUES (?)", arguments: [ordinal * 3])
            }
            try db.execute(
                sql: "INSERT INTO job (id, document) VALUES (1, ?)",
                arguments: [String(repeating: "j", count: 300)]
            )
            try db.execute(
                sql: "UPDATE progress SET frozen = 1, scheduled = 400, recipient_sum = (\(LedgerSchema.recipientSum))"
            )
        }
        try database.inDatabase { db in
            var progress = try Ledger.progress(db)
            (progress.watermark, progress.claimed) = (200, 200)
            let states: [DeliveryState] = [.delivered, .delivered, .dead, .retryable]
            let records = (1...200 as ClosedRange<Int64>).map { ordinal in
                OutcomeRecord.record(ordinal, to: states[Int(ordinal % 4)], attempts: 1, dueAt: ordinal)
            }
            try LedgerCommit(db).write(OutcomeBatch(records), progress: &progress, in: db)
        }
        try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try database.close()
        try ledger.check()
        return ledger
    }

    /// Writes a changed copy and looks at all of it, as a report does: without holding it against itself before.
    private func look(at bytes: Data, _ folder: TemporaryFolder) throws -> Meaning {
        let path = folder.path("copy.sqlite")
        for name in [path, path + "-wal", path + "-shm"] where FileManager.default.fileExists(atPath: name) {
            try FileManager.default.removeItem(atPath: name)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        return try Ledger(path: path).describingDamage { try meaning(Ledger(path: path)) }
    }

    /// The error must name the file, in words.
    private func requireNamed(_ error: any Error, _ context: String) {
        let text = String(describing: error)
        #expect(error is DeliveryError || error is StoreError, "\(context): \(text)")
        #expect(text.contains("copy.sqlite"), "\(context): \(text)")
    }

    @Test("cut short anywhere, it says so")
    func cutShort() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try wholeLedger(folder)
            let whole = try Data(contentsOf: URL(fileURLWithPath: ledger.path))
            for length in stride(from: 0, to: whole.count, by: 1021) {
                do {
                    _ = try look(at: whole.prefix(length), folder)
                    Issue.record("cut to \(length) of \(whole.count) bytes, nothing was said")
                } catch {
                    requireNamed(error, "cut to \(length)")
                }
            }
        }
    }

    @Test("with its write-ahead log cut short, it is damaged where fewer commits are left than it is known to have had")
    func logCutShort() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try wholeLedger(folder)
            // A reader keeps the log from being moved into the file.
            let (known, log, file) = try ledger.openForReading().read { reader in
                #expect(try Int.fetchOne(reader, sql: "SELECT count(*) FROM outcome") == 200)
                for _ in 0..<4 { _ = try ledger.cancelRest(.cancelled) }
                return (
                    try ledger.progress(), try Data(contentsOf: URL(fileURLWithPath: ledger.path + "-wal")),
                    try Data(contentsOf: URL(fileURLWithPath: ledger.path))
                )
            }
            #expect(known.commits == 5)
            #expect(log.count > 8000)
            let copy = Ledger(path: folder.path("copy.sqlite"), leastCommits: known.commits)
            for length in Array(stride(from: 0, to: log.count, by: 1021)) + [log.count] {
                for name in [copy.path, copy.path + "-wal", copy.path + "-shm"]
                where FileManager.default.fileExists(atPath: name) {
                    try FileManager.default.removeItem(atPath: name)
                }
                try file.write(to: URL(fileURLWithPath: copy.path))
                try log.prefix(length).write(to: URL(fileURLWithPath: copy.path + "-wal"))
                if length == log.count {
                    #expect(try copy.progress() == known)
                    continue
                }
                for use in [{ _ = try copy.isFrozen() }, { _ = try copy.recover(.resend) }, { try copy.check() }] {
                    let error = #expect(throws: DeliveryError.self, "the log cut to \(length)") { try use() }
                    #expect(error?.code == .ledgerDamaged)
                    #expect(error?.description.contains("copy.sqlite") == true)
                }
            }
        }
    }

    @Test("with any one bit changed, it says so to whoever reads it, or says the same")
    func flipped() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try wholeLedger(folder)
            let whole = try Data(contentsOf: URL(fileURLWithPath: ledger.path))
            let before = try meaning(ledger)
            var random = SeededRandom(20_261_125)
            var said = 0
            for _ in 0..<600 {
                var bytes = whole
                let offset = Int.random(in: 0..<whole.count, using: &random)
                bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                do {
                    let after = try look(at: bytes, folder)
                    #expect(after == before, "byte \(offset) changed the meaning, and nothing was said")
                } catch {
                    said += 1
                    requireNamed(error, "byte \(offset)")
                }
            }
            // The rest stand in pages that nothing here reads: those of indexes.
            #expect(said > 350)
        }
    }

    @Test("of a newer version, it is refused for reading and for writing")
    func newer() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try wholeLedger(folder)
            try ledger.openForWriting().write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('ledger.9 from the future')")
            }
            for use in [{ _ = try ledger.progress() }, { _ = try ledger.recover(.resend) }, { try ledger.check() }] {
                let error = #expect(throws: StoreError.self) { try use() }
                #expect(error?.code == .incompatible)
                #expect(error?.message.contains("newer version of fanfare") == true)
            }
        }
    }

    @Test("no ledger at all, or another kind of file, is no empty ledger", arguments: ["", "not a database, but text"])
    func otherFile(text: String) async throws {
        try await withTemporaryFolder { folder in
            do {
                _ = try look(at: Data(text.utf8), folder)
                Issue.record("nothing was said")
            } catch {
                requireNamed(error, "\"\(text)\"")
            }
        }
    }
}
