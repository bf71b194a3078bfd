import FanfareControl
import FanfareReceiver
import FanfareTesting
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import Fanfare

/// Jobs that are planned, and cannot begin at their time.
struct HeldJobTests {
    private func with(_ body: (Daemon, CampaignFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ _, _ in .status(200) }) { receiver in
                let fixture = try CampaignFixture(folder, url: receiver.url("/"))
                try await fixture.serve { try await body($0, fixture) }
            }
        }
    }

    private func order(in seconds: Int64, _ fixture: CampaignFixture, tag: String = "vip") -> RunOrder {
        let time = CampaignFixture.time(in: seconds).replacing("T", with: " ")
        var order = RunOrder(
            text: """
                fanfare: 1
                name: news
                audience: {name: customers, tag: \(tag)}
                webhook: {url: "\(fixture.url)", data: {to: "*|EMAIL|*"}}
                schedule: {at: "\(time)", time_zone: UTC}
                """,
            file: "news.yaml",
            folder: fixture.folder.path,
            environment: [:]
        )
        order.isPlanned = true
        return order
    }

    private func rename(tag: String, to name: String, _ daemon: Daemon, _ fixture: CampaignFixture) async throws {
        try await daemon.webhooks.write(fixture.audience) { db in
            try db.execute(
                sql: "UPDATE segment SET name = ?1, name_key = ?1 WHERE name = ?2",
                arguments: [name, tag]
            )
        }
    }

    private func held(_ daemon: Daemon) -> String? {
        daemon.answer(ControlRequest(.status)).fanOuts?.first { $0.state == LiveStatus.held }?.detail
    }

    /// A job whose tag was gone at its time.
    private func withHeld(_ body: (Daemon, CampaignFixture) async throws -> Void) async throws {
        try await with { daemon, fixture in
            let answer = await daemon.jobs.plan(order(in: 3, fixture))
            #expect(answer.refusal == nil && answer.planned != nil, "\(answer.message)")
            try await rename(tag: "vip", to: "other", daemon, fixture)
            try await eventually("it is held") { held(daemon)?.contains("vip") == true }
            try await body(daemon, fixture)
        }
    }

    @Test func `what holds it is told, and once that is mended it goes out, however late`() async throws {
        try await withHeld { daemon, fixture in
            let early = daemon.answer(ControlRequest(.resume, name: "news"))
            #expect(early.message.hasPrefix("news is tried again"))
            try await eventually("it is held again") { held(daemon) != nil }
            // It counts as waiting from now on, and not as late.
            #expect(try daemon.jobs.store.all().entries.first?.waitedUntil != nil)
            try await rename(tag: "other", to: "vip", daemon, fixture)
            _ = daemon.answer(ControlRequest(.resume, name: "news"))
            try await eventually("it is over") { daemon.jobs.latest["news"]?.end == .complete }
            let counts = try daemon.installation.fanOutRecord(named: "news").counts
            #expect(counts?[.delivered] == 2 && held(daemon) == nil)
            #expect(try daemon.jobs.store.all().entries.isEmpty)
        }
    }

    @Test func `cancelled it is held no more, and nothing is kept of it`() async throws {
        try await withHeld { daemon, _ in
            let answer = daemon.answer(ControlRequest(.cancel, name: "news"))
            #expect(answer.refusal == nil, "\(answer.message)")
            let kept = try daemon.jobs.store.all().entries
            #expect(held(daemon) == nil && kept.isEmpty)
        }
    }

    @Test func `another of its name is refused at once, kept nowhere, and hides it not`() async throws {
        try await withHeld { daemon, fixture in
            var other = order(in: 3600, fixture, tag: "other")
            for again in [false, true] {
                other.again = again
                let answer = await daemon.jobs.plan(other)
                #expect(answer.refusal == .invalid, "\(answer.message)")
            }
            let kept = try daemon.jobs.store.all().entries
            #expect(held(daemon) != nil && kept.count == 1)
        }
    }

    @Test func `one that has ended is planned again only where that is asked for`() async throws {
        try await with { daemon, fixture in
            _ = await daemon.jobs.plan(order(in: 2, fixture))
            try await eventually("it is over") { daemon.jobs.latest["news"]?.end == .complete }
            var next = order(in: 3600, fixture)
            let refused = await daemon.jobs.plan(next)
            #expect(refused.refusal == .invalid && refused.planned == nil, "\(refused.message)")
            #expect(try daemon.jobs.store.all().entries.isEmpty)
            next.again = true
            let planned = await daemon.jobs.plan(next)
            #expect(planned.refusal == nil && planned.planned != nil, "\(planned.message)")
        }
    }

    @Test func `death before an order is refused: the next start does, and nothing goes out twice`() async throws {
        try await withTemporaryFolder { folder in
            let requests = NIOLockedValueBox(0)
            try await withScriptedReceiver({ _, _ in
                requests.withLockedValue { $0 += 1 }
                return .status(200)
            }) { receiver in
                let fixture = try CampaignFixture(folder, url: receiver.url("/"))
                try await fixture.serve { daemon in
                    _ = await daemon.jobs.plan(order(in: 2, fixture))
                    try await eventually("it is over") { daemon.jobs.latest["news"]?.end == .complete }
                }
                do {
                    let installation = try Installation.own(fixture.data)
                    try HandedJobs(installation).add(order(in: -5, fixture), ticket: "a")
                }
                try await fixture.serve { daemon in
                    try await eventually("it is refused") { try daemon.jobs.store.all().entries.isEmpty }
                    #expect(try daemon.installation.fanOutRecords(named: "news").count == 1)
                }
                #expect(requests.withLockedValue { $0 } == 2)
            }
        }
    }
}
