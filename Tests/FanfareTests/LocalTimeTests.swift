import Fanfare
import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@Suite("Contacts get it at a time of their own zone", .timeLimit(.minutes(1)))
struct LocalTimeTests {
    private static let zones = [
        "Pacific/Auckland", "", "America/Los_Angeles", "Pacific/Auckland", "EST", "America/Los_Angeles", "",
        "Pacific/Auckland",
    ]

    /// A job for the time that clocks in UTC show in some seconds.
    private func fixture(
        _ folder: TemporaryFolder,
        _ receiver: ScriptedReceiver,
        past: String,
        startingIn seconds: Int64
    ) throws -> RunFixture {
        var fixture = try RunFixture(folder, contacts: [])
        let rows = Self.zones.enumerated().map { "c\($0)@example.com,\($1)\n" }
        try folder.write("Email Address,TIMEZONE\n" + rows.joined(), to: "contacts.csv")
        let wall = Date(timeIntervalSince1970: TimeInterval(Int64(Date().timeIntervalSince1970) + seconds))
            .formatted(.iso8601).replacing("Z", with: "")
        fixture.job = """
            audience: {import: contacts.csv}
            webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
            schedule: {at: "\(wall)", time_zone: UTC, local_time: {past: \(past)}}
            """
        return fixture
    }

    /// Runs a job until so many are delivered, and leaves it.
    private func run(_ fixture: RunFixture, untilDelivered count: Int64) async throws -> (StateCounts, Waves) {
        try await fixture.process { installation in
            let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [.init("127.0.0.0/8")])))
            defer { engine.close() }
            let (run, plan) = try fixture.start(installation)
            let running = try engine.start(plan)
            try await eventually("\(count) are delivered", within: .seconds(30)) {
                running.snapshot.progress.counts[.delivered] == count
            }
            try await Task.sleep(for: .milliseconds(500))
            running.stop()
            let end = await running.end()
            return (end.progress.counts, try installation.ledger(of: run.record).waves())
        }
    }

    @Test("who has no zone that is known goes by the job's; where the time is past nothing is sent, and that is listed")
    func skips() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver, past: "skip", startingIn: 4)
                let check = try JobCheck(fixture.load(), dataDirectory: fixture.data)
                let zones = try #require(check.localTimes?.zones)
                #expect(zones.map(\.name) == ["Pacific/Auckland", "", "America/Los_Angeles"])
                #expect(zones.map(\.contacts) == [3, 3, 2])
                let warning = "the local time is past for 3 contacts in 1 zone: they are skipped "
                #expect(check.warnings.contains { $0.hasPrefix(warning) }, "\(check.warnings)")

                let (counts, waves) = try await run(fixture, untilDelivered: 3)
                #expect(counts[.skipped] == 3 && counts[.scheduled] == 2 && counts.total == 8)
                #expect(receiver.received.requests == 3)
                #expect(waves.waves.map(\.first) == [1, 4, 7] && waves.waves.map(\.dueAt) == zones.map(\.due))
                let record = try fixture.record()
                try fixture.process { installation in
                    let listing = DeliveryListing(
                        ledger: installation.ledger(of: record),
                        audienceFile: installation.directory.audiencePath(record.audience),
                        ids: installation.deliveryIDs(of: record)
                    )
                    var skipped: [String] = []
                    try listing.forEachPage(in: [.skipped]) { rows in
                        skipped += rows.filter { $0.reason == .localTimePast }.compactMap(\.email)
                    }
                    #expect(skipped == ["c0@example.com", "c3@example.com", "c7@example.com"])
                    // It goes on where it was.
                    #expect(try installation.ledger(of: record).recover(.hold) == 0)
                }
            }
        }
    }

    @Test("or it is sent at once, where the job wants that")
    func sends() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver, past: "send", startingIn: 600)
                let (counts, _) = try await run(fixture, untilDelivered: 3)
                #expect(counts[.skipped] == 0 && counts[.scheduled] == 5)
                #expect(receiver.received.requests == 3)
            }
        }
    }

    @Test("its parts are fixed with who receives")
    func cannotBeChanged() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                var fixture = try fixture(folder, receiver, past: "skip", startingIn: 600)
                _ = try fixture.process { try fixture.start($0) }
                fixture.job = fixture.job.replacing("past: skip", with: "past: send")
                try fixture.process { installation in
                    let error = #expect(throws: JobRunError.self) {
                        _ = try fixture.begin(installation, acceptChanges: true)
                    }
                    #expect(error?.message.contains("schedule.local_time changed since") == true)
                }
            }
        }
    }
}
