import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@testable import Fanfare

@Suite("Orders for webhooks reach a daemon, or are followed here")
struct WebhookOrderTests {
    private static let loopback = ["127.0.0.0/8"]

    private static func egress() throws -> EgressPolicy { EgressPolicy(allowed: [try .init("127.0.0.0/8")]) }

    /// Runs a test with an audience `customers`, with a daemon or without one.
    private func withCustomers(
        daemon isServed: Bool,
        _ body: (BackupFixture, ControlLink, Daemon?) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            _ = try { _ = try Installation.own(fixture.data).openAudience(named: "customers", makesIt: true) }()
            let link = ControlLink(dataDirectory: fixture.data)
            guard isServed else { return try await body(fixture, link, nil) }
            let daemon = try Daemon(try Installation.own(fixture.data), .init(egress: Self.egress()))
            try await body(fixture, link, daemon)
            try await daemon.close()
        }
    }

    private func creation(_ url: String, networks: [String] = Self.loopback, proxy: String? = nil) -> ControlRequest {
        var order = WebhookOrder(audience: "customers", url: url, events: ["subscribe", "profile"], sources: ["api"])
        (order.networks, order.proxy) = (networks, proxy)
        return ControlRequest(.createWebhook, webhook: order)
    }

    private func entries(_ fixture: BackupFixture) throws -> [AuditEntry] {
        try AuditLog.entries(in: Installation.read(fixture.data).catalogue, limit: 20)
    }

    @Test("one is made, tried, disabled, enabled and deleted, and the trail says so", arguments: [false, true])
    func lifeOfOne(isServed: Bool) async throws {
        try await withScriptedReceiver { receiver in
            try await withCustomers(daemon: isServed) { fixture, link, daemon in
                let url = receiver.url("/hook?token=very-private")
                let egress = try Self.egress()
                let answer = try await link.ask(ofWebhook: creation(url), egress: egress)
                let made = try #require(answer.webhook, "\(answer.message)")
                #expect(made.url == url && made.events == ["subscribe", "profile"] && made.sources == ["api"])
                #expect(made.secret?.hasPrefix("whsec_") ?? false)
                #expect(!"\(made)".contains("whsec") && !answer.message.contains("whsec"))
                func give(_ command: ControlRequest.Command) async throws -> ControlAnswer {
                    let request = ControlRequest(command, webhook: WebhookOrder(id: made.id))
                    return try await link.ask(ofWebhook: request, egress: egress)
                }
                let trial = try #require(try await give(.testWebhook).trial)
                #expect(trial.isAccepted && trial.url == url)
                #expect(try await give(.disableWebhook).message == "\(made.id): disabled")
                #expect(try await give(.enableWebhook).message == "\(made.id): enabled")
                #expect(try await give(.deleteWebhook).message == "\(made.id): deleted")
                let gone = try await give(.testWebhook)
                #expect(gone.refusal == .invalid && gone.message == "there is no webhook \(made.id)")
                daemon?.audit.flush()
                let entries = try entries(fixture)
                #expect(
                    entries.map(\.action) == [
                        "create_webhook", "test_webhook", "disable_webhook", "enable_webhook", "delete_webhook",
                        "test_webhook",
                    ]
                )
                #expect(entries.first?.object == "audience customers, webhook \(made.id)")
                #expect(entries.last?.object == "webhook \(made.id)" && entries.last?.result == "refused")
                #expect(!entries.contains { "\($0)".contains("private") || "\($0)".contains("whsec") })
            }
        }
    }

    @Test("what is wrong is told apart from what fails", arguments: [false, true])
    func refusals(isServed: Bool) async throws {
        try await withCustomers(daemon: isServed) { _, link, _ in
            let egress = try Self.egress()
            let silent = try await link.ask(ofWebhook: creation("http://127.0.0.1:9/"), egress: egress)
            #expect(silent.refusal == .invalid && silent.message.contains("We couldn't verify the URL"))
            var nobodys = creation("http://127.0.0.1:9/")
            nobodys.webhook?.audience = "nobodys"
            let unknown = try await link.ask(ofWebhook: nobodys, egress: egress)
            #expect(unknown.refusal == .invalid && unknown.message.contains("nobodys"))
            var odd = creation("http://127.0.0.1:9/")
            odd.webhook?.events = ["explode"]
            #expect(try await link.ask(ofWebhook: odd, egress: egress).refusal == .invalid)
            let bare = try await link.ask(ofWebhook: ControlRequest(.enableWebhook), egress: egress)
            #expect(bare.refusal == .malformed)
        }
    }

    @Test("a network or proxy that the daemon has not is refused in words, and one that it has is taken")
    func networks() async throws {
        try await withScriptedReceiver { receiver in
            try await withCustomers(daemon: true) { _, link, _ in
                let other = try await link.ask(ofWebhook: creation(receiver.url(), networks: ["10.0.0.0/8"]))
                #expect(other.refusal == .invalid && other.webhook == nil)
                #expect(other.message.contains("may not connect to 10.0.0.0/8: start it with --allow-network"))
                let proxied = try await link.ask(
                    ofWebhook: creation(receiver.url(), proxy: "http://me:hidden@127.0.0.1:3128")
                )
                #expect(proxied.refusal == .invalid && proxied.message.contains("--proxy"))
                #expect(!proxied.message.contains("hidden"))
                #expect(receiver.received.requests == 0)
                let narrower = try await link.ask(ofWebhook: creation(receiver.url(), networks: ["127.1.0.0/16"]))
                #expect(narrower.refusal == nil && narrower.webhook != nil, "\(narrower.message)")
                let none = try await link.ask(ofWebhook: creation(receiver.url("/second"), networks: []))
                #expect(none.webhook != nil, "\(none.message)")
            }
        }
    }

    @Test("a receiver that takes its time for its check holds up no other order", .timeLimit(.minutes(1)))
    func slowCheck() async throws {
        try await withScriptedReceiver({ _, _ in .status(200, after: .seconds(3)) }) { receiver in
            try await withCustomers(daemon: true) { _, link, _ in
                let creation = self.creation(receiver.url())
                // On a thread of its own: who waits for the daemon here takes one away from its tasks.
                let making = Task { try await OwnThread.run { _ in try link.askOwner(creation) } }
                try await eventually("its check is asked") { receiver.openRequests == 1 }
                let began = ContinuousClock.now
                let edit = ContactEdit(.address("ada@example.com"), .mustBeNew)
                let order = ContactOrder(audience: "customers", edit: edit)
                #expect(try await link.ask(ControlRequest(.edit, contact: order)).refusal == nil)
                #expect(ContinuousClock.now - began < .seconds(2))
                #expect(receiver.openRequests == 1)
                #expect(try await making.value?.webhook != nil)
            }
        }
    }

    @Test("a process that runs a fan-out leaves webhooks to others, and says so")
    func besideARun() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let installation = try Installation.own(fixture.data)
            let server = try ControlDesk(installation).listen()
            let request = ControlRequest(.deleteWebhook, webhook: WebhookOrder(id: "0123456789"))
            let answer = try await ControlLink(dataDirectory: fixture.data).ask(ofWebhook: request)
            #expect(answer.refusal == .unknown && answer.message.contains("when it has ended"))
            try server.close()
        }
    }
}
