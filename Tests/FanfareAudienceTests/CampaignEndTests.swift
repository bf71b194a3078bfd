import FanfareAudience
import GRDB
import Testing

/// Ends of fan-outs in the change log.
struct CampaignEndTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws { fixture = try AudienceFixture() }

    private func note(_ fanOut: String, reason: String? = nil) throws {
        let end = CampaignEnd(fanOut: fanOut, name: "Black Friday", reason: reason, time: 1000)
        try audience.database.write { try Audience.note(end, $0) }
    }

    private var changes: [Change] { get throws { try audience.changes(after: 0, limit: 100) } }

    @Test func `an end is noted once, however often, unless it is another`() throws {
        _ = try audience.register(reader: "test")
        try note("0123456789")
        try note("0123456789")
        try note("9876543210", reason: "cancelled")
        try note("9876543210", reason: "some of it stays cancelled")
        let noted = try changes
        #expect(noted.map(\.kind) == [.campaign, .campaign] && noted.map(\.contact) == [0, 0])
        #expect(noted[0].facts.campaign == "0123456789" && noted[0].facts.subject == "Black Friday")
        #expect(noted[0].facts.status == "sent" && noted[0].facts.reason == nil && noted[0].time == 1000)
        #expect(noted[1].facts.status == "canceled" && noted[1].facts.reason == "cancelled")
        try note("9876543210")
        #expect(try changes.map(\.facts.campaign) == ["0123456789", "9876543210", "9876543210"])
        #expect(try changes.last?.facts.status == "sent")
    }

    @Test func `nothing is kept of it while nobody reads`() throws {
        try note("0123456789")
        _ = try audience.register(reader: "test")
        try note("0123456789")
        #expect(try changes.isEmpty)
    }
}
