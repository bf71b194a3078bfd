import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Testing

/// How contacts begin journeys and go on.
struct JourneysTests {
    @Test func `who gets a tag begins, goes the way of its values, and is changed`() async throws {
        try await JourneyFixture.with([["SCORE": "90"], ["SCORE": "10"], [:]]) { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: tag_added, tag: VIP, next: high}",
                    """
                    {id: high, type: if, segment: {match: all, conditions: [{field: SCORE, op: greater, value: 50}]},
                      then: plan, else: sport},
                    {id: plan, type: update_field, field: PLAN, value: gold},
                    {id: sport, type: join_group, category: Interests, group: Sports, next: mark},
                    {id: mark, type: add_tag, tag: low}
                    """
                )
            )
            try await fixture.happen(
                fixture.contacts.prefix(2).map { .init(at: 0, contact: $0, what: .tag("vip", isAdded: true)) }
            )
            await fixture.advance(to: JourneyFixture.monday + 1)
            let (first, second, third) = (fixture.contacts[0], fixture.contacts[1], fixture.contacts[2])
            #expect(try fixture.way(of: first, in: journey) == ["s:began", "high:then", "plan:next"])
            #expect(try fixture.way(of: second, in: journey) == ["s:began", "high:else", "sport:next", "mark:next"])
            #expect(try fixture.way(of: third, in: journey) == [])
            let reading = try fixture.webhooks.reading(fixture.audience)
            #expect(try reading.countByStatus(.tag("low"))[.subscribed] == 1)
            #expect(try fixture.value("SELECT m_PLAN FROM contact WHERE id = \(first)") == "gold")
            #expect(try fixture.value("SELECT count(*) FROM contact_interest") == "1")
            let counts = try fixture.journeys.counts(of: journey)
            #expect(counts.map(\.passed) == [2, 2, 1, 1, 1] && counts.allSatisfy { $0.waiting == 0 })
            #expect(try fixture.journeys.positions(in: journey, limit: 10).isEmpty)
        }
    }

    @Test func `a tag that is made on the way can be taken off on the way`() async throws {
        try await JourneyFixture.with([["SCORE": "10"], ["SCORE": "90"]]) { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: tag_added, tag: VIP, next: high}",
                    """
                    {id: high, type: if, segment: {match: all, conditions: [{field: SCORE, op: greater, value: 50}]},
                      then: put, else: take},
                    {id: put, type: add_tag, tag: brief, next: take},
                    {id: take, type: remove_tag, tag: brief}
                    """
                )
            )
            // The first finds no such tag, in the transaction in which the second makes it.
            try await fixture.happen(
                fixture.contacts.map { .init(at: 0, contact: $0, what: .tag("vip", isAdded: true)) }
            )
            await fixture.advance(to: JourneyFixture.monday + 1)
            let (first, second) = (fixture.contacts[0], fixture.contacts[1])
            #expect(try fixture.way(of: first, in: journey) == ["s:began", "high:else", "take:next"])
            #expect(try fixture.way(of: second, in: journey) == ["s:began", "high:then", "put:next", "take:next"])
            let left = "SELECT count(*) FROM segment_contact JOIN segment ON id = segment_id WHERE name = 'brief'"
            #expect(try fixture.value(left) == "0")
        }
    }

    @Test(arguments: [("never", 1), ("after_leaving", 2), ("always", 3)])
    func `whether one begins again is the journey's to say`(reentry: String, entries: Int) async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: event, event: came, next: rest}",
                    "{id: rest, type: delay, for: 1h}",
                    "reentry: \(reentry),"
                )
            )
            let one = fixture.contacts[0]
            // The second comes while it is inside, the third when it has left.
            for time in [0, 1800, 4000] {
                await fixture.advance(to: JourneyFixture.monday + Int64(time))
                try await fixture.happen([.init(at: 0, contact: one, what: .event("came"))])
                await fixture.advance(to: JourneyFixture.monday + Int64(time) + 1)
            }
            let began = try fixture.journeys.passages(of: one, in: journey, limit: 100).filter { $0.way == .began }
            #expect(began.count == entries && began.map(\.entry) == (1...entries).map(Int64.init))
        }
    }

    @Test func `a wait ends by what it is for, or at its limit`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: manual, next: w}",
                    """
                    {id: w, type: wait, until: {type: tag_added, tag: paid}, limit: 1d, then: yes-tag, else: no-tag},
                    {id: yes-tag, type: add_tag, tag: thanked}, {id: no-tag, type: add_tag, tag: reminded}
                    """
                )
            )
            try await fixture.journeys.add(["c1@example.com", "c2@example.com"], to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 10)
            #expect(try fixture.journeys.counts(of: journey).first { $0.point == "w" }?.waiting == 2)
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[0], what: .tag("paid", isAdded: true))])
            await fixture.advance(to: JourneyFixture.monday + 20)
            #expect(try fixture.way(of: fixture.contacts[0], in: journey).suffix(2) == ["w:then", "yes-tag:next"])
            await fixture.advance(to: JourneyFixture.monday + 86_409)
            #expect(try fixture.way(of: fixture.contacts[1], in: journey) == ["s:began"])
            await fixture.advance(to: JourneyFixture.monday + 86_410)
            #expect(try fixture.way(of: fixture.contacts[1], in: journey).suffix(2) == ["w:else", "no-tag:next"])
        }
    }

    @Test func `journeys start each other by tags, and none comes back to where it began`() async throws {
        try await JourneyFixture.with { fixture in
            let first = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: tag_added, tag: a, next: m}",
                    "{id: m, type: add_tag, tag: b}",
                    "reentry: always,"
                )
            )
            let second = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: tag_added, tag: b, next: off}",
                    "{id: off, type: remove_tag, tag: a, next: on}, {id: on, type: add_tag, tag: a}",
                    "reentry: always,"
                )
            )
            let one = fixture.contacts[0]
            try await fixture.happen([.init(at: 0, contact: one, what: .tag("a", isAdded: true))])
            await fixture.advance(to: JourneyFixture.monday + 1)
            #expect(try fixture.way(of: one, in: first) == ["s:began", "m:next"])
            #expect(try fixture.way(of: one, in: second) == ["s:began", "off:next", "on:next"])
        }
    }

    @Test func `sign-ups begin, those of an import only where they are included`() async throws {
        try await JourneyFixture.with { fixture in
            let plain = try await fixture.begin(
                JourneyFixture.text("{id: s, type: signs_up, next: m}", "{id: m, type: add_tag, tag: plain}")
            )
            let all = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: signs_up, imports: true, next: m}",
                    "{id: m, type: add_tag, tag: all}"
                )
            )
            try "email\nimported@example.com\n"
                .write(toFile: fixture.folder.path + "/some.csv", atomically: true, encoding: .utf8)
            _ = try fixture.webhooks.writing(fixture.audience)
                .importContacts(from: fixture.folder.path + "/some.csv")
            _ = try await fixture.webhooks.edit(
                .init(.address("new@example.com"), .mustBeNew),
                in: fixture.audience,
                by: .user
            )
            await fixture.advance(to: JourneyFixture.monday + 1)
            let reading = try fixture.webhooks.reading(fixture.audience)
            #expect(try reading.countByStatus(.tag("plain"))[.subscribed] == 1)
            #expect(try reading.countByStatus(.tag("all"))[.subscribed] == 2)
            #expect(try fixture.journeys.counts(of: plain)[0].passed == 1)
            #expect(try fixture.journeys.counts(of: all)[0].passed == 2)
        }
    }

    @Test func `a paused journey keeps everybody in place and forgets nobody`() async throws {
        try await JourneyFixture.with { fixture in
            let journey = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: event, event: came, next: rest}",
                    "{id: rest, type: delay, for: 1h, next: m}, "
                        + "{id: m, type: add_tag, tag: done}"
                )
            )
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[0], what: .event("came"))])
            await fixture.advance(to: JourneyFixture.monday + 1)
            try await fixture.journeys.pause(journey.id, by: "ada")
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[1], what: .event("came"))])
            await fixture.advance(to: JourneyFixture.monday + 7200)
            #expect(try fixture.way(of: fixture.contacts[0], in: journey) == ["s:began"])
            #expect(try fixture.way(of: fixture.contacts[1], in: journey) == [])
            try await fixture.journeys.activate(journey.id, by: "bob")
            await fixture.advance(to: JourneyFixture.monday + 7201)
            #expect(try fixture.way(of: fixture.contacts[0], in: journey).last == "m:next")
            #expect(try fixture.way(of: fixture.contacts[1], in: journey) == ["s:began"])
            let life = try fixture.journeys.life(of: journey).map { "\($0.state.rawValue) \($0.by)" }
            #expect(life == ["draft ada", "active ada", "paused ada", "active bob"])
        }
    }

    @Test func `a day for all, a birthday and the day of a date`() async throws {
        let contacts = [["BDAY": "03/02", "START": "2020-03-03"], ["BDAY": "02/29"], [:]]
        try await JourneyFixture.with(contacts) { fixture in
            let day = try await fixture.begin(
                JourneyFixture.text(
                    "{id: s, type: specific_date, date: 2027-03-04 10:00, next: m}",
                    "{id: m, type: add_tag, tag: d}"
                )
            )
            let yearly = try await fixture.begin(
                JourneyFixture.text(
                    "{id: b, type: birthday, field: BDAY, next: m}, {id: r, type: recurring_date, field: START, next: m}",
                    "{id: m, type: add_tag, tag: y}",
                    "reentry: after_leaving,"
                )
            )
            for hour in 1...100 { await fixture.advance(to: JourneyFixture.monday + Int64(hour) * 3600) }
            #expect(
                try fixture.way(of: fixture.contacts[0], in: yearly) == ["b:began", "m:next", "r:began", "m:next"]
            )
            let times = try fixture.journeys.passages(of: fixture.contacts[0], in: yearly, limit: 9).map(\.at)
            #expect(times.filter { $0 % 86_400 == 9 * 3600 }.count == 4)
            for contact in fixture.contacts { #expect(try fixture.way(of: contact, in: day).first == "s:began") }
            // 2029-02-28, in a year without a 29th.
            #expect(try fixture.way(of: fixture.contacts[1], in: yearly) == [])
            await fixture.advance(to: JourneyFixture.monday + 730 * 86_400 + 7200)
            #expect(try fixture.way(of: fixture.contacts[1], in: yearly) == ["b:began", "m:next"])
        }
    }

    @Test func `a part of the audience begins together, and a program's word is answered`() async throws {
        try await JourneyFixture.with((0..<50).map { ["SCORE": "\($0)"] }) { fixture in
            let draft = JourneyFixture.text(
                "{id: p, type: api, next: rest}, {id: s, type: manual, next: rest}",
                "{id: rest, type: delay, for: 1d}"
            )
            let journey = try await fixture.begin(draft)
            let high = SegmentDefinition(
                match: .all,
                terms: [.condition(.init(field: "SCORE", op: "greater", value: .number("39")))]
            )
            try await fixture.journeys.add(.segment(high), to: journey.id)
            await fixture.advance(to: JourneyFixture.monday + 1)
            #expect(try fixture.journeys.positions(in: journey, limit: 99).count == 10)
            let step = try #require(journey.numbers["p"])
            func code(_ address: String, _ step: Int64) async -> JourneyError.Code? {
                do {
                    try await fixture.journeys.trigger(journey: journey.number, step: step, address: address)
                    return nil
                } catch {
                    return (error as? JourneyError)?.code
                }
            }
            #expect(await code("c1@example.com", step) == nil)
            #expect(await code("c1@example.com", step) == .alreadyInside)
            #expect(await code("c50@example.com", step) == .alreadyInside)
            #expect(await code("nobody@example.com", step) == .unknownContact)
            #expect(await code("c2@example.com", step + 1) == .unknownPoint)
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[1], what: .status(.unsubscribed))])
            #expect(await code("c2@example.com", step) == .notEligible)
            try await fixture.journeys.end(journey.id, by: "ada")
            #expect(await code("c3@example.com", step) == .wrongState)
            #expect(try fixture.journeys.positions(in: journey, limit: 99).isEmpty)
            let counts = try fixture.journeys.counts(of: journey)
            #expect(
                counts.contains { $0.arrived > 0 } && counts.allSatisfy { $0.waiting == 0 && $0.passed == $0.arrived }
            )
            try await fixture.journeys.delete(journey.id)
            #expect(throws: JourneyError.self) { try fixture.journeys.journey(journey.id) }
        }
    }
}
