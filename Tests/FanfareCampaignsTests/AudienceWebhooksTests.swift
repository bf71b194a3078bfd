import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfarePayload
import FanfareReceiver
import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// Webhooks end to end: a change in an audience, a request at a receiver.
struct AudienceWebhooksTests {
    private static let allEvents = Set(ChangeKind.allCases)
    private static let allSources = Set(ChangeSource.allCases)

    /// Runs a test against a receiver that keeps what comes, with webhooks at work.
    private func with(
        _ fixture: WebhookFixture,
        _ reply: @escaping @Sendable (ReceivedRequest, Int) -> Reply = { _, _ in .status(200) },
        _ body: (Inbox, ScriptedReceiver, AudienceWebhooks) async throws -> Void
    ) async throws {
        let inbox = Inbox()
        try await withScriptedReceiver({ request, earlier in
            inbox.add(request)
            return reply(request, earlier)
        }) { receiver in
            let webhooks = try fixture.begin()
            try await body(inbox, receiver, webhooks)
            await webhooks.close()
        }
    }

    private func subscribe(_ address: String, _ webhooks: AudienceWebhooks, _ fixture: WebhookFixture) async throws {
        _ = try await webhooks.edit(.init(.address(address), .either), in: fixture.audience, by: .api)
    }

    @Test func `a change arrives once, signed both ways, after the URL has answered its check`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { inbox, receiver, webhooks in
            let webhook = try await webhooks.create(
                url: receiver.url("/hook?key=1"),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            let check = try #require(inbox.all.first)
            #expect(check.method == .GET && check.target == "/hook?key=1")
            #expect(check.headers["User-Agent"] == ["MailChimp.com WebHook Validator"])
            var edit = ContactEdit(.address("ada@example.com"), .mustBeNew)
            edit.fields = ["FNAME": "Ada & Co"]
            _ = try await webhooks.edit(edit, in: fixture.audience, by: .api)
            try await inbox.waitForTold(1)
            let told = try #require(inbox.told.first)
            #expect(told.headers["Content-Type"] == ["application/x-www-form-urlencoded"])
            #expect(told.headers["User-Agent"] == ["MailChimp.com"])
            let body = String(buffer: told.body)
            #expect(body.hasPrefix("type=subscribe&fired_at=") && body.hasSuffix("list_id%5D=\(fixture.audience)"))
            #expect(body.contains("FNAME%5D=Ada+%26+Co&"))
            try expectSignatures(told, try #require(webhook.secret))
            try await eventually("the ledger says so") {
                try fixture.number("SELECT count(*) FROM event WHERE state = 4") == 1
            }
        }
        #expect(try fixture.number("SELECT count FROM event_count WHERE state = 4") == 1)
    }

    @Test func `only the events and sources that were asked for are told`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { inbox, receiver, webhooks in
            _ = try await webhooks.create(
                url: receiver.url("/a"),
                events: [.subscribe, .upemail],
                sources: [.user],
                in: fixture.audience
            )
            for (address, source) in [("a@x.org", ChangeSource.api), ("b@x.org", .user), ("c@x.org", .admin)] {
                _ = try await webhooks.edit(.init(.address(address), .either), in: fixture.audience, by: source)
            }
            var move = ContactEdit(.address("b@x.org"), .mustExist)
            move.newAddress = "d@x.org"
            _ = try await webhooks.edit(move, in: fixture.audience, by: .user)
            try await inbox.waitForTold(2)
            try await webhooks.pull(fixture.audience)
            #expect(inbox.summary == ["subscribe b@x.org", "upemail d@x.org"])
        }
        #expect(try fixture.number("SELECT count(*) FROM event") == 2)
    }

    @Test func `a contact's later event waits for the earlier, which others do not`() async throws {
        let fixture = try WebhookFixture()
        let isDown = NIOLockedValueBox(true)
        // Ada's first event fails until it is let through.
        try await with(fixture) { request, _ in
            let isAdas = String(buffer: request.body).contains("ada%40") && request.method == .POST
            return isAdas && isDown.withLockedValue({ $0 }) ? .status(500) : .status(200)
        } _: { inbox, receiver, webhooks in
            _ = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            try await subscribe("ada@example.com", webhooks, fixture)
            let leave = ContactEdit(.address("ada@example.com"), .mustExist, status: .unsubscribed)
            _ = try await webhooks.edit(leave, in: fixture.audience, by: .api)
            for number in 0..<20 { try await subscribe("c\(number)@example.com", webhooks, fixture) }
            try await inbox.waitForTold(21)
            #expect(!inbox.summary.contains("unsubscribe ada@example.com"))
            isDown.withLockedValue { $0 = false }
            try await eventually("the unsubscribe") { inbox.summary.contains("unsubscribe ada@example.com") }
            let adas = inbox.summary.filter { $0.hasSuffix("ada@example.com") }
            #expect(adas.last == "unsubscribe ada@example.com")
            #expect(adas.dropLast().allSatisfy { $0 == "subscribe ada@example.com" } && adas.count >= 3)
            // A repetition is the same message: same id, same bytes.
            let first = inbox.told.filter { String(buffer: $0.body).contains("type=subscribe") }
                .filter { String(buffer: $0.body).contains("ada%40") }
            #expect(Set(first.map { $0.webhookID ?? "" }).count == 1)
            #expect(Set(first.map { String(buffer: $0.body) }).count == 1)
        }
    }

    @Test func `a receiver that answers 410 is told nothing any more, and its events are listed`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { request, _ in
            request.method == .GET ? .status(200) : .status(410)
        } _: { inbox, receiver, webhooks in
            let webhook = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            try await subscribe("a@x.org", webhooks, fixture)
            try await eventually("it is disabled") {
                try fixture.catalogue.webhook(webhook.id)?.state != .enabled
            }
            try await subscribe("b@x.org", webhooks, fixture)
            let told = inbox.told.count
            #expect(told == 1)
            guard case .disabled(let reason, _) = try #require(try fixture.catalogue.webhook(webhook.id)).state else {
                Issue.record("the webhook is enabled")
                return
            }
            #expect(reason.contains("410"))
            // Told again it has what changes from then on.
            receiver.behave { request, _ in
                inbox.add(request)
                return .status(200)
            }
            try await webhooks.enable(webhook.id)
            try await subscribe("c@x.org", webhooks, fixture)
            try await inbox.waitForTold(2)
            #expect(inbox.summary == ["subscribe a@x.org", "subscribe c@x.org"])
        }
        #expect(try fixture.number("SELECT count(*) FROM event WHERE state = 5") == 1)
    }

    @Test func `one that failed is told again on its own, with nothing else to wake its lane`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { request, earlier in
            if request.method == .GET { return .status(200) }
            // A refusal for later, a connection closed unanswered, and then it is taken.
            return earlier == 0 ? .status(500) : earlier == 1 ? Reply(.close) : .status(200)
        } _: { inbox, receiver, webhooks in
            _ = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            try await subscribe("a@x.org", webhooks, fixture)
            try await inbox.waitForTold(3)
            try await eventually("it is delivered") {
                try fixture.number("SELECT count(*) FROM event WHERE state = 4") == 1
            }
            #expect(Set(inbox.told.map { $0.webhookID ?? "" }).count == 1 && Set(inbox.bodies).count == 1)
        }
        #expect(try fixture.number("SELECT count(*) FROM event_attempt") == 2)
    }

    @Test func `an attempt that counts for nothing stands in the log all the same`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { request, earlier in
            .status(request.method == .POST && earlier < 2 ? 503 : 200)
        } _: { inbox, receiver, webhooks in
            _ = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            try await subscribe("a@x.org", webhooks, fixture)
            try await inbox.waitForTold(3)
            try await eventually("it is delivered") {
                try fixture.number("SELECT count(*) FROM event WHERE state = 4 AND attempts = 1") == 1
            }
        }
        #expect(try fixture.number("SELECT count(*) FROM event_attempt WHERE status = 503") == 2)
    }

    @Test func `orders for webhooks at once are followed one after the other, and none is lost`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { _, _ in
            .status(200)
        } _: { inbox, receiver, webhooks in
            let made = try await withThrowingTaskGroup(of: AudienceWebhook.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await webhooks.create(
                            url: receiver.url("/\(number)"),
                            events: Self.allEvents,
                            sources: Self.allSources,
                            in: fixture.audience
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            await withTaskGroup(of: Void.self) { group in
                for webhook in made {
                    group.addTask { try? await webhooks.disable(webhook.id, reason: "test") }
                    group.addTask { try? await webhooks.enable(webhook.id) }
                    group.addTask { _ = try? await webhooks.change(webhook.id, events: [.subscribe]) }
                }
            }
            for webhook in made { try await webhooks.enable(webhook.id) }
            try await subscribe("a@x.org", webhooks, fixture)
            try await inbox.waitForTold(10)
            #expect(Set(inbox.told.map(\.target)).count == 10)
        }
    }

    @Test func `an audience that was put back from a copy goes on with other numbers`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { inbox, receiver, webhooks in
            _ = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            let copy = fixture.folder.path + "/copy.sqlite"
            let path = fixture.directory.audiencePath(fixture.audience)
            _ = try await DatabaseFile.open(path, mode: .mustExist).writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [copy])
            }
            for number in 0..<3 { try await subscribe("a\(number)@x.org", webhooks, fixture) }
            try await inbox.waitForTold(3)
            await webhooks.close()
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.removeItem(atPath: path + suffix)
            }
            try FileManager.default.moveItem(atPath: copy, toPath: path)
            let again = try fixture.begin()
            try await subscribe("b@x.org", again, fixture)
            try await inbox.waitForTold(4)
            await again.close()
            #expect(inbox.summary.last == "subscribe b@x.org")
            #expect(Set(inbox.told.map { $0.webhookID ?? "" }).count == 4)
        }
    }

    @Test func `what was not told goes out after the next start, with the same ids`() async throws {
        let fixture = try WebhookFixture()
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return .status(200)
        }) { receiver in
            let paused = try fixture.begin(startsPaused: true)
            _ = try await paused.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            for number in 0..<300 { try await subscribe("c\(number)@x.org", paused, fixture) }
            await paused.close()
            #expect(inbox.told.isEmpty)
            let again = try fixture.begin()
            try await inbox.waitForTold(300)
            await again.close()
            #expect(Set(inbox.told.map { $0.webhookID ?? "" }).count == 300)
            #expect(Set(inbox.summary).count == 300)
            let third = try fixture.begin()
            await third.close()
            #expect(inbox.told.count == 300)
        }
        #expect(try fixture.number("SELECT count(*) FROM event WHERE state = 4") == 300)
    }

    @Test func `a URL that does not answer, is none, or is there already is refused`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { request, _ in
            request.target == "/closed" ? .status(403) : .status(200)
        } _: { _, receiver, webhooks in
            func refused(_ url: String, _ code: WebhookError.Code, _ message: String) async {
                do {
                    _ = try await webhooks.create(
                        url: url,
                        events: Self.allEvents,
                        sources: Self.allSources,
                        in: fixture.audience
                    )
                    Issue.record("\(url) was taken")
                } catch let error as WebhookError {
                    #expect(error.code == code && error.message.contains(message), "\(url): \(error)")
                } catch {
                    Issue.record("\(url): \(error)")
                }
            }
            await refused(receiver.url("/closed"), .unverified, "HTTP Code: 403")
            await refused("http://127.0.0.1:1/", .unverified, "HTTP Code: 0 (no connection")
            await refused("http://10.1.2.3/", .unverified, "HTTP Code: 0 (blocked by policy")
            for url in ["ftp://x.org/", "no url", "", "http://", "http://a b/"] {
                await refused(url, .invalidURL, "Invalid URL")
            }
            // Events have no merge tags, wherever they stand.
            for tag in ["/*|EMAIL|*", "/?a=*|EMAIL|*", "/*|UNIQID|*", "/*|NOPE|*"] {
                await refused(receiver.url(tag), .invalidURL, "Invalid URL")
            }
            _ = try await webhooks.create(
                url: receiver.url("/a?key=1"),
                events: [.subscribe],
                sources: [.api],
                in: fixture.audience
            )
            await refused(receiver.url("/a?key=2"), .duplicateURL, "multiple WebHooks for one URL")
            let known = try #require(try webhooks.all(of: fixture.audience).first)
            await #expect(throws: WebhookError(.invalidURL, "Invalid URL")) {
                _ = try await webhooks.change(known.id, url: receiver.url("/*|EMAIL|*"))
            }
            #expect(try webhooks.all(of: fixture.audience) == [known])
        }
    }

    @Test func `one that is deleted is told nothing, and what waited is cancelled`() async throws {
        let fixture = try WebhookFixture()
        try await with(fixture) { request, _ in
            request.method == .GET ? .status(200) : .status(500)
        } _: { inbox, receiver, webhooks in
            let webhook = try await webhooks.create(
                url: receiver.url(),
                events: Self.allEvents,
                sources: Self.allSources,
                in: fixture.audience
            )
            try await subscribe("a@x.org", webhooks, fixture)
            try await inbox.waitForTold(1)
            try await webhooks.delete(webhook.id)
            #expect(try webhooks.all(of: fixture.audience).isEmpty)
            #expect(try fixture.number("SELECT count(*) FROM event WHERE state = 6 AND reason = 100") == 1)
            await #expect(throws: WebhookError.self) { try await webhooks.delete(webhook.id) }
        }
    }
}
