import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import Testing

/// Orders from a second terminal.
@Suite struct OrderTests {
    private static let slow: ScriptedReceiver.Behaviour = { _, _ in .status(200, after: .milliseconds(50)) }
    private static let fourAtATime = "  max_in_flight: 4\n  concurrency: fixed"

    private func state(_ desk: Desk) async throws -> String {
        let status = try objects(try await desk.fanfare("status", "job", "--json").output)
        let live = status.first?["live"] as? [String: Any]
        return live?["state"] as? String ?? status.first?["state"] as? String ?? ""
    }

    /// Waits for what `status` says; a debug build on a busy machine takes its time.
    private func wait(for wanted: String, _ desk: Desk) async throws {
        for _ in 0..<300 {
            if try await state(desk) == wanted { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("status never said \(wanted), but \(try await state(desk))")
    }

    @Test("pause, kill -9, run: still paused; resume goes on, and nothing comes twice")
    func pauseSurvives() async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(100)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime)
            let first = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(8)
            let paused = try await desk.fanfare("pause", "job")
            #expect(paused.status == 0 && paused.output.hasPrefix("job is paused: "), "\(paused)")
            try await Task.sleep(for: .seconds(1))
            let sent = receiver.received.requests
            #expect(try await state(desk) == "paused by operator")
            first.signal(SIGKILL)
            _ = try await first.wait()
            let text = try await desk.fanfare("status").output
            #expect(text.hasPrefix("job: interrupted, paused by operator\n"), "\(text)")

            let second = try desk.start("run", "job.yaml")
            try await wait(for: "paused by operator", desk)
            #expect(receiver.received.requests == sent)
            let resumed = try await desk.fanfare("resume", "job")
            #expect(resumed.status == 0 && resumed.output == "job goes on\n", "\(resumed)")
            let end = try await desk.finish(second)
            #expect(end.status == 0, "\(end)")
            #expect(end.errors.contains("It is paused since "))
            #expect(end.errors.contains("Go on with: fanfare resume job\n"))
            #expect(receiver.received.distinctIDs == 100 && receiver.received.repeats == 0)
        }
    }

    @Test("stop-all stops what runs and what is begun later, over a kill -9; resume-all leaves paused what was paused")
    func everythingStopped() async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(100)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime)
            let first = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(8)
            let stopped = try await desk.fanfare("stop-all", "--reason", "wrong price")
            #expect(stopped.status == 0 && stopped.output.hasPrefix("everything is stopped since "), "\(stopped)")
            #expect(stopped.output.contains(" (wrong price): 1 fan-out under way"), "\(stopped)")
            try await Task.sleep(for: .seconds(1))
            let sent = receiver.received.requests
            #expect(try await state(desk) == "stopped, as everything is")
            first.signal(SIGKILL)
            _ = try await first.wait()
            let status = try await desk.fanfare("status")
            #expect(status.errors.contains("note: everything is stopped since "), "\(status)")
            let again = try await desk.fanfare("stop-all")
            #expect(again.status == 0 && again.output.contains("(wrong price) already"), "\(again)")

            let second = try desk.start("run", "job.yaml")
            try await wait(for: "stopped, as everything is", desk)
            _ = try await desk.fanfare("pause", "job")
            let resumed = try await desk.fanfare("resume-all")
            #expect(resumed.status == 0 && resumed.output.hasPrefix("everything goes on; it was stopped"), "\(resumed)")
            try await wait(for: "paused by operator", desk)
            #expect(receiver.received.requests == sent)
            _ = try await desk.fanfare("resume", "job")
            let end = try await desk.finish(second)
            #expect(end.status == 0 && end.errors.contains("Go on with: fanfare resume-all\n"), "\(end)")
            #expect(receiver.received.distinctIDs == 100 && receiver.received.repeats == 0)
            let none = try await desk.fanfare("resume-all")
            #expect(none.status == 0 && none.output == "nothing was stopped\n", "\(none)")
        }
    }

    @Test("set changes a running fan-out; cancel ends it with 4, and what came is delivered")
    func setAndCancel() async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(400)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime + "\n  rate: 5/s")
            let run = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(2)
            let set = try await desk.fanfare("set", "job", "rate=none", "max_in_flight=8")
            #expect(set.status == 0, "\(set)")
            #expect(set.output.contains("rate is none; it was 5/s, as the job file says; max_in_flight is 8; it was 4"))
            try await receiver.received.waitForRequests(60)
            let status = try await desk.fanfare("status", "job").output
            #expect(status.contains("set by the operator: rate none, max_in_flight 8"), "\(status)")
            let cancel = try await desk.fanfare("cancel", "job", "--json")
            let answer = try #require(try objects(cancel.output).first)
            #expect((answer["message"] as? String)?.hasPrefix("job is being cancelled: ") == true)
            let end = try await desk.finish(run)
            #expect(end.status == 4 && end.output.hasPrefix("job: cancelled by the operator\n"), "\(end)")
            let delivered = try objects(
                try await desk.fanfare("deliveries", "job", "--state", "delivered", "--format", "jsonl").output
            )
            #expect(Set(delivered.compactMap { $0["id"] as? String }) == receiver.received.ids)
            let cancelled = try await desk.fanfare("deliveries", "job", "--state", "cancelled", "--format", "jsonl")
            #expect(try objects(cancelled.output).count == 400 - delivered.count)
            let again = try await desk.fanfare("run", "job.yaml")
            #expect(again.status == 2 && again.errors.contains("(cancelled by the operator)"), "\(again)")
        }
    }

    @Test("cancel, kill -9: status tells of the order, and the run that carries it out sums up and ends with 4")
    func cancelSurvives() async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .seconds(30)) }) { desk, receiver in
            try desk.writeContacts(40)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime + "\n  when_uncertain: hold")
            let first = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(4)
            #expect(try await desk.fanfare("cancel", "job").output.hasPrefix("job is being cancelled: "))
            first.signal(SIGKILL)
            _ = try await first.wait()
            let status = try await desk.fanfare("status", "job").output
            #expect(status.contains("\n  cancel ordered on "), "\(status)")
            #expect(status.contains("; the next run ends it\n"), "\(status)")
            let object = try #require(try objects(try await desk.fanfare("status", "job", "--json").output).first)
            #expect(object["cancel_ordered"] is Int)
            let run = try await desk.fanfare("run", "job.yaml")
            #expect(run.status == 4 && run.output.hasPrefix("job: cancelled by the operator\n"), "\(run)")
            #expect(run.output.contains("uncertain") && run.output.contains("--state uncertain"), "\(run)")
            #expect(receiver.received.requests == 4)
        }
    }

    @Test("what waits for its time can be paused and cancelled")
    func waiting() async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(5)
            let later = "schedule: {at: 2035-01-01 00:00, time_zone: UTC}"
            try desk.writeJob(url: receiver.url(), more: later)
            let run = try desk.start("run", "job.yaml")
            try await wait(for: "preparing", desk)
            let paused = try await desk.fanfare("pause", "job")
            #expect(paused.output == "job is paused. When its time comes it waits until it is resumed\n", "\(paused)")
            #expect(try await desk.fanfare("cancel", "job").output.contains("before it has begun to send"))
            let end = try await desk.finish(run)
            #expect(end.status == 4 && end.errors.contains("job: cancelled by the operator"), "\(end)")
            #expect(receiver.received.requests == 0)
            #expect(try await desk.fanfare("status").output.hasPrefix("job: ended (cancelled by the operator before"))
        }
    }

    @Test("orders that make no sense are refused with 2 and in words")
    func refusals() async throws {
        try await withDesk { desk in
            let none = try await desk.fanfare("pause", "job")
            #expect(none.status == 1 && none.errors.contains("there is no data directory"), "\(none)")
            try desk.writeContacts(3)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            try desk.writeJob(url: "http://127.0.0.1:9/", more: "schedule: {at: 2035-01-01 00:00, time_zone: UTC}")
            let run = try desk.start("run", "job.yaml")
            try await wait(for: "preparing", desk)
            let unknown = try await desk.fanfare("pause", "jab")
            #expect(unknown.status == 2 && unknown.errors.contains("did you mean \"job\"?"), "\(unknown)")
            let words = try await desk.fanfare("set", "job", "rat=5/s", "max_in_flight=many")
            #expect(words.status == 2 && words.errors.contains("did you mean \"rate\"?"), "\(words)")
            #expect(words.errors.contains("\"many\" is not a whole number, 1 … 65536"))
            let deadline = try await desk.fanfare("set", "job", "deadline=5s")
            #expect(deadline.status == 2 && deadline.errors.contains("which the retries take together"), "\(deadline)")
            run.signal(SIGINT)
            #expect(try await desk.finish(run).status == 130)
            #expect(!desk.has("data/control.sock"))
        }
    }
}
