import FanfareTesting
import Foundation
import Testing

@testable import Fanfare

/// What is refused, and what is found after a death.
@Suite struct CampaignDeskTests {
    private let author = CampaignFixture.author

    private func with(_ body: (CampaignFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(try CampaignFixture(folder)) }
    }

    private func refusal(_ daemon: Daemon, _ touchpoint: Touchpoint) async -> CampaignError? {
        await #expect(throws: CampaignError.self) { _ = try await daemon.schedule(touchpoint) }
    }

    @Test func `what a check would refuse is refused by its fields, and nothing is planned`() async throws {
        try await with { fixture in
            try await fixture.serve { daemon in
                var cases: [(TouchpointEdit, String)] = []
                cases.append((fixture.edit(in: nil), "at"))
                cases.append((fixture.edit(in: -60), "at"))
                cases.append((fixture.edit(in: 600, tag: "none"), "audience.tag"))
                var wrong = fixture.edit(in: 600)
                wrong.sections[.webhook] = .object(["data": .object(["to": "*|EMAIL|*"])])
                cases.append((wrong, "webhook.url"))
                wrong.sections[.webhook] = .object(["url": "https://x.org/", "data": .object(["to": "*|NONE|*"])])
                cases.append((wrong, "webhook.data.to"))
                wrong = fixture.edit(in: 600)
                wrong.sections[.webhook] = .null
                cases.append((wrong, "webhook"))
                for (edit, field) in cases {
                    let touchpoint = try fixture.makeTouchpoint(daemon, edit)
                    let error = await refusal(daemon, touchpoint)
                    #expect(
                        error?.code == .invalid && error?.fields.map(\.field) == [field],
                        "\(field): \(error as Any)"
                    )
                    let checked = await #expect(throws: CampaignError.self) {
                        _ = try await daemon.campaigns.check(touchpoint.id, of: touchpoint.campaign)
                    }
                    #expect(checked?.fields == error?.fields)
                    #expect(try daemon.now(touchpoint).state == .draft)
                }
                #expect(try daemon.jobs.store.all().entries.isEmpty)
            }
        }
    }

    @Test func `a time that the clocks skip is moved forward, and that is said`() async throws {
        try await with { fixture in
            try await fixture.serve { daemon in
                var edit = fixture.edit(in: nil)
                (edit.at, edit.timeZone) = ("2099-03-29 02:30", "Europe/Paris")
                let touchpoint = try fixture.makeTouchpoint(daemon, edit)
                let forecast = try await daemon.campaigns.check(touchpoint.id, of: touchpoint.campaign)
                #expect(forecast.planned.start.hasPrefix("2099-03-29 03:30 "))
                #expect(forecast.planned.warnings.contains { $0.contains("the clocks skip 2099-03-29 02:30") })
                #expect(try daemon.now(touchpoint).state == .draft)
            }
        }
    }

    @Test func `the plans that allow no webhooks have them set up and checked, and not scheduled`() async throws {
        try await with { fixture in
            try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 600))
                try daemon.installation.save(AccountSettings(plan: .essentials, timeZone: "UTC"))
                _ = try await daemon.campaigns.check(touchpoint.id, of: touchpoint.campaign)
                let error = await refusal(daemon, touchpoint)
                #expect(error?.code == .forbiddenByPlan && error?.message.contains("standard, premium") == true)
                try daemon.installation.save(AccountSettings(plan: .standard, timeZone: "UTC"))
                _ = try await daemon.schedule(touchpoint)
            }
        }
    }

    @Test func `what is planned is neither changed nor planned twice, nor is its campaign forgotten`() async throws {
        try await with { fixture in
            try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 600))
                async let first = daemon.schedule(touchpoint)
                async let second = daemon.schedule(touchpoint)
                var planned = 0
                do { _ = try await first; planned += 1 } catch { #expect((error as? CampaignError)?.code == .conflict) }
                do { _ = try await second; planned += 1 } catch {
                    #expect((error as? CampaignError)?.code == .conflict)
                }
                #expect(planned == 1)
                #expect(try daemon.jobs.store.all().entries.count == 1)
                let refusals: [() throws -> Void] = [
                    {
                        let edit = fixture.edit(in: 700)
                        _ = try daemon.campaigns.change(touchpoint.id, of: touchpoint.campaign, edit, by: author)
                    },
                    { try daemon.campaigns.delete(touchpoint.id, of: touchpoint.campaign) },
                    { try daemon.campaigns.delete(touchpoint.campaign) },
                    {
                        let other = try daemon.installation.makeAudience(named: "other", details: .init(), fields: [])
                        _ = try daemon.campaigns.change(touchpoint.campaign, audience: other.id)
                    },
                ]
                for refused in refusals {
                    let error = #expect(throws: CampaignError.self) { try refused() }
                    #expect(error?.code == .conflict)
                }
                _ = try await daemon.campaigns.unschedule(touchpoint.id, of: touchpoint.campaign, by: author)
                try daemon.campaigns.delete(touchpoint.campaign)
            }
        }
    }

    @Test func `tasks, events and notes are put where people want them, and nothing of them is sent`() async throws {
        try await with { fixture in
            try await fixture.serve { daemon in
                let (desk, campaign) = (daemon.campaigns, try fixture.makeCampaign(daemon))
                var edit = TouchpointEdit()
                edit.at = "2099-12-01 09:00"
                let task = try desk.add(.task, named: "write", to: campaign.id, edit, by: author)
                #expect(task.state == .notStarted)
                edit = TouchpointEdit()
                edit.state = .complete
                let done = try desk.change(task.id, of: campaign.id, edit, by: author)
                #expect(done.state == .complete && done.at == "2099-12-01 09:00" && done.changes == 1)
                #expect(try desk.life(of: task).map(\.state) == [.notStarted, .complete])
                let note = try desk.add(.note, named: "mail", to: campaign.id, TouchpointEdit(), by: author)
                #expect(note.state == .planned && note.channel == .other)
                let error = await #expect(throws: CampaignError.self) {
                    _ = try await desk.schedule(note.id, of: campaign.id, by: author)
                }
                #expect(error?.code == .conflict)
                #expect(try desk.touchpoints(of: campaign.id).map(\.id) == [task.id, note.id])
                let start = try #require(task.nextStart(now: 0))
                let entries = try desk.touchpoints(from: start - 1, to: start + 1)
                #expect(entries.map(\.kind) == ["task"] && entries.map(\.state) == ["complete"])
            }
        }
    }

    // MARK: After a death

    @Test func `an order that is kept is found by the next start, whatever was noted of it`() async throws {
        try await with { fixture in
            let touchpoint = try await fixture.serve { daemon in
                let touchpoint = try fixture.makeTouchpoint(daemon, fixture.edit(in: 600))
                _ = try await daemon.schedule(touchpoint)
                return touchpoint
            }
            // As if it had died before it could note that it is scheduled.
            try {
                let installation = try Installation.own(fixture.data)
                let store = try CampaignCatalogue(installation.catalogue, sealer: installation.sealer())
                let draft = TouchpointChange(state: .draft, at: 1, author: "nobody", remark: nil)
                try store.move(touchpoint.id, draft, reason: nil, now: 1)
            }()
            try await fixture.serve { daemon in
                let found = try daemon.now(touchpoint)
                #expect(found.state == .scheduled)
                #expect(try daemon.campaigns.life(of: touchpoint).last?.author == "fanfare")
                #expect(try daemon.jobs.store.all().entries.count == 1)
            }
        }
    }

    /// Makes a touchpoint whose time has come while nobody was there.
    ///
    /// - Parameter isTakenUp: Whether its fan-out was noted before.
    private func late(_ fixture: CampaignFixture, by seconds: Int64, isTakenUp: Bool = true) throws -> Touchpoint {
        let installation = try Installation.own(fixture.data)
        let store = try CampaignCatalogue(installation.catalogue, sealer: installation.sealer())
        let begun = currentUnixTime() - seconds - 60
        let campaign = Campaign(
            id: "0000000001",
            name: "Autumn",
            objective: "",
            audience: fixture.audience,
            author: "nobody",
            created: begun
        )
        try store.add(campaign)
        let new = Touchpoint(.webhook, named: "First", of: campaign, in: "UTC", id: "0000000002", now: begun)
        let touchpoint = try fixture.edit(in: -seconds).applied(to: new, by: author)
        try store.add(touchpoint, by: author.name)
        let scheduled = TouchpointChange(state: .scheduled, at: begun, author: author.name, remark: nil)
        try store.move(touchpoint.id, scheduled, reason: nil, now: begun)
        let name = try #require(touchpoint.jobName)
        var record = FanOutRecord(
            id: "0123456789",
            name: name,
            run: 1,
            identity: "0",
            state: .scheduled,
            audience: fixture.audience,
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: begun
        )
        record.plannedAt = touchpoint.nextStart(now: 0)
        if isTakenUp { try installation.fanOuts().save(record) }
        let text = touchpoint.document?.jobText(named: name, to: fixture.audience, at: touchpoint.at, in: "UTC")
        var order = RunOrder(text: text ?? "", file: "the touchpoint", folder: "/", environment: [:])
        (order.isPlanned, order.again, order.acceptsChanges) = (true, true, true)
        let jobs = try HandedJobs(installation)
        try jobs.add(order, ticket: "a")
        if isTakenUp { try jobs.note(record.id, ticket: "a") }
        return touchpoint
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is too late is missed, also where nobody had taken it up before its time`() async throws {
        try await with { fixture in
            let touchpoint = try late(fixture, by: 7200, isTakenUp: false)
            try await fixture.serve { daemon in
                try await daemon.wait(for: .missed, touchpoint)
                let states = try daemon.states(touchpoint)
                #expect(states == [.draft, .scheduled, .missed])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is too late is missed, which is said, and can be planned again`() async throws {
        try await with { fixture in
            let touchpoint = try late(fixture, by: 7200)
            try await fixture.serve { daemon in
                try await daemon.wait(for: .missed, touchpoint)
                #expect(try daemon.now(touchpoint).reason?.contains(" was missed: ") == true)
                let states = try daemon.states(touchpoint)
                #expect(states == [.draft, .scheduled, .missed])
                _ = try await daemon.campaigns.unschedule(touchpoint.id, of: touchpoint.campaign, by: author)
                var edit = TouchpointEdit()
                edit.at = CampaignFixture.time(in: 600)
                _ = try daemon.campaigns.change(touchpoint.id, of: touchpoint.campaign, edit, by: author)
                _ = try await daemon.schedule(touchpoint)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is a little late is sent`() async throws {
        try await withScriptedReceiver { receiver in
            try await withTemporaryFolder { folder in
                let fixture = try CampaignFixture(folder, url: receiver.url())
                let touchpoint = try late(fixture, by: 600)
                try await fixture.serve { daemon in
                    try await daemon.wait(for: .complete, touchpoint)
                    #expect(receiver.received.distinctIDs == 2 && receiver.received.repeats == 0)
                    let states = try daemon.states(touchpoint)
                    #expect(states == [.draft, .scheduled, .running, .complete])
                }
            }
        }
    }
}
