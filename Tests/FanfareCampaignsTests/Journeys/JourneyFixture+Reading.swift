import FanfareAudience
import FanfareCampaigns
import FanfareJob
import GRDB

extension JourneyFixture {
    /// 2027-03-01 08:00 UTC, a Monday.
    static let monday: Int64 = 1_803_888_000

    /// Runs a test on a Monday, with contacts of these values.
    static func with(
        _ contacts: [[String: String]] = [[:], [:], [:]],
        _ body: (JourneyFixture) async throws -> Void
    ) async throws {
        let fixture = try JourneyFixture(contacts: contacts, at: monday)
        try await body(fixture)
        await fixture.close()
    }

    /// A journey of these starting points and points, in YAML flow style.
    static func text(_ start: String, _ points: String, _ more: String = "") -> String {
        """
        {name: Test, time_zone: UTC, \(more) start: [\(start)], points: [\(points)]}
        """
    }

    /// The way of a contact: `point:way` of each step.
    func way(of contact: Int64, in journey: Journey) throws -> [String] {
        try journeys.passages(of: contact, in: journey, limit: 100).map { "\($0.point):\($0.way.name)" }
    }

    /// One value out of the audience's file, as text.
    func value(_ sql: String) throws -> String? {
        try webhooks.reading(audience).database.read { try String.fetchOne($0, sql: "SELECT CAST((\(sql)) AS TEXT)") }
    }
}
