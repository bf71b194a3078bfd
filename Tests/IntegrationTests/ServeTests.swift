import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// The daemon: what others change through it is told, whatever becomes of it.
@Suite(.serialized) struct ServeTests {
    /// A desk with an audience `customers` and a receiver that keeps the bodies of what it is told.
    private func withCustomers(
        _ body: (Desk, ScriptedReceiver, NIOLockedValueBox<[String]>) async throws -> Void
    )
        async throws
    {
        let told = NIOLockedValueBox<[String]>([])
        try await withDesk(receiver: { request, _ in
            if request.method == .POST { told.withLockedValue { $0.append(String(buffer: request.body)) } }
            return .status(200)
        }) { desk, receiver in
            try desk.write("email,First Name\nada@example.com,Ada\n", to: "contacts.csv")
            let imported = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "customers")
            try #require(imported.status == 0, "\(imported.errors)")
            try await body(desk, receiver, told)
        }
    }

    private func begin(
        _ desk: Desk,
        _ greeting: String = "Serving data: 1 audience, 1 webhook at http://127.0.0.1:"
    ) async throws
        -> ChildProcess
    {
        let daemon = try desk.start("serve", "--listen", "0")
        try await eventually("the daemon serves; it said: \(daemon.errors)", within: .seconds(20)) {
            daemon.errors.contains(greeting) || !daemon.isRunning
        }
        try #require(daemon.isRunning, "\(daemon.errors)")
        return daemon
    }

    @Test("a change made through the daemon is told; SIGTERM ends it in good order", .timeLimit(.minutes(2)))
    func tells() async throws {
        try await withCustomers { desk, receiver, told in
            let made = try await desk.fanfare("webhook", "create", "customers", receiver.url("/hook"))
            try #require(made.status == 0, "\(made.errors)")
            #expect(made.output.contains("  signing secret, shown only now: whsec_"))
            let daemon = try await begin(desk)
            let added = try await desk.fanfare("audience", "add", "customers", "bob@example.com")
            #expect(added.status == 0 && added.output == "bob@example.com: added, subscribed\n", "\(added)")
            let twice = try await desk.fanfare("audience", "add", "customers", "bob@example.com")
            #expect(twice.status == 2 && twice.errors.contains("is in the audience already"), "\(twice)")
            try await eventually("bob is told of") { told.withLockedValue { $0.count } == 1 }
            #expect(told.withLockedValue { $0[0] }.hasPrefix("type=subscribe&"))
            let list = try await desk.fanfare("webhook", "list", "customers")
            #expect(list.status == 0 && list.output.contains("/hook\n  enabled\n"), "\(list)")
            daemon.signal(SIGTERM)
            let end = try await desk.finish(daemon)
            #expect(end.status == 0 && end.errors.contains("Ending: "), "\(end)")
        }
    }

    @Test("stop-all keeps webhooks from being sent over a restart, and resume-all sends them", .timeLimit(.minutes(2)))
    func everythingStopped() async throws {
        try await withCustomers { desk, receiver, told in
            let made = try await desk.fanfare("webhook", "create", "customers", receiver.url("/hook"))
            try #require(made.status == 0, "\(made.errors)")
            let first = try await begin(desk)
            let stopped = try await desk.fanfare("stop-all")
            #expect(stopped.status == 0, "\(stopped)")
            let added = try await desk.fanfare("audience", "add", "customers", "bob@example.com")
            #expect(added.status == 0, "\(added)")
            first.signal(SIGKILL)
            _ = try await first.wait()
            let second = try await begin(desk, "nothing is sent until fanfare resume-all")
            // It is another switch.
            _ = try await desk.fanfare("webhook", "resume")
            try await Task.sleep(for: .seconds(1))
            #expect(told.withLockedValue { $0.isEmpty })
            let resumed = try await desk.fanfare("resume-all")
            #expect(resumed.status == 0, "\(resumed)")
            try await eventually("bob is told of") { told.withLockedValue { $0.count } == 1 }
            second.signal(SIGTERM)
            _ = try await desk.finish(second)
        }
    }

    @Test("the check of a URL and what it is told go through the proxy", .timeLimit(.minutes(1)))
    func throughProxy() async throws {
        let proxy = try await ProtocolServer(.proxy, "through")
        do {
            try await withCustomers { desk, receiver, told in
                var desk = desk
                desk.environment["FANFARE_PROXY"] = "http://127.0.0.1:\(proxy.port)"
                let url = receiver.url("/hook").replacing("127.0.0.1", with: "receiver.invalid")
                let made = try await desk.fanfare("webhook", "create", "customers", url)
                try #require(made.status == 0, "\(made.errors)")
                let daemon = try await begin(desk)
                let added = try await desk.fanfare("audience", "add", "customers", "bob@example.com")
                #expect(added.status == 0, "\(added)")
                try await eventually("bob is told of") { told.withLockedValue { $0.count } == 1 }
                #expect(proxy.log.count == 2 && proxy.log[0].hasPrefix("GET \(url)"), "\(proxy.log)")
                #expect(proxy.log.last?.hasPrefix("POST \(url)") ?? false, "\(proxy.log)")
                daemon.signal(SIGTERM)
                _ = try await desk.finish(daemon)
            }
        } catch {
            try await proxy.stop()
            throw error
        }
        try await proxy.stop()
    }

    @Test("what was changed without a daemon, or before it was killed, is told by the next", .timeLimit(.minutes(2)))
    func tellsLater() async throws {
        try await withCustomers { desk, receiver, told in
            let made = try await desk.fanfare("webhook", "create", "customers", receiver.url())
            try #require(made.status == 0, "\(made.errors)")
            let alone = try await desk.fanfare(
                "audience",
                "set",
                "customers",
                "ada@example.com",
                "--field",
                "FIRST_NAME=A"
            )
            #expect(alone.status == 0, "\(alone)")
            let first = try await begin(desk)
            try await eventually("ada is told of") { told.withLockedValue { $0.count } == 1 }
            #expect(told.withLockedValue { $0[0] }.hasPrefix("type=profile&"))
            let paused = try await desk.fanfare("webhook", "pause")
            #expect(paused.status == 0 && paused.output == "webhooks are paused\n", "\(paused)")
            let listed = try await desk.fanfare("webhook", "list", "customers", "--json")
            for asked in [listed, try await desk.fanfare("status")] {
                #expect(asked.errors.contains("none is sent until fanfare webhook resume"), "\(asked)")
            }
            let added = try await desk.fanfare("audience", "add", "customers", "bob@example.com")
            #expect(added.status == 0, "\(added)")
            first.signal(SIGKILL)
            _ = try await first.wait()
            #expect(told.withLockedValue { $0.count } == 1)
            let second = try await begin(desk)
            try await eventually("bob is told of") { told.withLockedValue { $0.count } == 2 }
            second.signal(SIGKILL)
            _ = try await second.wait()
            // The third start after two deaths sends nothing until it is told to.
            let third = try await begin(desk, "nothing is sent until")
            #expect(third.errors.contains("nothing is sent until fanfare webhook resume"), "\(third.errors)")
            let eve = try await desk.fanfare("audience", "add", "customers", "eve@example.com")
            #expect(eve.status == 0, "\(eve)")
            try await Task.sleep(for: .milliseconds(500))
            #expect(told.withLockedValue { $0.count } == 2)
            let resumed = try await desk.fanfare("webhook", "resume")
            #expect(resumed.status == 0 && resumed.output == "webhooks go on\n", "\(resumed)")
            #expect(try await desk.fanfare("status").errors.isEmpty)
            try await eventually("eve is told of") {
                told.withLockedValue { bodies in bodies.contains { $0.contains("eve%40") } }
            }
            third.signal(SIGINT)
            #expect(try await desk.finish(third).status == 0)
            // An end in good order forgives the deaths.
            let fourth = try await begin(desk)
            #expect(!fourth.errors.contains("nothing is sent"), "\(fourth.errors)")
            fourth.signal(SIGTERM)
            #expect(try await desk.finish(fourth).status == 0)
            // Bob may come twice, under the same id: the second daemon was killed when he had just been told of.
            let bodies = told.withLockedValue { $0 }
            #expect(Set(bodies).count == 3 && bodies.count <= 4, "\(bodies)")
            #expect(receiver.received.ids.count == 4)  // and the check of the URL, which has none
        }
    }

    @Test(
        "a webhook is disabled, enabled and deleted by its id, beside a daemon and without one",
        .timeLimit(.minutes(1)),
        arguments: [false, true]
    )
    func states(isServed: Bool) async throws {
        try await withCustomers { desk, receiver, _ in
            let greeting = "Serving data: 1 audience, 0 webhooks at http://127.0.0.1:"
            let daemon = isServed ? try await begin(desk, greeting) : nil
            let made = try await desk.fanfare(
                "webhook",
                "create",
                "customers",
                receiver.url(),
                "--event",
                "subscribe",
                "--source",
                "api",
                "--json"
            )
            let id = try #require(try objects(made.output).first?["id"] as? String, "\(made)")
            for (command, said) in [("disable", "disabled"), ("enable", "enabled"), ("delete", "deleted")] {
                let result = try await desk.fanfare("webhook", command, id)
                #expect(result.status == 0 && result.output == "\(id): \(said)\n", "\(result)")
            }
            let gone = try await desk.fanfare("webhook", "delete", id)
            #expect(gone.status != 0 && gone.errors.contains("there is no webhook \(id)"), "\(gone)")
            let none = try await desk.fanfare("webhook", "list", "customers")
            #expect(none.output.hasPrefix("customers has no webhooks"), "\(none)")
            let odd = try await desk.fanfare("webhook", "create", "customers", "http://127.0.0.1:1/")
            #expect(odd.status == 2 && odd.errors.contains("We couldn't verify the URL"), "\(odd)")
            let event = try await desk.fanfare("webhook", "create", "customers", receiver.url(), "--event", "opens")
            #expect(event.status == 2 && event.errors.contains("upemail"), "\(event)")
            guard let daemon else { return }
            let network = try await desk.fanfare(
                "webhook",
                "create",
                "customers",
                receiver.url(),
                "--allow-network",
                "10.0.0.0/8"
            )
            #expect(network.status == 2 && network.errors.contains("may not connect to 10.0.0.0/8"), "\(network)")
            daemon.signal(SIGTERM)
            #expect(try await desk.finish(daemon).status == 0)
        }
    }

    @Test(
        "a webhook is tried, and all that comes back is shown",
        .timeLimit(.minutes(1)),
        arguments: [false, true]
    )
    func trial(isServed: Bool) async throws {
        try await withCustomers { desk, receiver, told in
            let made = try await desk.fanfare("webhook", "create", "customers", receiver.url("/hook"), "--json")
            let id = try #require(try objects(made.output).first?["id"] as? String, "\(made)")
            let daemon = isServed ? try await begin(desk) : nil
            let accepted = try await desk.fanfare("webhook", "test", id)
            #expect(accepted.status == 0, "\(accepted)")
            #expect(
                accepted.output.hasPrefix("POST \(receiver.url("/hook"))\n  event        profile of test@example.com")
            )
            #expect(accepted.output.contains("\n  webhook-id   msg_test_"), "\(accepted)")
            #expect(accepted.output.contains("\nHTTP/1.1 200 OK\n"), "\(accepted)")
            #expect(accepted.output.hasSuffix("\n\nok\n\naccepted: status 200\n"), "\(accepted)")
            #expect(told.withLockedValue { $0.count } == 1)
            receiver.behave { _, _ in
                Reply(.answer(status: 500, headers: [:], body: "\u{1B}[2Jno"))
            }
            let refused = try await desk.fanfare("webhook", "test", id)
            #expect(refused.status == 3, "\(refused)")
            #expect(refused.output.contains("\n\\x1B[2Jno\n"), "\(refused)")
            #expect(refused.output.hasSuffix("not accepted: status 500. An event is sent again then\n"), "\(refused)")
            let json = try await desk.fanfare("webhook", "test", id, "--json")
            let fields = try #require(try objects(json.output).first, "\(json)")
            #expect(json.status == 3 && fields["status"] as? Int == 500 && fields["accepted"] as? Bool == false)
            let unknown = try await desk.fanfare("webhook", "test", "0000000000")
            #expect(unknown.status == 2 && unknown.errors.contains("there is no webhook 0000000000"), "\(unknown)")
            daemon?.signal(SIGTERM)
            if let daemon { #expect(try await desk.finish(daemon).status == 0) }
        }
    }
}
