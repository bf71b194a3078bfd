import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareReceiver
import FanfareTesting
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A webhook that is sent to try one.
struct WebhookTestTests {
    /// Runs a test with a webhook that listens to some events, and stands still.
    private func withWebhook(
        _ events: Set<ChangeKind> = Set(ChangeKind.allCases),
        _ reply: @escaping @Sendable (ReceivedRequest) -> Reply = { _ in .status(200) },
        _ body: (WebhookFixture, Inbox, AudienceWebhooks, AudienceWebhook) async throws -> Void
    ) async throws {
        let fixture = try WebhookFixture()
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return request.method == .GET ? .status(200) : reply(request)
        }) { receiver in
            let webhooks = try fixture.begin()
            let webhook = try await webhooks.create(
                url: receiver.url("/hook?key=1"),
                events: events,
                sources: Set(ChangeSource.allCases),
                in: fixture.audience
            )
            try await body(fixture, inbox, webhooks, webhook)
            await webhooks.close()
        }
    }

    @Test func `it comes as an event does, signed both ways, and no ledger knows of it`() async throws {
        try await withWebhook { fixture, inbox, webhooks, webhook in
            let trial = try await webhooks.test(webhook.id)
            #expect(trial.isAccepted && trial.status == 200 && trial.reason == nil && trial.event == "profile")
            #expect(trial.headers.hasPrefix("HTTP/1.1 200 OK\r\n") && trial.body == "ok\n" && !trial.isBodyCut)
            let total = try #require(trial.durations.total)
            #expect(total > 0 && total >= (trial.durations.firstByte ?? .max) && trial.durations.name == nil)
            let told = try #require(inbox.told.first)
            #expect(told.webhookID == trial.id && told.target == "/hook?key=1")
            try expectSignatures(told, try #require(webhook.secret))
            #expect(inbox.summary == ["profile test@example.com"])
            #expect(try fixture.number("SELECT count(*) FROM event") == 0)
            // As a real one, but for its values.
            var edit = ContactEdit(.address("ada@example.com"), .mustBeNew)
            edit.fields = ["FNAME": "Ada"]
            _ = try await webhooks.edit(edit, in: fixture.audience, by: .api)
            edit = ContactEdit(.address("ada@example.com"), .mustExist)
            edit.fields = ["FNAME": "Eva"]
            _ = try await webhooks.edit(edit, in: fixture.audience, by: .api)
            try await inbox.waitForTold(3)
            let real = inbox.told[2]
            #expect(real.headers.map { $0.name } == told.headers.map { $0.name })
            #expect(real.headers["User-Agent"] == told.headers["User-Agent"])
            #expect(keys(of: real) == keys(of: told) && keys(of: told).contains("data%5Bmerges%5D%5BFNAME%5D"))
        }
    }

    private func keys(of request: ReceivedRequest) -> [String] {
        String(buffer: request.body).split(separator: "&").map { String($0.prefix { $0 != "=" }) }
    }

    @Test func `each has an id of its own, which no event can have`() async throws {
        try await withWebhook { _, inbox, webhooks, webhook in
            var ids: Set<String> = []
            for _ in 0..<5 { ids.insert(try await webhooks.test(webhook.id).id) }
            #expect(ids.count == 5 && Set(inbox.told.compactMap(\.webhookID)) == ids)
            // Behind msg_ an event's has letters and digits alone.
            #expect(ids.allSatisfy { $0.wholeMatch(of: /msg_test_[a-z2-7]{26}/) != nil }, "\(ids)")
        }
    }

    @Test func `where subscriptions alone are listened to it is one`() async throws {
        try await withWebhook([.subscribe, .unsubscribe]) { _, inbox, webhooks, webhook in
            let trial = try await webhooks.test(webhook.id)
            #expect(trial.event == "subscribe")
            #expect(inbox.summary == ["subscribe test@example.com"])
        }
    }

    @Test func `a webhook that is disabled, or stands still, is sent it too`() async throws {
        try await withWebhook { fixture, inbox, webhooks, webhook in
            webhooks.pause(true)
            #expect(try await webhooks.test(webhook.id).isAccepted)
            try await webhooks.disable(webhook.id, reason: "a test")
            #expect(try await webhooks.test(webhook.id).isAccepted)
            #expect(inbox.told.count == 2)
            #expect(try fixture.catalogue.webhook(webhook.id)?.state != .enabled)
        }
    }

    @Test func `a receiver that refuses is shown, and the webhook stays as it is`() async throws {
        let long = String(repeating: "é", count: 3000)
        try await withWebhook(Set(ChangeKind.allCases)) { _ in
            Reply(.answer(status: 410, headers: ["X-Why": "gone"], body: "x" + long))
        } _: { fixture, inbox, webhooks, webhook in
            let trial = try await webhooks.test(webhook.id)
            #expect(!trial.isAccepted && trial.status == 410 && !trial.wouldRepeat)
            #expect(trial.reason == "status 410" && trial.headers.contains("X-Why: gone\r\n"))
            // Whole characters.
            #expect(trial.isBodyCut && trial.body == "x" + long.prefix(1023))
            #expect(inbox.told.count == 1)
            #expect(try fixture.catalogue.webhook(webhook.id)?.state == .enabled)
        }
    }

    @Test func `a receiver that cannot be reached is told from one that answers`() async throws {
        try await withWebhook(Set(ChangeKind.allCases)) { _ in
            Reply(.silence)
        } _: { _, inbox, webhooks, webhook in
            let slow = try await webhooks.test(webhook.id)
            #expect(!slow.isAccepted && slow.status == nil && slow.wouldRepeat)
            #expect(slow.reason?.contains("within the time-out") ?? false, "\(slow)")
            #expect(inbox.told.count == 1)
            let unknown = await #expect(throws: WebhookError.self) { try await webhooks.test("0000000000") }
            #expect(unknown?.code == .unknownWebhook)
        }
    }

    @Test func `what came of it survives its way to others`() async throws {
        try await withWebhook { _, _, webhooks, webhook in
            let trial = try await webhooks.test(webhook.id)
            let text = try JSONEncoder().encode(trial)
            #expect(try JSONDecoder().decode(EventTrial.self, from: text) == trial)
            let object = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
            #expect(object["webhook_id"] as? String == trial.id && object["accepted"] as? Bool == true)
            #expect((object["durations_us"] as? [String: Int])?["total"].map(Int64.init) == trial.durations.total)
        }
    }
}
