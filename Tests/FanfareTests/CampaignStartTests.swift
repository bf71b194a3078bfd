import Fanfare
import FanfareTesting
import GRDB
import Testing

/// A job to a stored audience, which then counts who comes anew.
@Suite("The start of a fan-out is noted in its audience")
struct CampaignStartTests {
    private func withJob(_ body: (RunFixture) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job = fixture.job.replacing("contacts.csv}", with: "contacts.csv, name: customers}")
            try body(fixture)
        }
    }

    private func customers(_ installation: Installation) throws -> Audience {
        try installation.openAudience(named: "customers", makesIt: false)
    }

    private func sinceSend(_ installation: Installation) throws -> Int64 {
        try customers(installation).arrivals(at: .subscribed).sinceSend
    }

    private func subscribe(_ address: String, _ installation: Installation) throws {
        let edit = ContactEdit(.address(address), .mustBeNew, status: .subscribed)
        _ = try customers(installation).edit(edit, by: .api, now: 10)
    }

    @Test("who comes after it is counted, also over a resumption, until the next run")
    func counted() async throws {
        try await withJob { fixture in
            try fixture.process { installation in
                _ = try fixture.start(installation)
                #expect(try sinceSend(installation) == 0)
                try subscribe("d@example.com", installation)
                #expect(try sinceSend(installation) == 1)
            }
            try fixture.process { installation in
                var (run, _) = try fixture.start(installation)
                #expect(try sinceSend(installation) == 1)
                try run.cancel()
                _ = try fixture.start(installation, again: true)
                #expect(try sinceSend(installation) == 0)
            }
        }
    }

    @Test("one that died before it was noted is noted when it is taken up")
    func death() async throws {
        try await withJob { fixture in
            try fixture.process { installation in
                _ = try fixture.start(installation)
                try customers(installation).database.write { db in
                    try db.execute(sql: "UPDATE contact_count SET arrived_by_send = 0")
                }
                #expect(try sinceSend(installation) == 3)
            }
            try fixture.leave { ($0.state, $0.startedAt) = (.freezing, nil) }
            try fixture.process { installation in
                _ = try fixture.begin(installation)
                #expect(try sinceSend(installation) == 0)
            }
        }
    }
}
