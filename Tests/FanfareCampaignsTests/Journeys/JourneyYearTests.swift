import FanfareCampaigns
import FanfareJob
import FanfareTesting
import Testing

/// A whole year of a journey, compared with what ``JourneySimulator`` says of it.
struct JourneyYearTests {
    /// One year of a number of contacts.
    struct Year: Sendable, CustomTestStringConvertible {
        let reentry: JourneyMap.Reentry
        let contacts: Int
        /// Each of ten things that happen to a contact.
        let stories: Int
        let seed: UInt64

        var testDescription: String { "\(contacts) contacts, reentry \(reentry.rawValue)" }
    }

    private static let years = [
        Year(reentry: .afterLeaving, contacts: 1000, stories: 300, seed: 2027),
        Year(reentry: .always, contacts: 100, stories: 40, seed: 28),
        Year(reentry: .never, contacts: 100, stories: 20, seed: 29),
    ]

    /// Birthdays, a tag and an event lead to a pause until a Sunday night, at an hour that clocks skip in spring and
    /// show twice in autumn; then a split, a webhook, waits, a loop that ends when the score has been raised, and
    /// actions, of which one puts on the tag by which the journey begins; a few are let go at the end, and archived.
    private static func map(_ reentry: JourneyMap.Reentry, webhook url: String) -> String {
        """
        name: A year
        reentry: \(reentry.rawValue)
        time_zone: Europe/Paris
        start:
          - {id: born, type: birthday, field: BDAY, at: "09:00", next: rest}
          - {id: tagged, type: tag_added, tag: vip, next: sunday}
          - id: told
            type: event
            event: ordered
            segment: {conditions: [{field: SCORE, op: greater, value: 20}]}
            next: rest
        points:
          - {id: rest, type: delay, for: 3d, next: sunday}
          - {id: sunday, type: delay, on: [sun], at: "02:30", next: coin}
          - {id: coin, type: split, percent: 30, first: gift, second: forget}
          - id: gift
            type: webhook
            webhook: {url: "\(url)", data: {to: "*|EMAIL|*"}}
            on_failure: go_on
            next: forget
          - {id: forget, type: remove_tag, tag: bought, next: reply}
          - {id: reply, type: wait, until: {type: tag_added, tag: bought}, limit: 5d, then: thanks, else: score}
          - id: score
            type: if
            segment: {conditions: [{field: SCORE, op: greater, value: 50}]}
            then: upgrade
            else: raise
          - {id: raise, type: update_field, field: SCORE, value: 60, next: weekday}
          - {id: weekday, type: delay, on: [tue, fri], at: "19:00", next: reply}
          - id: upgrade
            type: wait
            until: {type: field_changes, field: PLAN, to: gold}
            limit: 10d
            then: thanks
          - {id: thanks, type: add_tag, tag: vip, next: join}
          - {id: join, type: join_group, category: Interests, group: Music, next: last}
          - {id: last, type: split, percent: 20, first: stop}
          - {id: stop, type: unsubscribe, next: pause}
          - {id: pause, type: delay, for: 2d, next: shelve}
          - {id: shelve, type: archive}
        """
    }

    @Test(arguments: years)
    func `each contact's path is that which a simulator finds, minute by minute`(_ year: Year) async throws {
        try await withScriptedReceiver { receiver in
            let fields = RandomYear.contacts(year.contacts, seed: year.seed)
            let fixture = try JourneyFixture(contacts: fields, at: ParisClock.newYear)
            let journey = try await fixture.begin(Self.map(year.reentry, webhook: receiver.url("/gift")))
            let happenings = RandomYear.happenings(of: fixture.contacts, stories: year.stories, seed: year.seed)
            var simulator = JourneySimulator(
                journey.map,
                id: journey.id,
                zip(fixture.contacts, fields).map { JourneySimulator.Contact($0, $1) }
            )
            try simulator.run(from: ParisClock.newYear, until: ParisClock.yearEnd, happenings)
            if year.reentry == .afterLeaving { expectEverything(in: simulator) }

            try await pass(simulator.times.sorted(), happenings, fixture)
            try comparePaths(of: simulator, with: journey, fixture, happenings)
            try compareCounts(of: simulator, with: journey, fixture)

            let sent = simulator.contacts.flatMap(\.path).count { $0.way == "sent" }
            try await receiver.received.waitForDistinctIDs(sent, within: .seconds(30))
            await fixture.close()
            #expect(receiver.received.distinctIDs == sent)
        }
    }

    /// Lets the clock stop at each time at which there is anything to do.
    private func pass(
        _ times: [Int64],
        _ happenings: [JourneySimulator.Happening],
        _ fixture: JourneyFixture
    ) async throws {
        let happenings = Dictionary(grouping: happenings, by: \.at)
        for time in times {
            await fixture.advance(to: time)
            guard let present = happenings[time] else { continue }
            try await fixture.happen(present)
            await fixture.advance(to: time)
        }
    }

    // MARK: What the year has in it

    /// Nothing would be shown of ways that nobody goes.
    private func expectEverything(in simulator: JourneySimulator) {
        let steps = simulator.contacts.flatMap(\.path)
        let gone: Set = [
            "born began", "tagged began", "told began", "rest next", "sunday next", "coin then", "coin else",
            "gift sent",
            "gift skipped", "forget next", "reply then", "reply else", "score then", "score else", "raise next",
            "weekday next", "upgrade then", "upgrade else", "thanks next", "join next", "last then",
            "last else", "stop next", "pause next", "shelve next", "reply gone",
        ]
        let missing = gone.subtracting(steps.map { "\($0.point) \($0.way)" })
        #expect(missing.isEmpty, "nobody goes \(missing.sorted())")
        let sundays = steps.filter { $0.point == "sunday" && $0.way == "next" }.map(\.at)
        // 03:30, as there is no 02:30 that night; and the first of the two.
        #expect(sundays.contains(ParisClock.forward + 1800) && sundays.contains(ParisClock.back - 1800))
        #expect(!sundays.contains(ParisClock.back + 1800))
        let leapDay = simulator.contacts.filter { $0.fields["BDAY"] == "02/29" }.flatMap(\.path)
        #expect(leapDay.contains { $0.point == "born" })
        #expect(steps.contains { $0.entry > 1 } && steps.contains { $0.visit > 11 })
    }

    // MARK: Comparing

    private func comparePaths(
        of simulator: JourneySimulator,
        with journey: Journey,
        _ fixture: JourneyFixture,
        _ happenings: [JourneySimulator.Happening]
    ) throws {
        let now = try fixture.journeys.journey(journey.id)
        #expect(now.state == .active, "\(now.reason ?? "")")
        var differing = 0
        for var contact in simulator.contacts {
            // Of entries at the same time one is told after the other.
            contact.path.sort { ($0.entry, $0.visit) < ($1.entry, $1.visit) }
            let seen = try fixture.journeys.passages(of: contact.key, in: journey, limit: 10_000)
                .map { JourneySimulator.Step($0) }
            if seen == contact.path { continue }
            differing += 1
            // The first few say enough.
            if differing > 3 { continue }
            let text = Self.difference(contact, seen, happenings.filter { $0.contact == contact.key })
            Issue.record("\(text)")
        }
        #expect(differing == 0, "the paths of \(differing) contacts differ")
    }

    /// The first step that differs, with what was before it.
    private static func difference(
        _ contact: JourneySimulator.Contact,
        _ seen: [JourneySimulator.Step],
        _ happenings: [JourneySimulator.Happening]
    ) -> String {
        let index = zip(contact.path, seen).prefix { $0 == $1 }.count
        let (expected, found) = (contact.path.dropFirst(index).first, seen.dropFirst(index).first)
        let end = max(expected?.at ?? 0, found?.at ?? 0)
        var lines = ["contact \(contact.key), born \(contact.fields["BDAY"] ?? "-"): step \(index) differs"]
        lines += contact.path.prefix(index).suffix(4).map { "  both:      \($0)" }
        lines.append("  simulated: \(expected.map { "\($0)" } ?? "nothing")")
        lines.append("  journey:   \(found.map { "\($0)" } ?? "nothing")")
        lines += happenings.filter { $0.at <= end }.suffix(6).map {
            "  happened:  \($0.what) at \(Schedule.localText(at: $0.at, in: "Europe/Paris"))"
        }
        return lines.joined(separator: "\n")
    }

    private func compareCounts(
        of simulator: JourneySimulator,
        with journey: Journey,
        _ fixture: JourneyFixture
    ) throws {
        let passed = Dictionary(grouping: simulator.contacts.flatMap(\.path), by: \.point).mapValues(\.count)
        let waiting = Dictionary(grouping: simulator.contacts.flatMap(\.stands), by: \.point).mapValues(\.count)
        for counts in try fixture.journeys.counts(of: journey) {
            let (passed, waiting) = (Int64(passed[counts.point] ?? 0), Int64(waiting[counts.point] ?? 0))
            #expect(counts.passed == passed, "\(counts.point)")
            #expect(counts.waiting == waiting, "\(counts.point)")
            #expect(counts.arrived == passed + waiting, "\(counts.point)")
        }
    }
}

extension JourneySimulator.Step {
    /// What the journey's log says.
    fileprivate init(_ passage: JourneyPassage) {
        self.init(
            entry: passage.entry,
            visit: passage.visit,
            point: passage.point,
            way: passage.way.name,
            at: passage.at
        )
    }
}
