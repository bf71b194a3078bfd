import FanfareTesting
import Foundation
import Testing

@testable import Fanfare

/// Touchpoints from their draft to their end.
@Suite struct TouchpointLifeTests {
    private let author = CampaignFixture.author

    private func with(_ body: (CampaignFixture, ScriptedReceiver) async throws -> Void) async throws {
        try await withScriptedReceiver(keepsBodies: true) { receiver in
            try await withTemporaryFolder { folder in
                try await body(try CampaignFixture(folder, url: receiver.url()), receiver)
            }
        }
    }

    private func bodies(_ receiver: ScriptedReceiver) -> [String] {
        receiver.received.entriesByID.values.flatMap { $0 }.map { String(decoding: $0.body ?? [], as: UTF8.self) }
            .sorted()
    }

    private static let toTag = [#"{"to":"ada@example.com"}"#, #"{"to":"bob@example.com"}"#]

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func `one that is planned goes to its tag alone, at its time, and is complete`(restarts: Bool) async throws {
        try await with { fixture, receiver in
            let touchpoint = try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: restarts ? 5 : 3))
                let forecast = try await daemon.schedule(touchpoint)
                #expect(forecast.planned.requests == 2 && forecast.planned.name == touchpoint.jobName)
                #expect(try daemon.now(touchpoint).state == .scheduled)
                #expect(receiver.received.requests == 0)
                if !restarts { try await daemon.wait(for: .complete, touchpoint) }
                return touchpoint
            }
            try await fixture.serve { daemon in
                try await daemon.wait(for: .complete, touchpoint)
                #expect(bodies(receiver) == Self.toTag)
                let states = try daemon.states(touchpoint)
                #expect(states == [.draft, .scheduled, .running, .complete])
                let life = try daemon.campaigns.life(of: touchpoint)
                #expect(life.map(\.author) == ["operator anna", "operator anna", "fanfare", "fanfare"])
                #expect(zip(life, life.dropFirst()).allSatisfy { $0.at <= $1.at })
                let runs = try daemon.campaigns.fanOuts(of: touchpoint)
                #expect(runs.count == 1 && runs[0].counts[.delivered] == 2)
                let start = try #require(touchpoint.nextStart(now: 0))
                let entry = try #require(try daemon.campaigns.touchpoints(from: start, to: start + 1).first)
                #expect(entry.state == "complete" && entry.campaignName == "Autumn" && entry.id == touchpoint.id)
                let again = await #expect(throws: CampaignError.self) { _ = try await daemon.schedule(touchpoint) }
                #expect(again?.code == .conflict)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is taken back is a draft, and is sent once when it is planned again`() async throws {
        try await with { fixture, receiver in
            try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 600))
                for _ in 0..<3 {
                    _ = try await daemon.schedule(touchpoint)
                    let draft = try await daemon.campaigns.unschedule(
                        touchpoint.id,
                        of: touchpoint.campaign,
                        by: author
                    )
                    #expect(draft.state == .draft)
                }
                #expect(try daemon.jobs.store.all().entries.isEmpty)
                var edit = TouchpointEdit()
                edit.at = CampaignFixture.time(in: 2)
                _ = try daemon.campaigns.change(touchpoint.id, of: touchpoint.campaign, edit, by: author)
                _ = try await daemon.schedule(touchpoint)
                try await daemon.wait(for: .complete, touchpoint)
                #expect(bodies(receiver) == Self.toTag)
                let expected: [Touchpoint.State] =
                    [.draft] + [.scheduled, .draft, .scheduled, .draft, .scheduled, .draft]
                    + [.scheduled, .running, .complete]
                let states = try daemon.states(touchpoint)
                #expect(states == expected)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is paused before its time sends nothing until it is resumed`() async throws {
        try await with { fixture, receiver in
            try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 2))
                _ = try await daemon.schedule(touchpoint)
                let paused = try await daemon.campaigns.pause(touchpoint.id, of: touchpoint.campaign, by: author)
                #expect(paused.state == .paused)
                try await eventually("its time has come", within: .seconds(20)) {
                    try daemon.installation.fanOutRecord(named: touchpoint.jobName ?? "").state.isFrozen
                }
                #expect(try daemon.now(touchpoint).state == .paused && receiver.received.requests == 0)
                _ = try await daemon.campaigns.resume(touchpoint.id, of: touchpoint.campaign, by: author)
                try await daemon.wait(for: .complete, touchpoint)
                #expect(bodies(receiver) == Self.toTag)
                let states = try daemon.states(touchpoint)
                #expect(states == [.draft, .scheduled, .paused, .running, .complete])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is cancelled is not sent, nor after a restart, and is planned again when that is wanted`()
        async throws
    {
        try await with { fixture, receiver in
            let touchpoint = try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 3))
                _ = try await daemon.schedule(touchpoint)
                let cancelled = try await daemon.campaigns.cancel(touchpoint.id, of: touchpoint.campaign, by: author)
                #expect(cancelled.state == .cancelled)
                let twice = await #expect(throws: CampaignError.self) {
                    _ = try await daemon.campaigns.cancel(touchpoint.id, of: touchpoint.campaign, by: author)
                }
                #expect(twice?.code == .conflict)
                return touchpoint
            }
            try await fixture.serve { daemon in
                #expect(try daemon.jobs.store.all().entries.isEmpty)
                #expect(try daemon.now(touchpoint).state == .cancelled)
                _ = try await daemon.campaigns.unschedule(touchpoint.id, of: touchpoint.campaign, by: author)
                var edit = TouchpointEdit()
                edit.at = CampaignFixture.time(in: 2)
                _ = try daemon.campaigns.change(touchpoint.id, of: touchpoint.campaign, edit, by: author)
                _ = try await daemon.schedule(touchpoint)
                try await daemon.wait(for: .complete, touchpoint)
                #expect(bodies(receiver) == Self.toTag)
                let runs = try daemon.campaigns.fanOuts(of: touchpoint).map(\.record.run)
                #expect(runs == [2, 1])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one whose tag was deleted is held with the reason, and goes on when that is mended`() async throws {
        try await with { fixture, receiver in
            try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 2))
                _ = try await daemon.schedule(touchpoint)
                let tag = try #require(
                    try daemon.webhooks.reading(fixture.audience).listedSegments().first { $0.name == "vip" }
                )
                try await daemon.webhooks.write(fixture.audience) { try Audience.remove(segment: tag.id, $0) }
                try await daemon.wait(for: .held, touchpoint)
                #expect(try daemon.now(touchpoint).reason?.contains("vip") == true && receiver.received.requests == 0)
                let deleted = #expect(throws: CampaignError.self) {
                    try daemon.campaigns.delete(touchpoint.id, of: touchpoint.campaign)
                }
                #expect(deleted?.code == .conflict)
                var edit = ContactEdit(.address("eve@example.com"), .mustExist)
                edit.tags = [.init("vip")]
                _ = try await daemon.webhooks.edit(edit, in: fixture.audience, by: .admin)
                _ = try await daemon.campaigns.resume(touchpoint.id, of: touchpoint.campaign, by: author)
                try await daemon.wait(for: .complete, touchpoint)
                #expect(bodies(receiver) == [#"{"to":"eve@example.com"}"#])
                let last = try daemon.campaigns.life(of: touchpoint).first { $0.state == .held }
                #expect(last?.author == "fanfare" && last?.remark?.contains("vip") == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that comes again is scheduled between its times, and complete after the last`() async throws {
        try await with { fixture, receiver in
            try await fixture.serve { daemon in
                let rule = JSONValue.object(["repeat": "FREQ=DAILY;COUNT=2"])
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 2, schedule: rule))
                let forecast = try await daemon.schedule(touchpoint)
                #expect(forecast.planned.repeats == "FREQ=DAILY;COUNT=2")
                try await receiver.received.waitForRequests(2)
                try await eventually("the second is planned", within: .seconds(20)) {
                    try daemon.campaigns.fanOuts(of: touchpoint).map(\.record.run) == [2, 1]
                }
                try await eventually("its life is told") {
                    try daemon.states(touchpoint) == [.draft, .scheduled, .running, .scheduled]
                }
                let first = try #require(touchpoint.nextStart(now: 0))
                let entries = try daemon.campaigns.touchpoints(from: first, to: first + 10 * 86_400)
                #expect(entries.map(\.state) == ["complete", "scheduled"])
                #expect(entries.map(\.startsAt) == [first, first + 86_400])
                _ = try await daemon.campaigns.cancel(touchpoint.id, of: touchpoint.campaign, by: author)
                let rest = try daemon.campaigns.touchpoints(from: first, to: first + 10 * 86_400)
                #expect(rest.map(\.state) == ["complete", "cancelled"])
            }
        }
    }
}
