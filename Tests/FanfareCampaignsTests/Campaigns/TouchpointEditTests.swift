import FanfareJob
import Testing

@testable import FanfareCampaigns

/// What may be changed of a touchpoint, and when it is.
@Suite struct TouchpointEditTests {
    private static let (admin, other) = (Author("a", mayNameFiles: true), Author("b", mayNameFiles: false))
    private let campaign = Campaign(
        id: "0000000001",
        name: "Autumn",
        objective: "",
        audience: "aaaaaaaaaa",
        author: "a",
        created: 1
    )

    private func touchpoint(_ kind: Touchpoint.Kind) -> Touchpoint {
        Touchpoint(kind, named: "First", of: campaign, in: "Europe/Paris", id: "0123456789", now: 1)
    }

    private func faults(
        _ kind: Touchpoint.Kind,
        by author: Author = Self.admin,
        _ change: (inout TouchpointEdit) -> Void
    ) -> [String] {
        var edit = TouchpointEdit()
        change(&edit)
        do {
            _ = try edit.applied(to: touchpoint(kind), by: author)
            return []
        } catch {
            #expect(error.code == .invalid)
            return error.fields.map(\.field)
        }
    }

    @Test func `times are local times in zones that there are`() throws {
        var edit = TouchpointEdit()
        (edit.at, edit.timeZone) = ("2026-12-01T09:00", "Asia/Tokyo")
        let edited = try edit.applied(to: touchpoint(.event), by: Self.admin)
        let start: Int64? = 1_796_083_200
        #expect(edited.at == "2026-12-01 09:00" && edited.nextStart(now: 0) == start)
        #expect(faults(.event) { $0.at = "2026-02-30 09:00" } == ["at"])
        #expect(faults(.event) { $0.at = "2026-12-01T09:00:00Z" } == ["at"])
        #expect(faults(.event) { $0.timeZone = "CET" } == ["time_zone"])
        edit = TouchpointEdit()
        edit.at = .some(nil)
        #expect(try edit.applied(to: edited, by: Self.admin).at == nil)
    }

    @Test func `a kind has what is its own`() throws {
        #expect(faults(.task) { $0.minutes = 5 } == ["minutes"])
        #expect(faults(.event) { $0.channel = .sms } == ["channel"])
        #expect(faults(.note) { $0.sections[.webhook] = .object([]) } == ["webhook"])
        #expect(faults(.webhook) { $0.state = .scheduled } == ["state"])
        #expect(faults(.task) { $0.state = .planned } == ["state"])
        #expect(faults(.task) { $0.state = .inProgress } == [])
        #expect(try TouchpointEdit().applied(to: touchpoint(.note), by: Self.admin).channel == .other)
    }

    @Test func `files and variables of the machine are for those who may do all`() {
        let webhook = JSONValue.object([
            "url": "https://x.org/", "auth": .object(["bearer": .object(["file": "/no/such/file"])]),
        ])
        #expect(faults(.webhook, by: Self.other) { $0.sections[.webhook] = webhook } == ["webhook.auth.bearer"])
        #expect(faults(.webhook, by: Self.admin) { $0.sections[.webhook] = webhook } == [])
    }

    @Test func `what comes again comes at the same time of day, and its next is the one to come`() throws {
        var edit = TouchpointEdit()
        edit.at = "2026-10-24 09:00"
        edit.sections[.schedule] = .object(["repeat": "FREQ=DAILY;COUNT=3"])
        let edited = try edit.applied(to: touchpoint(.webhook), by: Self.admin)
        let all = edited.occurrences(within: 0..<Int64.max, limit: 10)
        #expect(all.map(\.text) == ["2026-10-24 09:00", "2026-10-25 09:00", "2026-10-26 09:00"])
        // The clocks go back on the 25th.
        #expect(all[1].start - all[0].start == 25 * 3600 && all[2].start - all[1].start == 24 * 3600)
        #expect(edited.nextStart(now: all[0].start + 1) == all[1].start)
        #expect(edited.nextStart(now: all[2].start + 1) == nil)
        #expect(edited.occurrences(within: all[1].start..<all[2].start, limit: 10) == [all[1]])
        #expect(edited.occurrence(beginningAt: all[1].start) == all[1])
        #expect(edited.occurrence(beginningAt: all[1].start + 60) == nil)
    }

    @Test func `one that goes by clocks of contacts begins where a day begins first`() throws {
        var edit = TouchpointEdit()
        edit.at = "2026-10-24 09:00"
        edit.sections[.schedule] = .object(["local_time": .object(["past": "skip"])])
        let edited = try edit.applied(to: touchpoint(.webhook), by: Self.admin)
        let time = try #require(edited.occurrences(within: 0..<Int64.max, limit: 1).first)
        // Kiritimati is at UTC+14, Paris at UTC+2.
        #expect(edited.begin(of: time) == time.start - 12 * 3600)
        #expect(edited.occurrence(beginningAt: time.start - 12 * 3600) == time)
    }

    @Test func `a time that the clocks skip is moved forward`() throws {
        var edit = TouchpointEdit()
        edit.at = "2026-03-29 02:30"
        let edited = try edit.applied(to: touchpoint(.event), by: Self.admin)
        // 03:30 in Paris is 01:30 UTC.
        let start: Int64? = 1_774_747_800
        #expect(edited.nextStart(now: 0) == start)
    }
}
