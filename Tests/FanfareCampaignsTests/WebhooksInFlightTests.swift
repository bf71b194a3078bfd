import FanfareAudience
import FanfareCampaigns
import FanfareReceiver
import FanfareStore
import FanfareTesting
import NIOHTTP1
import Testing

/// What is under way when nobody is to be told of it any more: the receiver has it, and the log says so.
@Suite("Webhooks in flight") struct WebhooksInFlightTests {
    private static let address = "ada@example.com"

    enum Order: CaseIterable { case erase, suppress, disable, delete }

    @Test("what is delivered under an order stands as delivered", arguments: Order.allCases)
    func delivered(order: Order) async throws {
        let fixture = try WebhookFixture()
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return Reply(
                .answer(status: 200, headers: [:], body: ""),
                after: request.method == .POST ? .milliseconds(500) : .zero
            )
        }) { receiver in
            let webhooks = try fixture.begin()
            let webhook = try await webhooks.create(
                url: receiver.url(),
                events: Set(ChangeKind.allCases),
                sources: Set(ChangeSource.allCases),
                in: fixture.audience
            )
            let known = ContactEdit(.address(Self.address), .either)
            _ = try await webhooks.edit(known, in: fixture.audience, by: .api)
            try await inbox.waitForTold(1)
            try await give(order, webhook.id, webhooks, fixture)
            try await eventually("delivered") {
                try fixture.number("SELECT count(*) FROM event WHERE state = 4 AND attempts = 1 AND status = 200") == 1
            }
            #expect(try fixture.number("SELECT sum(count) FROM event_count WHERE state = 4") == 1)
            #expect(try fixture.number("SELECT total(count) FROM event_count WHERE state <> 4") == 0)
            #expect(try fixture.number("SELECT count(body) FROM event") == (order == .erase ? 0 : 1))
            #expect(inbox.told.count == 1)
            await webhooks.close()
        }
    }

    private func give(
        _ order: Order,
        _ webhook: String,
        _ webhooks: AudienceWebhooks,
        _ fixture: WebhookFixture
    ) async throws {
        switch order {
        case .erase: try await webhooks.erase(.address(Self.address), in: fixture.audience)
        case .suppress:
            _ = try fixture.suppression.add([Self.address])
            try await webhooks.skipSuppressed()
            // It was given up, and its outcome came after that.
            #expect(try fixture.number("SELECT state FROM event") == 7)
        case .disable: try await webhooks.disable(webhook, reason: "a test")
        case .delete: try await webhooks.delete(webhook)
        }
    }
}
