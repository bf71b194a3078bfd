import FanfareTesting
import Foundation
import GRDB
import Testing

@testable import Fanfare

@Suite("Nothing is sent to whom the suppression list has", .timeLimit(.minutes(1)))
struct SuppressedDeliveryTests {
    private func plan(_ fixture: RunFixture, _ installation: Installation) throws -> (JobRun, FanOutPlan) {
        let (run, plan) = try fixture.start(installation)
        return (run, plan)
    }

    private func send(_ plan: FanOutPlan, _ run: JobRun) async throws -> FanOutEnd {
        var run = run
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        let end = try await engine.start(plan).end()
        engine.close()
        try run.settle(end)
        return end
    }

    private func reasonOfSkipped(_ fixture: RunFixture) throws -> Int64? {
        let ledger = try Installation.read(fixture.data).ledger(of: fixture.record())
        return try ledger.openForReading().read { db in
            try Int64.fetchOne(db, sql: "SELECT reason FROM outcome WHERE state = 7")
        }
    }

    @Test("who is on it before the freeze is not chosen, and a job's own import leaves it out")
    func atFreeze() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { installation in
                try installation.suppression.add(["a@example.com"])
                var run = try fixture.begin(installation)
                let summary = try #require(try run.importContacts { _ in true })
                #expect(summary.suppressed == 1 && summary.created == 2)
                // One who is there already.
                try installation.suppression.add(["B@example.com"])
                #expect(try run.freeze() == 1)
                #expect(try fixture.recipients(run.record) == ["c@example.com"])
            }
        }
    }

    @Test("who comes on it after the freeze is skipped with that reason, and listed", arguments: [true, false])
    func atRendering(isFirst: Bool) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                var fixture = try RunFixture(folder)
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url())
                let end = try await fixture.process { installation in
                    if !isFirst { try installation.suppression.add(["eve@example.com"]) }
                    let (run, plan) = try plan(fixture, installation)
                    try installation.suppression.add(["B@EXAMPLE.com"])
                    return try await send(plan, run)
                }
                #expect(end.progress.counts[.delivered] == 2 && end.progress.counts[.skipped] == 1)
                #expect(receiver.received.distinctIDs == 2)
                #expect(try reasonOfSkipped(fixture) == Int64(Reason.suppressed.rawValue))
            }
        }
    }

    @Test("check counts them apart, and preview says why one would get nothing")
    func beforeSending() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try $0.suppression.add(["a@example.com"]) }
            let job = try fixture.load()
            let check = try JobCheck(job, dataDirectory: fixture.data)
            #expect(check.dryRun.suppressed == 1 && check.recipients == 2)
            let preview = try JobPreview(job, contact: "a@example.com", dataDirectory: fixture.data)
            #expect(preview.requests.isEmpty && preview.passedOver.first?.reason == "is on the suppression list")
        }
    }

    @Test("webhooks tell nothing of them: not what is open, what arises, nor what is asked for again")
    func events() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let (audience, _) = try { try fixture.makeAudience(in: Installation.own(fixture.data), []) }()
            let daemon = try Daemon(try Installation.own(fixture.data))
            daemon.webhooks.pause(true)
            let events = daemon.installation.directory.eventsPath(audience)
            for name in ["ada", "bob"] {
                _ = try await daemon.webhooks.edit(
                    .init(.address("\(name)@example.com"), .mustBeNew),
                    in: audience,
                    by: .admin
                )
            }
            try await eventually("both are open") {
                try fixture.number(events, "SELECT count(*) FROM event WHERE state = 1") == 2
            }
            let order = ControlRequest(.suppress, suppression: SuppressionOrder(added: ["Ada@example.com"]))
            #expect(daemon.answer(order).count == 1)
            #expect(try fixture.number(events, "SELECT count(*) FROM event WHERE state = 7 AND reason = 70") == 1)
            var edit = ContactEdit(.address("ada@example.com"), .mustExist)
            edit.details = [.language: "fr"]
            _ = try await daemon.webhooks.edit(edit, in: audience, by: .admin)
            try await eventually("what arises is skipped, without its body") {
                try fixture.number(events, "SELECT count(*) FROM event WHERE state = 7 AND body IS NULL") == 1
            }
            #expect(try fixture.number(events, "SELECT count(*) FROM event WHERE state = 1") == 1)
            try await daemon.close()
        }
    }
}
