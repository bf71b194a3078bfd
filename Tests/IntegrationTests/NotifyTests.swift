import FanfarePayload
import FanfareReceiver
import FanfareTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// `notify`: whom a job names is told, and whatever goes wrong with that harms nothing.
@Suite struct NotifyTests {
    /// What came to `/hook`.
    private final class Hook: Sendable {
        private let bodies = NIOLockedValueBox<[Data]>([])
        private let ids = NIOLockedValueBox<[String]>([])

        func take(_ request: ReceivedRequest) {
            ids.withLockedValue { $0.append(request.webhookID ?? "") }
            bodies.withLockedValue { $0.append(Data(request.body.readableBytesView)) }
        }

        var types: [String] {
            bodies.withLockedValue { $0 }.map { body in
                let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
                return object?["type"] as? String ?? "no JSON"
            }
        }
        var allIDs: [String] { ids.withLockedValue { $0 } }

        func data(_ index: Int) throws -> [String: Any] {
            let all = bodies.withLockedValue { $0 }
            try #require(index < all.count)
            let object = try JSONSerialization.jsonObject(with: all[index]) as? [String: Any]
            return try #require(object?["data"] as? [String: Any])
        }
    }

    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test("the end is told to a webhook, signed, and to a command, with counts and without a contact")
    func ended() async throws {
        let hook = Hook()
        var settings = ListenSettings()
        try settings.checkSignatures(with: [Secret(Self.secret)])
        let check = try #require(settings.verify)
        let verdicts = NIOLockedValueBox<[SignatureCheck]>([])
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            guard request.target == "/hook" else { return .status(request.target == "/?n=1" ? 404 : 200) }
            hook.take(request)
            verdicts.withLockedValue { $0.append(check(request)) }
            return .status(200)
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.writeContacts(30)
            try desk.write(
                """
                #!/bin/sh
                cat > told.json
                echo "$FANFARE_EVENT|$FANFARE_FANOUT|$FANFARE_RUN|$FANFARE_STATE|$FANFARE_REASON|$1|$#" > variables
                for fd in /proc/$$/fd/*; do [ "${fd##*/}" -gt 2 ] && readlink "$fd"; done | grep -c -e sqlite -e socket > leaked
                exit 0

                """,
                to: "tell.sh"
            )
            chmod(desk.path("tell.sh"), 0o700)
            try desk.writeJob(
                url: receiver.url("/?n=*|N|*"),
                more: """
                    notify:
                      url: "\(receiver.url("/hook"))"
                      signing: {secret: {env: NOTIFY_SECRET}}
                      command: [./tell.sh, "$HOME; exit 1"]
                    """
            )
            desk.environment["NOTIFY_SECRET"] = Self.secret
            let result = try await desk.fanfare("run", "job.yaml", "--json")
            #expect(result.status == 3, "\(result)")
            #expect(!result.errors.contains("notification"), "\(result.errors)")
            #expect(hook.types == ["fanout.ended"])
            #expect(verdicts.withLockedValue { $0 } == [.good])
            let data = try hook.data(0)
            #expect(data["name"] as? String == "job" && data["run"] as? Int == 1)
            #expect(data["event"] as? String == "ended" && data["state"] as? String == "ended")
            #expect(data["total"] as? Int == 30 && data["requests"] as? Int == 30)
            let counts = try #require(data["counts"] as? [String: Int])
            #expect(counts["delivered"] == 29 && counts["dead"] == 1)
            let told = try desk.read("told.json")
            #expect(!told.contains("@") && !told.contains("127.0.0.1"), "\(told)")
            #expect(try objects(told).first?["type"] as? String == "fanout.ended")
            #expect(try desk.read("variables") == "ended|job|1|ended||$HOME; exit 1|1\n")
            #expect(try desk.read("leaked") == "0\n")
        }
    }

    @Test("a stop is told with its reason, an interruption as one, and an outage with its end")
    func others() async throws {
        let hook = Hook()
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            if request.target == "/hook" {
                hook.take(request)
                return .status(200)
            }
            let location = "http://127.0.0.1:9/c1@example.com"
            return Reply(.answer(status: 301, headers: ["Location": location], body: ""))
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.writeContacts(80)
            let notify = "notify: {url: \"\(receiver.url("/hook"))\"}"
            try desk.writeJob(url: receiver.url(), more: notify)
            #expect(try await desk.fanfare("run", "job.yaml").status == 4)
            #expect(hook.types == ["fanout.stopped"])
            let stopped = try hook.data(0)
            #expect(stopped["state"] as? String == "stopped")
            let reason = try #require(stopped["reason"] as? String)
            #expect(reason == "the first 20 answers were all refusals (status 301)")

            let isDown = NIOLockedValueBox(true)
            receiver.behave { request, _ in
                if request.target == "/hook" {
                    hook.take(request)
                    return .status(200)
                }
                return isDown.withLockedValue { $0 } ? Reply(.close) : .status(200, after: .milliseconds(100))
            }
            try desk.writeJob(url: receiver.url(), delivery: "  rate: 40/s", more: notify)
            let child = try desk.start("run", "job.yaml", "--accept-changes")
            try await eventually("the outage, had \(child.errors)", within: .seconds(30)) { hook.types.count == 2 }
            isDown.withLockedValue { $0 = false }
            try await eventually("its end", within: .seconds(60)) { hook.types.count == 3 }
            child.signal(SIGINT)
            #expect(try await desk.finish(child).status == 130)
            let later = ["fanout.breaker_opened", "fanout.breaker_closed", "fanout.stopped"]
            #expect(Array(hook.types.dropFirst()) == later)
            let opened = try hook.data(1)
            #expect(opened["state"] as? String == "running")
            #expect((opened["reason"] as? String)?.contains("the connection closed") == true, "\(opened)")
            #expect(try hook.data(3)["state"] as? String == "interrupted")
            #expect(Set(hook.allIDs).count == 4 && !hook.allIDs.contains(""))
        }
    }

    @Test("a run that ends before it sends is told too: cancelled, interrupted, or refused by its contacts")
    func unsent() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            let tell = """
                schedule: {at: "2999-01-01 00:00"}
                notify:
                  command: [sh, -c, "echo \\"$FANFARE_EVENT|$FANFARE_STATE|$FANFARE_REASON\\" >> told; cat >> all"]
                """
            try desk.writeContacts(3)
            try desk.writeJob(url: receiver.url(), more: tell)
            let first = try desk.start("run", "job.yaml")
            try await eventually("its wait") { first.errors.contains("Starts at") }
            first.signal(SIGTERM)
            #expect(try await desk.finish(first).status == 130)
            let interrupted = "stopped|interrupted|the agent was told to end; the same command goes on\n"
            #expect(try desk.read("told") == interrupted)

            let second = try desk.start("run", "job.yaml")
            try await eventually("its wait") { second.errors.contains("Starts at") }
            #expect(try await desk.fanfare("cancel", "job").status == 0)
            #expect(try await desk.finish(second).status == 4)
            #expect(try desk.read("told") == interrupted + "stopped|stopped|cancelled by the operator\n")

            try desk.write("email,n\nquagga,1\n", to: "contacts.csv")
            desk.environment["FANFARE_DATA"] = "other"
            let refused = try await desk.fanfare("run", "job.yaml", "--max-rejects", "0")
            #expect(refused.status == 2, "\(refused)")
            #expect(try desk.read("told").hasSuffix("stopped|failed|the contacts were not taken: tooManyRejects\n"))
            let bodies = try desk.read("all")
            #expect(!bodies.contains("quagga") && bodies.contains(#""requests":0"#), "\(bodies)")
            #expect(receiver.received.requests == 0)
        }
    }

    @Test("what is not wanted is not told")
    func occasions() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(
                url: receiver.url(),
                more: "notify: {command: [touch, told], on: [stopped, breaker]}"
            )
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            #expect(!desk.has("told"))
        }
    }

    @Test("a notification is tried again with its id, and one that fails is a warning that shows no URL")
    func failing() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            let fails = request.target == "/hook/gone" || earlier < 1
            return request.target.hasPrefix("/hook") && fails ? .status(500) : .status(204)
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.writeContacts(3)
            for (path, requests) in [("/hook/key-dingo", 2), ("/hook/gone", 3)] {
                let before = receiver.received.requests
                try desk.writeJob(url: receiver.url(), more: "notify: {url: \"\(receiver.url(path))\"}")
                let data = path == "/hook/gone" ? "b" : "a"
                let result = try await desk.fanfare("run", "job.yaml", "--data", data)
                #expect(result.status == 0)
                #expect(receiver.received.requests - before == 3 + requests)
                let hooks = receiver.received.entriesByID.values.filter { $0[0].target == path }
                #expect(hooks.map(\.count) == [requests])
                let warning =
                    "warning: a notification was not delivered (event: ended, fanout: job, reason: status 500)"
                #expect(result.errors.contains(warning) == (path == "/hook/gone"), "\(result.errors)")
                #expect(!result.errors.contains("/hook"))
            }
        }
    }

    @Test("a notification that cannot be delivered, or a command that hangs, holds the end up only so long")
    func hanging() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            request.target == "/hook" ? Reply(.silence) : .status(200)
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(
                url: receiver.url(),
                more: """
                    notify:
                      url: "\(receiver.url("/hook"))"
                      command: [sh, -c, "echo $$ > pid; sleep 1000 & wait"]
                    """
            )
            let start = ContinuousClock.now
            let result = try await desk.fanfare("run", "job.yaml", within: .seconds(120))
            let time = ContinuousClock.now - start
            #expect(result.status == 0)
            #expect(result.output.hasPrefix("job: done"))
            #expect(time > .seconds(25) && time < .seconds(60), "\(time)")
            #expect(result.errors.contains("warning: notifications were not delivered in time (count: 1)"))
            #expect(
                result.errors.contains("command failed (event: ended, fanout: job, reason: it was killed"),
                "\(result.errors)"
            )
            let id = try #require(Int32(try desk.read("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
            // With all that it started: nobody is left in its group.
            try await eventually("the end of the command's group") { kill(-id, 0) != 0 }
        }
    }

    @Test(
        "a command that fails is a warning with what it said last",
        arguments: [
            ("[sh, -c, \"echo no pager; exit 7\"]", "it ended with status 7: no pager"),
            ("[sh, -c, \"kill -9 $$\"]", "it was ended by signal 9"),
            ("[sh, -c, \"yes | head -c 5000000; printf 'a\\\\033[2Jb' >&2; exit 1\"]", "it ended with status 1: y y"),
        ]
    )
    func commandFails(_ command: String, says: String) async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(2)
            try desk.writeJob(url: receiver.url(), more: "notify: {command: \(command)}")
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 0)
            #expect(
                result.errors.contains("a notification's command failed (event: ended, fanout: job, reason: \(says)"),
                "\(result.errors)"
            )
            #expect(!result.errors.contains("\u{1B}"))
        }
    }

    @Test("check tells what is wrong with notify, and a run does not begin")
    func checked() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(2)
            try desk.writeJob(
                url: receiver.url(),
                more: "notify: {url: \"ftp://hooks.example.com/key-dingo\", signing: {secret: hunter2}}"
            )
            for command in ["check", "run"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2)
                for key in ["notify.url", "notify.signing.secret"] {
                    #expect(result.errors.contains(key), "\(result)")
                }
                #expect(!result.errors.contains("dingo") && !result.errors.contains("hunter2"), "\(result.errors)")
            }
            #expect(receiver.received.requests == 0)
            try desk.writeJob(url: receiver.url(), more: "notify: {url: \"http://10.0.0.1/\"}")
            let warned = try await desk.fanfare("check", "job.yaml")
            #expect(warned.status == 0 && warned.output.contains("10.0.0.1, of notify.url, is no public"), "\(warned)")
        }
    }
}
