import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

/// A job to a stored audience whose webhooks are told of its end.
@Suite("The end of a fan-out is told to its audience's webhooks")
struct CampaignEndTests {
    private func withJob(
        _ answer: Int = 200,
        _ body: (RunFixture) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(answer))) { receiver in
                var fixture = try RunFixture(folder)
                fixture.job = """
                    audience: {import: contacts.csv, name: customers}
                    webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
                    """
                try fixture.process { installation in
                    _ = try installation.openAudience(named: "customers", makesIt: true).register(reader: "test")
                }
                try await body(fixture)
            }
        }
    }

    private func deliver(_ run: inout JobRun) async throws -> FanOutEnd {
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        defer { engine.close() }
        return await (try engine.start(run.plan().plan)).end()
    }

    private func run(_ fixture: RunFixture) async throws {
        try await fixture.process { installation in
            var run = try fixture.start(installation).run
            let end = try await deliver(&run)
            try run.settle(end)
        }
    }

    private func told(_ fixture: RunFixture) throws -> [Change] {
        let audience = try Installation.read(fixture.data).openAudience(named: "customers", makesIt: false)
        return try audience.changes(after: 0, limit: 100)
    }

    @Test("a complete one as sent, under its id and name")
    func complete() async throws {
        try await withJob { fixture in
            try await run(fixture)
            let change = try #require(try told(fixture).first)
            let record = try fixture.record()
            #expect(record.state == .ended)
            #expect(change.kind == .campaign && change.facts.campaign == record.id && change.facts.subject == "news")
            #expect(change.facts.status == "sent" && change.time == record.endedAt)
            #expect(try told(fixture).count == 1)
        }
    }

    @Test("one that died before the catalogue knew of its end is told once")
    func death() async throws {
        try await withJob { fixture in
            try await run(fixture)
            try fixture.leave { ($0.state, $0.endedAt, $0.counts) = (.running, nil, nil) }
            try await run(fixture)
            #expect(try fixture.record().state == .ended)
            #expect(try told(fixture).count == 1)
        }
    }

    @Test("one that is sent again to those that failed, and ends the same way, is not told of again")
    func reopened() async throws {
        try await withJob(401) { fixture in
            try await run(fixture)
            #expect(try told(fixture).count == 1)
            try await fixture.process { installation in
                var run = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: installation).begin()
                // A death here, between the order and its end: nothing is told of it yet.
                #expect(try told(fixture).count == 1)
                let end = try await deliver(&run)
                try run.settle(end)
            }
            #expect(try told(fixture).map(\.facts.status) == ["sent"])
        }
    }

    @Test("a cancelled one as canceled, with the reason; also before anybody was chosen")
    func cancelled() async throws {
        try await withJob { fixture in
            try fixture.process { installation in
                var run = try fixture.begin(installation)
                try run.cancel()
            }
            let change = try #require(try told(fixture).first)
            #expect(change.facts.status == "canceled" && change.facts.reason?.hasPrefix("cancelled") == true)
            #expect(try told(fixture).count == 1)
        }
    }

    @Test("nothing is told of a job's own contacts: they have no webhooks")
    func unnamed() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { installation in
                var run = try fixture.begin(installation)
                try run.cancel()
            }
            #expect(try fixture.record().state == .ended)
        }
    }
}
