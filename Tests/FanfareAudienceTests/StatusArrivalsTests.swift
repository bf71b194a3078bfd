import FanfareAudience
import FanfareStore
import GRDB
import Testing

/// Who came to which status, and when.
struct StatusArrivalsTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws { fixture = try AudienceFixture() }

    private func put(_ address: String, _ status: ContactStatus, at now: Int64) throws {
        let edit = ContactEdit(.address(address), .either, status: status)
        _ = try audience.edit(edit, by: .api, now: now)
    }

    private func told(_ status: ContactStatus, in audience: Audience? = nil) throws -> [Int64?] {
        let arrivals = try (audience ?? self.audience).arrivals(at: status)
        return [arrivals.last, arrivals.sinceSend]
    }

    @Test func `who comes is counted with the time of the last, and who stays is not`() throws {
        #expect(try told(.subscribed) == [nil, 0])
        try put("a@x.org", .subscribed, at: 10)
        try put("b@x.org", .subscribed, at: 20)
        try put("b@x.org", .subscribed, at: 30)
        #expect(try told(.subscribed) == [20, 2] && told(.unsubscribed) == [nil, 0])
        try put("b@x.org", .unsubscribed, at: 40)
        try put("a@x.org", .cleaned, at: 50)
        #expect(try told(.subscribed) == [20, 2])
        #expect(try told(.unsubscribed) == [40, 1] && told(.cleaned) == [50, 1])
        // A clock that was put back.
        try put("b@x.org", .subscribed, at: 5)
        #expect(try told(.subscribed) == [20, 3] && audience.count(of: .subscribed) == 1)
    }

    @Test func `from a send on it is counted anew, and the times stay`() throws {
        try put("a@x.org", .subscribed, at: 10)
        try audience.database.write { try Audience.noteSend($0) }
        #expect(try told(.subscribed) == [10, 0])
        try put("a@x.org", .unsubscribed, at: 20)
        #expect(try told(.unsubscribed) == [20, 1])
        try put("a@x.org", .subscribed, at: 30)
        #expect(try told(.subscribed) == [30, 1])
        _ = try audience.erase(.address("a@x.org"))
        #expect(try told(.subscribed) == [30, 1] && audience.count(of: .subscribed) == 0)
    }

    @Test func `an import counts all that it adds or changes`() throws {
        var options = ImportOptions(now: 10)
        try fixture.importCSV("email\na@x.org\nb@x.org\n", options)
        #expect(try told(.subscribed) == [10, 2])
        options.now = 20
        options.statusOfNew = .unsubscribed
        try fixture.importCSV("email\na@x.org\nc@x.org\n", options)
        #expect(try told(.subscribed) == [10, 2] && told(.unsubscribed) == [20, 1])
    }

    @Test func `an audience of before counts from then on`() throws {
        try put("a@x.org", .subscribed, at: 10)
        try audience.database.write { db in
            for column in ["arrived", "arrived_by_send", "last_arrival"] {
                try db.execute(sql: "ALTER TABLE contact_count DROP COLUMN \(column)")
            }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'audience.status arrivals'")
        }
        let again = try Audience(path: audience.path, id: "0123456789", mode: .mustExist)
        #expect(try told(.subscribed, in: again) == [nil, 0] && again.count(of: .subscribed) == 1)
        try put("b@x.org", .subscribed, at: 20)
        #expect(try told(.subscribed, in: again) == [20, 1] && again.count(of: .subscribed) == 2)
    }
}
