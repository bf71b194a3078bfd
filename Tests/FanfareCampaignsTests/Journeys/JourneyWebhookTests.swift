import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareReceiver
import FanfareTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// Webhooks of journeys end to end: a contact at a point, a request at a receiver, and what becomes of the contact.
struct JourneyWebhookTests {
    private static let start: Int64 = 1_803_888_000

    private func with(
        _ status: @escaping @Sendable (String) -> Int,
        onFailure: String,
        _ body: (JourneyFixture, Journey, Inbox) async throws -> Void
    ) async throws {
        try await with(status, onFailure: onFailure) { fixture, journey, inbox, _ in
            try await body(fixture, journey, inbox)
        }
    }

    /// - Parameter body: Given the receiver's URL too.
    private func with(
        _ status: @escaping @Sendable (String) -> Int,
        onFailure: String,
        _ body: (JourneyFixture, Journey, Inbox, String) async throws -> Void
    ) async throws {
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return .status(status(String(buffer: request.body)))
        }) { receiver in
            let fixture = try JourneyFixture(contacts: [["FNAME": "Ada & \"Co\""], [:]], at: Self.start)
            let url = receiver.url("/in")
            let journey = try await fixture.begin(Self.map(onFailure: onFailure, url))
            try await body(fixture, journey, inbox, url)
            await fixture.close()
        }
    }

    private static func map(onFailure: String, _ url: String) -> String {
        """
        {name: Test, time_zone: UTC, start: [{id: s, type: manual, next: tell}], points: [
          {id: tell, type: webhook, on_failure: \(onFailure), delivery: {retries: [1s, 1s, 1s, 1s, 1s], deadline: 1m},
            webhook: {url: "\(url)", headers: {X-Who: fanfare},
              data: {email: "*|EMAIL|*", name: "*|FNAME|*", id: "*|DELIVERY_ID|*"}}, next: m},
          {id: m, type: add_tag, tag: told}]}
        """
    }

    private func ways(_ fixture: JourneyFixture, _ journey: Journey, _ contact: Int) throws -> [String] {
        try fixture.journeys.passages(of: fixture.contacts[contact], in: journey, limit: 9).map(\.way.name)
    }

    @Test func `each contact's request comes once, with its values and its id, and the contact goes on`() async throws {
        try await with({ _ in 200 }, onFailure: "go_on") { fixture, journey, inbox in
            try await fixture.journeys.add(["c1@example.com", "c2@example.com"], to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await inbox.waitForTold(2)
            #expect(try ways(fixture, journey, 0) == ["began", "sent", "next"])
            let first = try #require(inbox.told.first { String(buffer: $0.body).contains("c1@") })
            let id = try #require(first.webhookID)
            #expect(
                String(buffer: first.body)
                    == #"{"email":"c1@example.com","name":"Ada & \"Co\"","id":"\#(id)"}"#
            )
            #expect(first.headers["Content-Type"] == ["application/json"] && first.headers["X-Who"] == ["fanfare"])
            let series = EventIDSeries(installation: "installation", endpoint: journey.endpoint(of: "tell"))
            let expected = series.id(change: 0, contact: fixture.contacts[0], .init(entry: 1, visit: 1))
            #expect(id == expected.description)
            try await eventually("the ledger says so") {
                try fixture.journeys.requests(of: journey)["tell"]?.counts[.delivered] == 2
            }
            #expect(try fixture.value("SELECT count(*) FROM change") != nil)
        }
    }

    @Test func `who waits for a delivery goes on when it has been made`() async throws {
        try await with({ $0.contains("c1@") ? 200 : 400 }, onFailure: "wait") { fixture, journey, inbox in
            try await fixture.journeys.add(["c1@example.com", "c2@example.com"], to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await inbox.waitForTold(2)
            try await eventually("one was delivered, one given up") {
                let counts = try fixture.journeys.requests(of: journey)["tell"]?.counts
                return counts?[.delivered] == 1 && counts?[.dead] == 1
            }
            await fixture.advance(to: Self.start + 2)
            #expect(try ways(fixture, journey, 0) == ["began", "delivered", "next"])
            #expect(try ways(fixture, journey, 1) == ["began"])
            #expect(try fixture.journeys.counts(of: journey).first { $0.point == "tell" }?.waiting == 1)
        }
    }

    @Test func `who stays after a failure goes on when another version of the map says so`() async throws {
        try await with({ _ in 400 }, onFailure: "wait") { fixture, journey, inbox, url in
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await eventually("it was given up") {
                try fixture.journeys.requests(of: journey)["tell"]?.counts[.dead] == 1
            }
            await fixture.advance(to: Self.start + 2)
            func edit(onFailure: String, _ version: Int64) async throws {
                let map = Self.map(onFailure: onFailure, url)
                let document = try JourneyDocument.read(Array(map.utf8), file: "j", folder: "", environment: [:])
                _ = try await fixture.journeys.replace(journey.id, by: document, version: version, by: "bob")
                await fixture.advance(to: fixture.now + 1)
            }
            try await edit(onFailure: "wait", 1)
            #expect(try ways(fixture, journey, 0) == ["began"])
            try await edit(onFailure: "go_on", 2)
            #expect(try ways(fixture, journey, 0) == ["began", "sent", "next"])
            #expect(inbox.told.count == 1)
        }
    }

    @Test func `who stays after a failure leaves by no edit while it is sent again`() async throws {
        let status = NIOLockedValueBox(400)
        try await with({ _ in status.withLockedValue { $0 } }, onFailure: "wait") { fixture, journey, _, url in
            func counts(_ state: DeliveryState) throws -> Int64? {
                try fixture.journeys.requests(of: journey)["tell"]?.counts[state]
            }
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await eventually("it was given up") { try counts(.dead) == 1 }
            await fixture.advance(to: Self.start + 2)
            status.withLockedValue { $0 = 503 }
            #expect(try await fixture.journeys.resend(1, of: journey.id))
            try await eventually("it is to be sent again") { try counts(.retryable) == 1 }
            let map = Self.map(onFailure: "leave", url)
            let document = try JourneyDocument.read(Array(map.utf8), file: "j", folder: "", environment: [:])
            _ = try await fixture.journeys.replace(journey.id, by: document, version: 1, by: "bob")
            await fixture.advance(to: Self.start + 3)
            #expect(try ways(fixture, journey, 0) == ["began"])
            status.withLockedValue { $0 = 200 }
            try await eventually("it was delivered") { try counts(.delivered) == 1 }
            await fixture.advance(to: Self.start + 4)
            #expect(try ways(fixture, journey, 0) == ["began", "delivered", "next"])
        }
    }

    @Test func `who is to leave when it is given up leaves`() async throws {
        try await with({ _ in 400 }, onFailure: "leave") { fixture, journey, inbox in
            try await fixture.journeys.add(["c1@example.com"], to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await eventually("it was given up") {
                try fixture.journeys.requests(of: journey)["tell"]?.counts[.dead] == 1
            }
            await fixture.advance(to: Self.start + 2)
            #expect(try ways(fixture, journey, 0) == ["began", "gave_up"])
            #expect(try fixture.journeys.positions(in: journey, limit: 9).isEmpty)
            #expect(inbox.told.count == 1)
        }
    }

    @Test func `a contact without the status, or what is required, passes unsent`() async throws {
        try await with({ _ in 200 }, onFailure: "go_on") { fixture, journey, inbox in
            try await fixture.journeys.add(["c1@example.com", "c2@example.com"], to: journey.id)
            try await fixture.happen([.init(at: 0, contact: fixture.contacts[1], what: .status(.unsubscribed))])
            await fixture.advance(to: Self.start + 1)
            try await inbox.waitForTold(1)
            #expect(try ways(fixture, journey, 1) == ["began", "skipped", "next"])
            #expect(inbox.told.count == 1)
        }
    }

    @Test func `a receiver that refuses all pauses the journey, and what is not sent waits`() async throws {
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return .status(401)
        }) { receiver in
            let fixture = try JourneyFixture(contacts: (0..<60).map { _ in [:] }, at: Self.start)
            let journey = try await fixture.begin(
                """
                {name: Test, time_zone: UTC, start: [{id: s, type: manual, next: tell}], points: [
                  {id: tell, type: webhook, webhook: {url: "\(receiver.url("/in"))", data: {a: b}},
                    delivery: {max_in_flight: 1}}]}
                """
            )
            try await fixture.journeys.add(.everyone, to: journey.id)
            await fixture.advance(to: Self.start + 1)
            try await eventually("it is paused") { try fixture.journeys.journey(journey.id).state == .paused }
            #expect(
                try fixture.journeys.journey(journey.id).reason
                    == "the point tell: the receiver refused the first deliveries"
            )
            func counts() throws -> StateCounts {
                try #require(try fixture.journeys.requests(of: journey)["tell"]?.counts)
            }
            // What became of the last ones is written down while the journey is paused.
            try await eventually("those that were refused stand as dead") { try counts()[.dead] >= 20 }
            #expect(try counts().total == 60 && counts()[.available] > 0)
            await fixture.close()
        }
    }
}
