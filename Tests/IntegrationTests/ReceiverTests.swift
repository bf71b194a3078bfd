import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Receivers that refuse, reset, keep silent or say no: nothing is lost, and the exit status says what came of it.
@Suite struct ReceiverTests {
    @Test("a receiver that is down costs nothing: it is probed until it is back, and all are delivered")
    func down() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(60)
            try desk.writeJob(url: receiver.url(), delivery: "  retries: [1s]")
            await receiver.refuse()
            let child = try desk.start("run", "job.yaml", "--log-level", "info")
            let down = " warning: receiver is down: single probes until it is back (endpoint: http://127.0.0.1:"
            try await eventually("the outage, had: \(child.errors)") { child.errors.contains(down) }
            #expect(child.errors.contains(", fanout: job, reason: no connection to the receiver, run: 1)"))
            let status = try objects(try await desk.fanfare("status", "job", "--json").output)
            #expect((status.first?["counts"] as? [String: Int])?["dead"] == 0)
            try await receiver.listenAgain()
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(receiver.received.distinctIDs == 60)
            for line in [" info: loop started (loop: 0)", " info: fan-out begins (", " notice: receiver is back: "] {
                #expect(result.errors.contains(line), "\(result.errors)")
            }
        }
    }

    @Test("a receiver that is down may be left with Ctrl-C: 130, and nobody is dead")
    func downAndLeft() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(60)
            try desk.writeJob(url: receiver.url(), delivery: "  retries: [1s]")
            await receiver.refuse()
            let child = try desk.start("run", "job.yaml")
            try await eventually("the outage, had: \(child.errors)") { child.errors.contains("receiver is down") }
            child.signal(SIGINT)
            let left = try await desk.finish(child)
            #expect(left.status == 130)
            // By itself a log has warnings alone.
            #expect(!left.errors.contains(" info: "), "\(left.errors)")
            try await receiver.listenAgain()
            let result = try await desk.fanfare("run", "job.yaml", "--json")
            #expect(result.status == 0, "\(result)")
            #expect(receiver.received.distinctIDs == 60)
            #expect(receiver.received.repeats == 0)
        }
    }

    @Test(
        "a few that get no answer are dead with the reason once their attempts are used up: 3",
        arguments: zip(
            [Reply(.silence), Reply(.reset), Reply(.close)],
            [
                "no complete answer within the time-out", "the connection closed before the answer was complete",
                "the connection closed before the answer was complete",
            ]
        )
    )
    func unanswered(_ reply: Reply, reason: String) async throws {
        try await withDesk(receiver: { _, _ in reply }) { desk, receiver in
            try desk.writeContacts(2)
            try desk.writeJob(url: receiver.url(), delivery: "  timeout: 300ms\n  retries: [0s]")
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 3)
            #expect(result.output.hasPrefix("job: done, not all delivered\n"), "\(result.output)")
            #expect(result.output.contains("\n    c1@example.com: \(reason)\n"), "\(result.output)")
            #expect(
                result.output.hasSuffix(
                    "\n  See them: fanfare deliveries job --state dead\n  Send them again: fanfare retry job\n"
                ),
                "\(result.output)"
            )
            let dead = try objects(try await desk.fanfare("deliveries", "job", "--state", "dead", "--json").output)
            #expect(dead.map { $0["attempts"] as? Int } == [2, 2])
            #expect(receiver.received.distinctIDs == 2)
        }
    }

    @Test("a reset in mid-body of the request is sent again")
    func resetInRequest() async throws {
        let receiver = try await ScriptedReceiver(resetsAfterBodyBytes: 1000)
        try await withDesk { desk in
            try desk.writeContacts(2)
            let long = String(repeating: "x", count: 4000)
            try desk.writeJob(
                url: receiver.url(),
                webhook: "  data: {to: \"*|EMAIL|*\", long: \"*|IF:N=1|*\(long)*|END:IF|*\"}",
                delivery: "  retries: [0s]"
            )
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 3)
            let all = try objects(try await desk.fanfare("deliveries", "job", "--json").output)
            #expect(all.map { $0["state"] as? String } == ["dead", "delivered"])
            #expect(all.first?["attempts"] as? Int == 2)
            // Which of the two depends on whether the connection had been kept.
            let reason = #/\n    c1@example\.com: (the connection closed before the answer|sent, no answer: a kept)/#
            #expect(result.output.contains(reason), "\(result.output)")
        }
        try await receiver.stop()
    }

    @Test("a reset in mid-body of a 200 is delivered all the same, once")
    func resetInAnswer() async throws {
        let cut = Reply(.resetInBody(status: 200, sent: 10, declared: 1000))
        try await withDesk(receiver: { _, _ in cut }) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(url: receiver.url())
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            #expect(receiver.received.requests == 3)
        }
    }

    @Test("401 to all stops the run after 20 answers: 4, with reason and samples; the mended job goes on")
    func refusedByAll() async throws {
        let refusal = Reply(.answer(status: 401, headers: [:], body: "{\n  \"error\": \"no such \u{7}key\"\n}"))
        try await withDesk(receiver: { _, _ in refusal }) { desk, receiver in
            try desk.writeContacts(200)
            try desk.writeJob(url: receiver.url())
            let stopped = try await desk.fanfare("run", "job.yaml")
            #expect(stopped.status == 4)
            #expect(
                stopped.output.hasPrefix("job: stopped: the first 20 answers were all refusals (status 401)\n"),
                "\(stopped.output)"
            )
            let sample = "\n    c1@example.com: status 401: { \"error\": \"no such key\" }\n"
            #expect(stopped.output.contains(sample), "\(stopped.output)")
            let advice = "Mend the cause, then go on with: fanfare run job.yaml --accept-changes\n"
            #expect(stopped.output.contains(advice), "\(stopped.output)")
            #expect(receiver.received.requests < 100)
            let status = try await desk.fanfare("status", "job")
            let reason = "job: stopped (the first 20 answers were all refusals (status 401))\n"
            #expect(status.output.hasPrefix(reason), "\(status.output)")

            let refused = receiver.received.requests
            receiver.behave { _, _ in .status(200) }
            try desk.writeJob(url: receiver.url("/mended"))
            let rest = try await desk.fanfare("run", "job.yaml", "--accept-changes", "--json")
            #expect(rest.status == 3, "\(rest)")
            let counts = try #require(try objects(rest.output).first?["counts"] as? [String: Int])
            #expect(counts["delivered"] == 200 - refused)
            #expect(counts["dead"] == refused)
            #expect(receiver.received.distinctIDs == 200)
        }
    }

    @Test("a receiver that has moved is not followed: summary, JSON and list say where to, without the query")
    func moved() async throws {
        let answer = Reply.status(308, headers: ["Location": "https://new.example.com/hook?key=sk_live_1"])
        let first: ScriptedReceiver.Behaviour = { request, _ in request.target == "/1" ? answer : .status(200) }
        try await withDesk(receiver: first) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(url: receiver.url("/*|N|*"))
            let result = try await desk.fanfare("run", "job.yaml", "--json")
            #expect(result.status == 3, "\(result)")
            let samples = try #require(try objects(result.output).first?["samples"] as? [[String: Any]])
            #expect(samples.count == 1)
            #expect(samples.first?["location"] as? String == "https://new.example.com/hook")
            #expect(samples.first?["response"] as? String == "ok")
            let list = try await desk.fanfare("deliveries", "job", "--state", "dead")
            let why = "status 308; the receiver has moved to https://new.example.com/hook"
            #expect(list.output.contains(" \(why)\n"), "\(list.output)")

            receiver.behave { _, _ in answer }
            let again = try await desk.fanfare("run", "job.yaml", "--again")
            #expect(again.output.contains("    c1@example.com: \(why): ok\n"), "\(again.output)")
            #expect(receiver.received.requests == 6)
        }
    }

    @Test("410 ends that contact alone, 429 is asked again when its Retry-After says, in seconds or as a date")
    func patience() async throws {
        let replies: ScriptedReceiver.Behaviour = { request, earlier in
            switch (request.target, earlier) {
            case ("/1", _): .status(410)
            case ("/2", 0): .status(429, headers: ["Retry-After": "1"])
            case ("/3", 0): .status(429, headers: ["Retry-After": httpDate(secondsFromNow: 3)])
            default: .status(200)
            }
        }
        try await withDesk(receiver: replies) { desk, receiver in
            try desk.writeContacts(4)
            try desk.writeJob(url: receiver.url("/*|N|*"))
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 3, "\(result)")
            let all = try objects(try await desk.fanfare("deliveries", "job", "--json").output)
            #expect(all.map { $0["state"] as? String } == ["dead", "delivered", "delivered", "delivered"])
            #expect(all.first?["reason"] as? String == "status 410")
            func gap(_ target: String) throws -> Duration {
                let times = receiver.received.entriesByID.values.joined().filter { $0.target == target }.map(\.arrival)
                try #require(times.count == 2)
                return times[1] - times[0]
            }
            #expect(try gap("/2") >= .milliseconds(900))
            #expect(try gap("/3") >= .milliseconds(1900))
        }
    }

    @Test("without leave to connect to it, a receiver of one's own network gets nothing: 4, with what to do")
    func blockedByPolicy() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            desk.environment["FANFARE_ALLOW_NETWORK"] = ""
            try desk.writeContacts(40)
            try desk.writeJob(url: receiver.url())
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 4)
            let reason = "blocked by policy: the address is not allowed (see --allow-network)"
            #expect(
                result.output.hasPrefix("job: stopped: the first 20 answers were all refusals (\(reason))\n"),
                "\(result.output)"
            )
            #expect(receiver.acceptedConnections == 0)
        }
    }

    @Test("a canary below its share stops the run before the others are sent to: 4")
    func canary() async throws {
        try await withDesk(receiver: { request, _ in .status(request.target == "/3" ? 400 : 200) }) { desk, receiver in
            try desk.writeContacts(50)
            try desk.writeJob(
                url: receiver.url("/*|N|*"),
                delivery: "  canary: {contacts: 5, proceed_at: 100%}"
            )
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 4)
            let reason = #/job: stopped: of 5 canary contacts \d were delivered and 1 failed; 5 were needed\n/#
            #expect(result.output.prefixMatch(of: reason) != nil, "\(result.output)")
            #expect(receiver.received.requests <= 5)
        }
    }

    @Test("stop_after ends the run and lists who was not sent to: 4, and it is not resumed")
    func stopAfter() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(100)
            try desk.writeJob(url: receiver.url(), delivery: "  rate: 10/s\n  stop_after: 1s")
            let result = try await desk.fanfare("run", "job.yaml", "--json")
            #expect(result.status == 4)
            let counts = try #require(try objects(result.output).first?["counts"] as? [String: Int])
            #expect(counts["delivered"] == receiver.received.distinctIDs)
            #expect(counts["cancelled"] == 100 - receiver.received.distinctIDs)
            let cancelled = try objects(
                try await desk.fanfare("deliveries", "job", "--state", "cancelled", "--json").output
            )
            #expect(cancelled.count == counts["cancelled"])
            #expect(cancelled.first?["reason"] as? String == "stop_after passed")
            #expect(try await desk.fanfare("run", "job.yaml").status == 2)
        }
    }
}
