import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import Testing

/// Jobs that a daemon starts at their time.
@Suite(.serialized) struct ScheduleTests {
    /// A zone whose clocks show that of UTC.
    private static func local(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false).dateSeparator(.dash))
            .replacing("Z", with: "")
    }

    private func withPlan(
        startingIn seconds: TimeInterval,
        _ more: String = "",
        _ body: (Desk, ScriptedReceiver) async throws -> Void
    ) async throws {
        try await withDesk(receiver: Behaviours.always(.status(200))) { desk, receiver in
            try desk.writeContacts(10)
            try desk.writeJob(
                url: receiver.url(),
                webhook: "  data: {to: \"*|EMAIL|*\"}\n  headers: {X-Token: {env: PLAN_TOKEN}}\n",
                more: "schedule: {at: \"\(Self.local(Date(timeIntervalSinceNow: seconds)))\", time_zone: UTC, "
                    + "start_within: 10m\(more)}"
            )
            try await body(desk, receiver)
        }
    }

    private func begin(_ desk: Desk) async throws -> ChildProcess {
        let daemon = try desk.start("serve", "--listen", "0")
        try await eventually("the daemon serves; it said: \(daemon.errors)", within: .seconds(20)) {
            daemon.errors.contains("Serving ") || !daemon.isRunning
        }
        try #require(daemon.isRunning, "\(daemon.errors)")
        return daemon
    }

    private func status(_ desk: Desk) async throws -> [String: Any] {
        try #require(try objects(try await desk.fanfare("status", "job", "--json").output).first)
    }

    @Test("a planned job starts at its time, over a restart, with the variables of the daemon", .timeLimit(.minutes(2)))
    func starts() async throws {
        try await withPlan(startingIn: 20) { desk, receiver in
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "other")
            var serving = desk
            let without = try await begin(serving)
            let missing = try await desk.fanfare("schedule", "job.yaml")
            #expect(missing.status == 2 && missing.errors.contains("PLAN_TOKEN"), "\(missing)")
            without.signal(SIGTERM)
            _ = try await desk.finish(without)

            serving.environment["PLAN_TOKEN"] = "from-the-daemon"
            let first = try await begin(serving)
            let planned = try await desk.fanfare("schedule", "job.yaml")
            #expect(planned.status == 0 && planned.output.hasPrefix("job is planned\n  starts      "), "\(planned)")
            #expect(planned.output.contains("\n  requests    10, if it started now\n"), "\(planned)")
            #expect(planned.output.contains("\n  variables   PLAN_TOKEN, as fanfare serve has them\n"), "\(planned)")
            let before = try await status(desk)
            #expect(before["state"] as? String == "scheduled" && before["starts_at"] is Int, "\(before)")
            first.signal(SIGKILL)
            _ = try await first.wait()
            // A start without the variable keeps it for one that has it.
            let mistaken = try await begin(desk)
            try await eventually("it is refused") { mistaken.errors.contains("job refused") }
            mistaken.signal(SIGTERM)
            _ = try await desk.finish(mistaken)
            let second = try await begin(serving)
            #expect(receiver.received.requests == 0)
            try await receiver.received.waitForRequests(10, within: .seconds(60))
            try await eventually("it has ended") { try await self.status(desk)["state"] as? String == "ended" }
            #expect(receiver.received.distinctIDs == 10 && receiver.received.repeats == 0)
            let again = try await desk.fanfare("schedule", "job.yaml", "--again")
            #expect(again.status == 2 && again.errors.contains("which is past"), "\(again)")
            second.signal(SIGTERM)
            _ = try await desk.finish(second)
        }
    }

    @Test("what was planned can be taken back; nobody is there to plan for without a daemon", .timeLimit(.minutes(2)))
    func takenBack() async throws {
        try await withPlan(startingIn: 600) { desk, receiver in
            let nobody = try await desk.fanfare("schedule", "job.yaml")
            #expect(nobody.status == 2 && nobody.errors.contains("no fanfare serve runs"), "\(nobody)")
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "other")
            var serving = desk
            serving.environment["PLAN_TOKEN"] = "t"
            let daemon = try await begin(serving)
            let planned = try await desk.fanfare("schedule", "job.yaml", "--json")
            let forecast = try #require(try objects(planned.output).first)
            #expect(forecast["requests"] as? Int == 10 && forecast["starts_at"] is Int, "\(planned)")
            try await eventually("it is scheduled") { try await self.status(desk)["state"] as? String == "scheduled" }
            let cancelled = try await desk.fanfare("cancel", "job")
            #expect(cancelled.status == 0, "\(cancelled)")
            try await eventually("it has ended") { try await self.status(desk)["state"] as? String == "ended" }
            #expect(receiver.received.requests == 0)
            daemon.signal(SIGTERM)
            _ = try await desk.finish(daemon)
        }
    }

    @Test(
        "a job that comes again is planned anew each time, by the contacts of that time; what was missed is said",
        .enabled(if: FalseClock.canLeap(172_860), "needs faketime, and a machine up for two days"),
        .timeLimit(.minutes(2))
    )
    func comesAgain() async throws {
        try await withPlan(startingIn: 4, ", repeat: FREQ=DAILY;COUNT=4") { desk, receiver in
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "other")
            var serving = desk
            serving.environment["PLAN_TOKEN"] = "t"
            let first = try await begin(serving)
            let planned = try await desk.fanfare("schedule", "job.yaml")
            #expect(
                planned.status == 0 && planned.output.contains("\n  repeats     FREQ=DAILY;COUNT=4\n"),
                "\(planned)"
            )
            // Who is in the file at its time.
            try desk.writeContacts(12)
            try await receiver.received.waitForRequests(12, within: .seconds(60))
            func runs() async throws -> [(run: Int, state: String, reason: String?)] {
                try objects(try await desk.fanfare("status", "--json").output).map { fanOut in
                    (fanOut["run"] as? Int ?? 0, fanOut["state"] as? String ?? "", fanOut["reason"] as? String)
                }.sorted { $0.run < $1.run }
            }
            try await eventually("the second is planned", within: .seconds(30)) {
                try await runs().map(\.state) == ["ended", "scheduled"]
            }
            first.signal(SIGKILL)
            _ = try await first.wait()

            // Two days and a minute later: the second and third are missed but for the third, which may be late.
            try FalseClock.set("+172860s", in: &serving)
            let second = try serving.start(redirected: "", "serve", "--listen", "0")
            try await eventually("the third has gone out", within: .seconds(60)) {
                try await runs().map(\.state) == ["ended", "ended", "ended", "scheduled"]
            }
            let ended = try await runs()
            #expect(ended[1].reason?.contains(" was missed: ") == true && ended[2].reason == nil, "\(ended)")
            #expect(receiver.received.distinctIDs == 24 && receiver.received.repeats == 0)
            let cancelled = try await desk.fanfare("cancel", "job")
            #expect(cancelled.status == 0, "\(cancelled)")
            try await eventually("the series has ended") {
                try await runs().map(\.state) == ["ended", "ended", "ended", "ended"]
            }
            second.signal(SIGTERM)
            _ = try await desk.finish(second)
        }
    }

    @Test(
        "a daemon that was down at the time starts late what may be late, and says what was missed",
        .enabled(if: FalseClock.library != nil, "install the package faketime"),
        .timeLimit(.minutes(2)),
        arguments: [(300, true), (3600, false)]
    )
    func missed(late: Int, starts: Bool) async throws {
        try await withPlan(startingIn: 120) { desk, receiver in
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "other")
            var serving = desk
            serving.environment["PLAN_TOKEN"] = "t"
            let first = try await begin(serving)
            let planned = try await desk.fanfare("schedule", "job.yaml")
            try #require(planned.status == 0, "\(planned)")
            try await eventually("it is scheduled") { try await self.status(desk)["state"] as? String == "scheduled" }
            first.signal(SIGKILL)
            _ = try await first.wait()

            try FalseClock.set("+\(120 + late)s", in: &serving)
            let second = try serving.start(redirected: "", "serve", "--listen", "0")
            try await eventually("it has ended", within: .seconds(30)) {
                try await self.status(desk)["state"] as? String == "ended"
            }
            let reason = try await status(desk)["reason"] as? String
            if starts {
                #expect(receiver.received.distinctIDs == 10 && reason == nil, "\(reason ?? "")")
            } else {
                #expect(receiver.received.requests == 0)
                #expect(reason?.hasPrefix("its start at ") == true, "\(reason ?? "")")
                #expect(reason?.contains(" was missed: ") == true, "\(reason ?? "")")
            }
            second.signal(SIGTERM)
            _ = try await desk.finish(second)
        }
    }
}
