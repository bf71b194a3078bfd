import FanfareReceiver
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import Fanfare
@testable import FanfareDelivery

@Suite("Nothing is sent of what was restored before the operator has looked")
struct RestoreTests {
    @Test("an unfinished fan-out is paused, what was under way is uncertain, and ids stay while new runs have others")
    func fanOuts() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let job = try RunFixture(folder)
            let (record, id, again) = try job.process { installation in
                let run = try job.start(installation).run
                // As after a death: the first two may have been sent.
                let ledger = installation.ledger(of: run.record)
                try ledger.openForWriting().write { db in
                    var progress = try Ledger.progress(db)
                    progress.watermark = 2
                    try LedgerCommit.write(&progress, in: db)
                }
                try fixture.back(up: installation)
                var next = run.record
                next.run += 1
                next.installation = nil
                return (
                    run.record, installation.deliveryIDs(of: run.record).id(contact: 1),
                    installation.deliveryIDs(of: next).id(contact: 1)
                )
            }
            let summary = try fixture.restore()
            #expect(summary.paused == ["news"] && summary.uncertainDeliveries == 2 && !summary.holdsWebhooks)
            let restored = try Installation.own(fixture.restored)
            let found = try restored.fanOutRecord(named: "news")
            #expect(try restored.orders(for: found).isPaused)
            let counts = try restored.ledger(of: found).progress().counts
            #expect(counts[.uncertain] == 2 && counts[.scheduled] == 1)
            #expect(restored.deliveryIDs(of: found).id(contact: 1) == id)
            var next = record
            (next.run, next.installation) = (2, nil)
            #expect(restored.deliveryIDs(of: next).id(contact: 1) != again)
            let resumed = try ControlDesk(restored).answer(ControlRequest(.resume, name: "news"))
            #expect(resumed.message.contains(". 2 of its deliveries may have been sent, "), "\(resumed.message)")
            // The original knows nothing of it.
            let original = try Installation.read(fixture.data)
            #expect(try original.ledger(of: record).progress().counts[.uncertain] == 0)
        }
    }

    /// What a receiver was told: the id and the body.
    private typealias Told = NIOLockedValueBox<[(id: String, body: String)]>

    private func daemon(_ data: String) throws -> Daemon {
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        return try Daemon(try Installation.own(data), .init(egress: egress))
    }

    private func set(_ daemon: Daemon, _ audience: String, _ name: String, language: String) async throws {
        var edit = ContactEdit(.address("\(name)@example.com"), .either)
        edit.details = [.language: language]
        _ = try await daemon.webhooks.edit(edit, in: audience, by: .admin)
    }

    /// Two events of one contact that wait when the backup is made, and are delivered by the original afterwards; then a
    /// third one there.
    ///
    /// - Returns: The audience.
    private func prepare(_ fixture: BackupFixture, _ url: String, _ told: Told) async throws -> String {
        let audience: String
        do {
            let installation = try Installation.own(fixture.data)
            audience = try installation.openAudience(named: "customers", makesIt: true).id
        }
        let daemon = try daemon(fixture.data)
        _ = try await daemon.webhooks.create(
            url: url,
            events: Set(ChangeKind.allCases),
            sources: Set(ChangeSource.allCases),
            in: audience
        )
        daemon.webhooks.pause(true)
        try await set(daemon, audience, "ada", language: "fr")
        try await set(daemon, audience, "ada", language: "de")
        let events = daemon.installation.directory.eventsPath(audience)
        try await eventually("both stand in the ledger") {
            try fixture.number(events, "SELECT count(*) FROM event") == 2
        }
        try fixture.back(up: daemon.installation)
        daemon.webhooks.pause(false)
        try await set(daemon, audience, "ada", language: "it")
        try await eventually("the original tells all three") { told.withLockedValue { $0.count } == 3 }
        try await daemon.close()
        return audience
    }

    private func withReceiver(_ body: (String, Told) async throws -> Void) async throws {
        let told = Told([])
        try await withScriptedReceiver { request, _ in
            if request.method == .POST, let id = request.headers.first(name: "webhook-id") {
                told.withLockedValue { $0.append((id, String(buffer: request.body))) }
            }
            return .status(200)
        } _: { receiver in
            try await body(receiver.url("/hook"), told)
        }
    }

    @Test("events are held, and sent again in their order with the ids they had; later ones have other ids")
    func resends() async throws {
        try await withTemporaryFolder { folder in
            try await withReceiver { url, told in
                let fixture = try BackupFixture(folder)
                let audience = try await prepare(fixture, url, told)
                let original = told.withLockedValue { $0 }
                let summary = try fixture.restore()
                #expect(summary.uncertainEvents == 2 && summary.holdsWebhooks)
                let daemon = try daemon(fixture.restored)
                #expect(try daemon.holdsWebhooks)
                try await set(daemon, audience, "ada", language: "es")
                let unclear = daemon.answer(ControlRequest(.resumeWebhooks))
                #expect(unclear.refusal == .invalid && unclear.message.contains("--uncertain resend"))
                let events = daemon.installation.directory.eventsPath(audience)
                try await eventually("the third stands in the ledger") {
                    try fixture.number(events, "SELECT count(*) FROM event") == 3
                }
                #expect(told.withLockedValue { $0.count } == 3)
                let answer = daemon.answer(ControlRequest(.resumeWebhooks, restored: .resend))
                #expect(answer.message.contains("2 of before the backup are sent"), "\(answer)")
                try await eventually("all three are told") { told.withLockedValue { $0.count } == 6 }
                let again = told.withLockedValue { Array($0[3...]) }
                #expect(again[0] == original[0] && again[1] == original[1])
                #expect(again[2].id != original[2].id)
                // It is asked once.
                #expect(try !daemon.holdsWebhooks)
                #expect(daemon.answer(ControlRequest(.resumeWebhooks)).message == "webhooks go on")
                try await daemon.close()
            }
        }
    }

    @Test("events that are left stay uncertain, over restarts before that is said too, and later ones go out")
    func leaves() async throws {
        try await withTemporaryFolder { folder in
            try await withReceiver { url, told in
                let fixture = try BackupFixture(folder)
                let audience = try await prepare(fixture, url, told)
                try fixture.restore()
                try await daemon(fixture.restored).close()
                let daemon = try daemon(fixture.restored)
                #expect(daemon.answer(ControlRequest(.resumeWebhooks, restored: .leave)).refusal == nil)
                try await set(daemon, audience, "ada", language: "es")
                try await eventually("what came since is told") { told.withLockedValue { $0.count } == 4 }
                let events = daemon.installation.directory.eventsPath(audience)
                #expect(try fixture.number(events, "SELECT count FROM event_count WHERE state = 8") == 2)
                try await daemon.close()
            }
        }
    }

    @Test("under writes from several sides a backup loses nothing that was acknowledged, and tells of no change twice")
    func underWrites() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let (audience, webhook) = try { () throws -> (String, String) in
                try fixture.makeAudience(in: try Installation.own(fixture.data), [])
            }()
            let daemon = try daemon(fixture.data)
            daemon.webhooks.pause(true)
            let acknowledged = NIOLockedValueBox(0)
            let isOver = NIOLockedValueBox(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var number = 0
                        while !isOver.withLockedValue({ $0 }) {
                            try await set(daemon, audience, "w\(writer)-\(number)", language: "fr")
                            acknowledged.withLockedValue { $0 += 1 }
                            number += 1
                        }
                    }
                }
                for round in 0..<3 {
                    try await eventually("some more are written") {
                        acknowledged.withLockedValue { $0 } > 200 * (round + 1)
                    }
                    let least = acknowledged.withLockedValue { $0 }
                    let backup = folder.path("backup-\(round)")
                    _ = try Backup.make(of: daemon.installation.directory, BackupOrder(folder: backup))
                    try expectAgreement(backup, audience, webhook, atLeast: least)
                }
                isOver.withLockedValue { $0 = true }
                try await group.waitForAll()
            }
            try await daemon.close()
        }
    }

    /// Every change stands in the log or has its event, and no event lacks its change.
    private func expectAgreement(_ backup: String, _ audience: String, _ webhook: String, atLeast least: Int) throws {
        let contacts = try DatabaseFile.open(backup + "/audiences/\(audience).sqlite", mode: .unchanging)
        let events = try DatabaseFile.open(backup + "/audiences/\(audience).events.sqlite", mode: .unchanging)
        let (members, last, logged) = try contacts.read { db in
            (
                try Int.fetchOne(db, sql: "SELECT count(*) FROM contact") ?? 0,
                try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'change'") ?? 0,
                Set(try Int64.fetchAll(db, sql: "SELECT number FROM change"))
            )
        }
        let (told, cursor) = try events.read { db in
            (
                Set(try Int64.fetchAll(db, sql: "SELECT change FROM event WHERE endpoint = ?", arguments: [webhook])),
                try Int64.fetchOne(db, sql: "SELECT change FROM event_cursor") ?? -1
            )
        }
        #expect(members >= least && Int64(members) == last)
        #expect(told == Set(1..<(cursor + 1)), "up to the cursor each change has its event")
        #expect(cursor <= last && Set((cursor + 1)..<(last + 1)).isSubset(of: logged))
    }
}
