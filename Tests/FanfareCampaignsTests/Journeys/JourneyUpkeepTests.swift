import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import FanfareCampaigns

/// How journeys are edited, and what becomes of them when something that they need is gone.
struct JourneyUpkeepTests {
    @Test func `an edit keeps contacts in place, or is refused with the reason`() async throws {
        try await JourneyFixture.with { fixture in
            let points = "{id: rest, type: delay, for: 1d, next: m}, {id: m, type: add_tag, tag: done}"
            let start = "{id: s, type: manual, next: rest}"
            let journey = try await fixture.begin(JourneyFixture.text(start, points))
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            func edit(_ map: String, _ version: Int64 = 1) async throws -> Journey {
                let document = try JourneyDocument.read(Array(map.utf8), file: "j", folder: "", environment: [:])
                return try await fixture.journeys.replace(journey.id, by: document, version: version, by: "bob")
            }
            func code(_ map: String, _ version: Int64 = 1) async -> JourneyError.Code? {
                do {
                    _ = try await edit(map, version)
                    return nil
                } catch {
                    return (error as? JourneyError)?.code
                }
            }
            #expect(
                await code(JourneyFixture.text("{id: s, type: manual, next: m}", "{id: m, type: add_tag, tag: x}"))
                    == .wrongState
            )
            #expect(await code(JourneyFixture.text(start, "{id: rest, type: add_tag, tag: x}")) == .contactsInPlace)
            #expect(await code(JourneyFixture.text(start, points), 2) == .versionConflict)
            let other = try await edit(JourneyFixture.text(start, points.replacing("done", with: "well done")))
            #expect(other.version == 2 && other.numbers == journey.numbers)
            await fixture.advance(to: JourneyFixture.monday + 86_401)
            #expect(try fixture.webhooks.reading(fixture.audience).countByStatus(.tag("well done"))[.subscribed] == 1)
        }
    }

    @Test func `a step that cannot be made pauses the journey with the reason, and loses nobody`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: manual, next: rest}",
                    "{id: rest, type: delay, for: 1h, next: g}, "
                        + "{id: g, type: join_group, category: Interests, group: Music}"
                )
            )
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            try await fixture.webhooks.write(fixture.audience) { db in
                try Audience.removeGroup(
                    try Int64.fetchOne(db, sql: "SELECT id FROM interest WHERE name = 'Music'") ?? 0,
                    db
                )
            }
            await fixture.advance(to: JourneyFixture.monday + 3601)
            let paused = try fixture.journeys.journey(journey.id)
            #expect(paused.state == .paused)
            #expect(
                paused.reason == "the point g cannot be passed: the audience has no group Music in Interests any more"
            )
            #expect(try fixture.journeys.positions(in: journey, limit: 9).map(\.point) == ["rest"])
            let error = await #expect(throws: JourneyError.self) {
                try await fixture.journeys.activate(journey.id, by: "ada")
            }
            #expect(error?.code == .unfit)
        }
    }

    @Test func `a fault that is found late pauses only a journey that is still active`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text("{id: s, type: manual, next: rest}", "{id: rest, type: delay, for: 1h}")
            )
            let open = try fixture.webhooks.open(fixture.audience)
            func pause() async throws -> Journey? {
                try await open.commits.write { db in
                    try open.journeys.book.pause(journey.number, by: "fanfare", reason: "why", now: 1, db)
                }
            }
            #expect(try await pause()?.reason == "why")
            #expect(try await pause() == nil)
            #expect(try await fixture.journeys.activate(journey.id, by: "ada").state == .active)
            _ = try await fixture.journeys.end(journey.id, by: "ada")
            #expect(try await pause() == nil)
            #expect(try fixture.journeys.journey(journey.id).state == .ended)
        }
    }

    @Test func `a field that a journey watches is not deleted, and what is erased is on no journey`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: field_changes, field: PLAN, to: gold, next: rest}",
                    "{id: rest, type: delay, for: 1d}"
                )
            )
            try await fixture.happen([
                .init(at: 0, contact: fixture.contacts[0], what: .field("PLAN", "gold")),
                .init(at: 0, contact: fixture.contacts[1], what: .field("PLAN", "lead")),
            ])
            await fixture.advance(to: JourneyFixture.monday + 1)
            #expect(try fixture.journeys.positions(in: journey, limit: 9).map(\.contact) == [fixture.contacts[0]])
            let error = await #expect(throws: AudienceError.self) {
                try await fixture.webhooks.write(fixture.audience) { db in
                    let sql = "SELECT id FROM merge_field WHERE tag = 'PLAN'"
                    try Audience.remove(field: try Int64.fetchOne(db, sql: sql) ?? 0, db)
                }
            }
            #expect(error?.code == .fieldInUse)
            try await fixture.webhooks.erase(.id(fixture.contacts[0]), in: fixture.audience)
            #expect(try fixture.journeys.positions(in: journey, limit: 9).isEmpty)
            // It has come to the point and is there no more.
            #expect(try fixture.journeys.counts(of: journey).allSatisfy { $0.waiting == 0 && $0.passed == 1 })
            #expect(try fixture.value("SELECT count(*) FROM journey_path") == "0")
        }
    }

    @Test func `what a journey begins or waits by is not changed under it`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: tag_added, tag: VIP, next: w}",
                    "{id: w, type: wait, until: {type: joins_group, category: Interests, group: Music}}"
                )
            )
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[0], what: .tag("vip", isAdded: true))])
            await fixture.advance(to: JourneyFixture.monday + 1)
            let group = try #require(
                try fixture.value("SELECT id FROM interest WHERE name = 'Music'").flatMap { Int64($0) }
            )
            let inUse = await #expect(throws: AudienceError.self) {
                try await fixture.webhooks.write(fixture.audience) { try Audience.removeGroup(group, $0) }
            }
            #expect(inUse?.code == .groupInUse)
            let tag = try #require(
                try fixture.value("SELECT id FROM segment WHERE name_key = 'vip'").flatMap { Int64($0) }
            )
            func rename(_ name: String) async throws {
                let now = fixture.now
                try await fixture.webhooks.write(fixture.audience) {
                    try Audience.change(segment: tag, name: name, definition: nil, now: now, $0)
                }
            }
            await #expect(throws: AudienceError.self) { try await rename("other") }
            // Case is no other name.
            try await rename("ViP")
            await #expect(throws: AudienceError.self) { try await fixture.webhooks.deleteAudience(fixture.audience) }
            try await fixture.journeys.end(journey.id, by: "ada")
            try await rename("other")
            try await fixture.webhooks.write(fixture.audience) { try Audience.removeGroup(group, $0) }
        }
    }

    @Test func `who comes back to a day of the week waits for the next one`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: manual, next: d}",
                    "{id: d, type: delay, on: [mon, tue], at: '09:00', next: m}, {id: m, type: add_tag, tag: t, next: d}"
                )
            )
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            for day in 0..<9 { await fixture.advance(to: JourneyFixture.monday + Int64(day) * 86_400 + 3600) }
            let times = try fixture.journeys.passages(of: fixture.contacts[0], in: journey, limit: 99)
                .filter { $0.point == "m" }.map(\.at)
            #expect(times == [0, 1, 7, 8].map { JourneyFixture.monday + $0 * 86_400 + 3600 })
            #expect(try fixture.journeys.journey(journey.id).state == .active)
        }
    }

    @Test func `who is unsubscribed on one way through is sent nothing on the other`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: event, event: came, next: tell}",
                    """
                    {id: tell, type: webhook, webhook: {url: "http://127.0.0.1:9/", data: {a: b}}, next: stop},
                    {id: stop, type: unsubscribe}
                    """,
                    "reentry: always,"
                )
            )
            let came = JourneySimulator.Happening(at: 0, contact: fixture.contacts[0], what: .event("came"))
            try await fixture.happen([came, came])
            await fixture.advance(to: JourneyFixture.monday + 1)
            let expected = ["s:began", "tell:sent", "stop:next", "s:began", "tell:skipped", "stop:next"]
            #expect(try fixture.way(of: fixture.contacts[0], in: journey) == expected)
            #expect(try fixture.value("SELECT count(*) FROM change WHERE endpoint IS NOT NULL") == "1")
        }
    }

    @Test func `what contacts are sent is noted in the order in which they come by`() async throws {
        try await JourneyFixture.with(Array(repeating: [:], count: 70)) { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: manual, next: a}",
                    """
                    {id: a, type: webhook, webhook: {url: "http://127.0.0.1:9/a", data: {a: b}}, next: b},
                    {id: b, type: webhook, webhook: {url: "http://127.0.0.1:9/b", data: {a: b}}}
                    """
                )
            )
            try await fixture.journeys.add(.everyone, to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            #expect(try fixture.value("SELECT count(*) FROM change") == "140")
            let pairs = """
                SELECT count(*) FROM change AS a JOIN change AS b
                ON b.number = a.number + 1 AND b.contact_id = a.contact_id AND b.endpoint > a.endpoint
                """
            #expect(try fixture.value(pairs) == "70")
        }
    }

    @Test func `a map that cannot be read pauses its journey, and no other`() async throws {
        try await JourneyFixture.with { fixture in
            let other = try await fixture.begin(
                JourneyFixture.text("{id: s, type: event, event: came, next: m}", "{id: m, type: add_tag, tag: t}")
            )
            let journey = try await fixture.begin(
                JourneyFixture.text("{id: s, type: manual, next: rest}", "{id: rest, type: delay, for: 1h}")
            )
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            try await fixture.webhooks.write(fixture.audience) {
                try $0.execute(sql: "UPDATE journey SET sealed = 'x', version = 7 WHERE number = \(journey.number)")
            }
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[1], what: .event("came"))])
            await fixture.advance(to: JourneyFixture.monday + 2)
            #expect(try fixture.way(of: fixture.contacts[1], in: other) == ["s:began", "m:next"])
            let paused = try fixture.journeys.journey(journey.id)
            #expect(paused.state == .paused && paused.fault != nil)
            #expect(paused.reason?.hasPrefix("its map cannot be read: ") == true)
            #expect(try fixture.journeys.all(of: fixture.audience).count == 2)
            await #expect(throws: JourneyError.self) { try await fixture.journeys.activate(journey.id, by: "ada") }
            let map = JourneyFixture.text("{id: s, type: manual, next: rest}", "{id: rest, type: delay, for: 2h}")
            let document = try JourneyDocument.read(Array(map.utf8), file: "j", folder: "", environment: [:])
            _ = try await fixture.journeys.replace(journey.id, by: document, version: 7, by: "ada")
            try await fixture.journeys.activate(journey.id, by: "ada")
            #expect(try fixture.journeys.positions(in: journey, limit: 9).map(\.point) == ["rest"])
            try await fixture.journeys.end(journey.id, by: "ada")
        }
    }

    @Test func `what does not fit the audience is refused, each with its place`() async throws {
        try await JourneyFixture.with { fixture in
            let error = await #expect(throws: JourneyError.self) {
                _ = try await fixture.begin(
                    JourneyFixture.text(
                        "{id: s, type: birthday, field: START, next: u}",
                        "{id: u, type: update_field, field: PLANN, value: x, next: g}, "
                            + "{id: g, type: join_group, category: Interest, group: Music}"
                    )
                )
            }
            #expect(error?.code == .unfit)
            let messages = error?.problems.map { "\($0.path.dotted): \($0.message)" } ?? []
            #expect(
                messages == [
                    "start[0].field: `start[0].field`: the field START is of the type date",
                    "points[0].field: `points[0].field`: the audience has no field PLANN; did you mean PLAN?",
                    "points[1].category: `points[1].category`: the audience has no groups Interest; did you mean Interests?",
                ]
            )
        }
    }
}
