import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// What was interrupted goes on; what changed meanwhile is taken only when the operator says so.
@Suite struct ResumeTests {
    private static let slow: ScriptedReceiver.Behaviour = { _, _ in .status(200, after: .milliseconds(100)) }
    private static let fourAtATime = "  max_in_flight: 4\n  concurrency: fixed"

    @Test("Ctrl-C drains and keeps the rest: 130, and the same command goes on without repeating anything")
    func interrupted() async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(40)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime)
            let child = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(8)
            child.signal(SIGINT)
            let first = try await desk.finish(child)
            #expect(first.status == 130)
            #expect(first.output.hasPrefix("job: interrupted; nothing is lost\n"), "\(first.output)")
            #expect(first.output.hasSuffix("\n  Go on with: fanfare run job.yaml\n"), "\(first.output)")
            #expect(receiver.received.requests < 40)
            let status = try objects(try await desk.fanfare("status", "job", "--json").output)
            #expect(status.first?["state"] as? String == "interrupted")
            let second = try await desk.fanfare("run", "job.yaml")
            #expect(second.status == 0, "\(second)")
            #expect(receiver.received.distinctIDs == 40)
            #expect(receiver.received.repeats == 0)
        }
    }

    @Test("hold, kill -9: what may have come is sent again only when it was held first, and then with its id")
    func held() async throws {
        let never: ScriptedReceiver.Behaviour = { _, earlier in .status(200, after: .seconds(earlier == 0 ? 30 : 0)) }
        try await withDesk(receiver: never) { desk, receiver in
            try desk.writeContacts(4)
            try desk.writeJob(url: receiver.url("/*|N|*"), delivery: Self.fourAtATime + "\n  when_uncertain: hold")
            let child = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(4)
            child.signal(SIGKILL)
            _ = try await child.wait()
            for options in [[], ["--dry-run"]] {
                let retry = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    ["retry", "job", "--uncertain"] + options,
                    environment: desk.environment,
                    in: desk.folder
                )
                let refused = try await desk.finish(retry)
                #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
                #expect(refused.errors.contains("4 of its deliveries may have been under way"), "\(refused)")
            }
            let run = try await desk.fanfare("run", "job.yaml")
            #expect(run.status == 3 && run.output.contains("\n  This process recorded no answer.\n"), "\(run)")
            #expect(receiver.received.requests == 4)
            let retry = try await desk.fanfare("retry", "job", "--uncertain")
            #expect(retry.status == 0, "\(retry)")
            #expect(receiver.received.requests == 8 && receiver.received.distinctIDs == 4)
        }
    }

    @Test("kill -9 between two parts: nothing of the next counts as sent, and it goes out at its time, once")
    func betweenParts() async throws {
        try await withDesk(receiver: Behaviours.always(.status(200))) { desk, receiver in
            try desk.writeContacts(10)
            try desk.writeJob(
                url: receiver.url("/*|N|*"),
                delivery: "  when_uncertain: hold\nschedule: {batches: {count: 2, delay: 10s}}"
            )
            let child = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(5)
            // Outcomes are written every 100 ms.
            try await Task.sleep(for: .seconds(2))
            child.signal(SIGKILL)
            _ = try await child.wait()
            #expect(receiver.received.requests == 5)
            let run = try await desk.fanfare("run", "job.yaml")
            // With `hold` it would end with 3 if any of them were uncertain.
            #expect(run.status == 0, "\(run)")
            #expect(receiver.received.distinctIDs == 10 && receiver.received.repeats == 0)
        }
    }

    @Test("after the freeze a change is refused by name, and taken over when accepted: nobody is added")
    func changedAfterFreeze() async throws {
        try await withDesk(receiver: Self.slow, keepsBodies: true) { desk, receiver in
            try desk.writeContacts(40)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime)
            let child = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(8)
            child.signal(SIGINT)
            #expect(try await desk.finish(child).status == 130)
            let sent = receiver.received.requests

            let contacts = try desk.read("contacts.csv")
            let changed = contacts.replacing("c38@example.com,38\nc39@example.com,39\n", with: "c38@example.com,new\n")
            try desk.write(changed + "new@example.com,41\n", to: "contacts.csv")
            let refused = try await desk.fanfare("run", "job.yaml")
            #expect(refused.status == 2)
            #expect(
                refused.errors == """
                    fanfare: the contact file changed since job began. To go on with what it says now, add \
                    --accept-changes: who receives stays as it was, and nobody is added

                    """
            )
            try desk.writeJob(
                url: receiver.url("/v2"),
                webhook: #"  data: {to: "*|EMAIL|*", n: "*|N|*"}"#,
                delivery: Self.fourAtATime
            )
            let both = try await desk.fanfare("run", "job.yaml")
            #expect(both.status == 2)
            #expect(
                both.errors.hasPrefix(
                    "fanfare: the job file (webhook.url, webhook.data.n) and the contact file changed since job began."
                ),
                "\(both.errors)"
            )
            #expect(receiver.received.requests == sent)

            let accepted = try await desk.fanfare("run", "job.yaml", "--accept-changes")
            #expect(accepted.status == 0, "\(accepted)")
            #expect(accepted.errors.hasPrefix("Imported 39 updated, 1 not added.\n"), "\(accepted.errors)")
            let entries = receiver.received.entriesByID.values.flatMap { $0 }
            #expect(entries.count == 39)
            let late = entries.filter { $0.target == "/v2" }.map { String(decoding: $0.body ?? [], as: UTF8.self) }
            #expect(late.count == 39 - sent)
            #expect(late.contains(#"{"to":"c38@example.com","n":"new"}"#))
            #expect(!late.contains { $0.contains("c39@") || $0.contains("new@") })
            let skipped = try await desk.fanfare("deliveries", "job", "--state", "skipped", "--json").output
            #expect(try objects(skipped).map { $0["email"] as? String } == ["c39@example.com"])
            #expect(skipped.contains("the contact is no longer in the contact file"))
        }
    }

    @Test("before the freeze a change is refused too, and accepted the contacts are read anew")
    func changedBeforeFreeze() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            let tomorrow = "schedule: {at: 2099-12-31 09:00, time_zone: Europe/Paris}"
            try desk.writeJob(url: receiver.url(), more: tomorrow)
            let child = try desk.start("run", "job.yaml")
            try await eventually("the countdown") { child.errors.contains("Starts at") }
            child.signal(SIGINT)
            let waiting = try await desk.finish(child)
            #expect(waiting.status == 130)
            #expect(
                waiting.errors.hasSuffix("\nInterrupted before anything was sent. Go on with: fanfare run job.yaml\n"),
                "\(waiting.errors)"
            )
            try desk.writeContacts(5)
            let refused = try await desk.fanfare("run", "job.yaml", "--now")
            #expect(refused.status == 2)
            #expect(
                refused.errors == """
                    fanfare: the contact file changed since job began. To go on with what it says now, add --accept-changes

                    """
            )
            #expect(receiver.received.requests == 0)
            let accepted = try await desk.fanfare("run", "job.yaml", "--now", "--accept-changes")
            #expect(accepted.status == 0, "\(accepted)")
            #expect(receiver.received.distinctIDs == 5)
        }
    }

    @Test("a finished job says when it was delivered and wants --again, which makes new ids")
    func again() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(url: receiver.url())
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            let second = try await desk.fanfare("run", "job.yaml")
            #expect(second.status == 2)
            let said = #/fanfare: job ended on \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: 3 delivered of 3\. .* add --again\n/#
            #expect(second.errors.wholeMatch(of: said) != nil, "\(second.errors)")
            #expect(receiver.received.requests == 3)
            #expect(try await desk.fanfare("run", "job.yaml", "--again").status == 0)
            #expect(receiver.received.distinctIDs == 6)
            let status = try await desk.fanfare("status", "job")
            #expect(status.output == "job, run 2: ended\n  delivered 3 (of 3)\n")
        }
    }
}
