import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import Foundation
import Testing

@Suite("A journey as it is stored and shown")
struct JourneyEncodingTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    private func decoded(
        _ stored: String,
        environment: [String: String] = JobFolder.environment
    ) throws -> JourneyMap {
        try JourneyMap.decoded(stored, name: "the journey", environment: environment, open: EncodingTests.open)
    }

    @Test("what was encoded is decoded to the same journey", arguments: [exampleJourney, smallestJourney])
    func roundTrip(_ text: String) throws {
        let map = try folder.journey(text).map
        let stored = try map.encoded { EncodingTests.seal($0) }
        #expect(stored.wholeMatch(of: /sealed:[0-9,]+/) != nil)
        #expect(try decoded(stored) == map)
        #expect(try decoded(stored).encoded { EncodingTests.seal($0) } == stored)
        let plain = String(decoding: try EncodingTests.open(stored).reveal(), as: UTF8.self)
        #expect(!plain.contains("hunter2-from-env") && !plain.contains("\n"))
    }

    @Test("every kind of trigger and step survives")
    func kinds() throws {
        let group = JourneyGroup(category: "Interests", name: "Music")
        let time = Schedule.LocalTime(year: 2026, month: 12, day: 24, hour: 9, minute: 0, second: 30)
        let triggers: [JourneyTrigger] = [
            .tagAdded("é 🎉"), .signsUp(includesImports: false), .joinsGroup(group), .leavesGroup(group),
            .fieldChanges(tag: "A", value: nil), .fieldChanges(tag: "A", value: "5"),
            .birthday(tag: "B", minute: 0), .recurringDate(tag: "C", minute: 1439), .specificDate(time),
            .event("a-B_3"), .api, .manual,
        ]
        let waits: [JourneyTrigger] = [
            .tagAdded("x"), .joinsGroup(group), .leavesGroup(group), .fieldChanges(tag: "A", value: "b"), .event("go"),
        ]
        var steps: [JourneyStep] = waits.map { .wait($0, seconds: nil, then: nil, otherwise: nil) }
        steps += waits.map { .wait($0, seconds: 5, then: "p0", otherwise: nil) }
        steps += [0.001, 1.0 / 3, 50, 99.99].map { .split(percent: $0, first: nil, second: nil) }
        steps += [
            .condition(.tag("x"), then: nil, otherwise: nil), .condition(.savedSegment("y"), then: nil, otherwise: nil),
            .delay(.seconds(1), next: nil), .delay(.seconds(3650 * 86_400), next: nil), .delay(.until(time), next: nil),
            .delay(.day(Set(SendWindow.Day.allCases), minute: 61), next: nil),
            .field(tag: "A", value: "", next: nil), .group(group, joins: true, next: nil),
            .group(group, joins: false, next: nil), .tag("a", isAdded: true, next: nil),
            .tag("a", isAdded: false, next: nil), .unsubscribe(next: nil), .archive(next: nil),
        ]
        for trigger in triggers {
            let map = JourneyMap(
                name: "n",
                reentry: .always,
                start: [StartingPoint(id: "s", trigger: trigger, next: "p0")],
                points: [JourneyPoint(id: "p0", step: .archive(next: nil))]
            )
            #expect(try decoded(map.encoded { EncodingTests.seal($0) }) == map)
        }
        for step in steps {
            let map = JourneyMap(
                name: "n",
                start: [StartingPoint(id: "s", trigger: .api, next: "p0")],
                points: [JourneyPoint(id: "p0", name: "it", step: step)]
            )
            #expect(try decoded(map.encoded { EncodingTests.seal($0) }) == map, "\(step)")
        }
    }

    @Test("a stored journey needs its references")
    func references() throws {
        let stored = try folder.journey(exampleJourney).map.encoded { EncodingTests.seal($0) }
        let error = #expect(throws: JobError.self) { try decoded(stored, environment: [:]) }
        #expect(error?.problems.map(\.code) == [.secret, .secret])
        let broken = #expect(throws: JobError.self) { try decoded("broken") }
        #expect(broken?.problems.map(\.code) == [.secret])
    }

    @Test("a start for a tag alone, which has no form, is refused and not opened to everyone")
    func tagStart() throws {
        let map = JourneyMap(
            name: "n",
            start: [StartingPoint(id: "s", trigger: .api, part: .tag("vip"), next: "p0")],
            points: [JourneyPoint(id: "p0", step: .archive(next: nil))]
        )
        let stored = try map.encoded { EncodingTests.seal($0) }
        #expect(throws: JobError.self) { try decoded(stored) }
    }

    @Test("what is shown has no secret, and is refused until they are given again")
    func shown() throws {
        let shown = try folder.journey(exampleJourney).map.shown.compact
        for secret in ["hunter2", "hunter3", "hunter5", "aHVudGVyNA", "c2VjcmV0"] {
            #expect(!shown.contains(secret), "\(secret)")
        }
        #expect(shown.contains(#""X-Token":{"env":"SMS_PASSWORD"}"#))
        #expect(shown.contains(#""secret":["[secret]",{"env":"WEBHOOK_SECRET"}]"#))
        #expect(shown.contains(#""X-Campaign":"welcome","X-Api-Key":"[secret]""#))
        let error = try #require(folder.journeyError(in: shown))
        #expect(error.problems.map(\.code) == Array(repeating: .secret, count: 4), "\(error)")
        var again = shown
        for secret in ["hunter2", "hunter3", "whsec_aHVudGVyNA==", "hunter5"] {
            let hidden = try #require(again.range(of: "[secret]"))
            again.replaceSubrange(hidden, with: secret)
        }
        #expect(try folder.journey(again).map == folder.journey(exampleJourney).map)
    }

    @Test("what is shown has every default")
    func defaults() throws {
        let shown = try folder.journey(smallestJourney).map.shown.compact
        #expect(
            shown == #"{"journey":1,"name":"small","reentry":"never","time_zone":"Europe/Paris","#
                + #""statuses":["subscribed"],"start":[{"id":"s","type":"manual","next":"a"}],"#
                + #""points":[{"id":"a","type":"archive","next":null}]}"#
        )
    }
}
