import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("A fan-out as a library call", .timeLimit(.minutes(2)))
struct FanOutRunTests {
    func job(_ receiver: ScriptedReceiver, _ change: (inout JobFile) -> Void = { _ in }) throws -> LoadedJob {
        let webhook = WebhookDefinition(url: receiver.url(), body: .json(["to": "*|EMAIL|*", "name": "*|FNAME|*"]))
        var job = JobFile(name: "greetings", toAudience: "customers", webhook: webhook)
        job.delivery = quickSettings()
        change(&job)
        return try LoadedJob(job, environment: [:])
    }

    var options: FanOutRun.Options {
        get throws {
            var options = FanOutRun.Options()
            options.engine.egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
            return options
        }
    }

    func fill(_ installation: Installation, _ count: Int) async throws {
        let audience = try installation.openAudience(named: "customers", makesIt: true)
        let contacts = (1...count).lazy.map { NewContact(email: "c\($0)@example.com", fields: ["FNAME": "C\($0)"]) }
        #expect(try await audience.importContacts(contacts).rejected == 0)
    }

    @Test("contacts and job are made in code, everybody is delivered to, and the catalogue knows")
    func inCode() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(keepsBodies: true) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 300)
                let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                #expect(run.recipients == 300 && !run.isResumed && run.imported == nil)
                var last: FanOutSnapshot?
                for await now in run.snapshots(every: .milliseconds(10)) { last = now }
                #expect(last?.progress.counts[.delivered] == 300)
                let end = try await run.end()
                guard case .complete = end.cause else { throw TimeLimitExceeded(waitedFor: "the end: \(end.cause)") }
                #expect(receiver.received.distinctIDs == 300 && receiver.received.repeats == 0)
                let body = try #require(receiver.received.entriesByID.values.first?.first?.body)
                #expect(String(decoding: body, as: UTF8.self).hasPrefix(#"{"to":"c"#))
                #expect(try installation.fanOutRecords(named: "greetings")[0].state == .ended)
                // It is not sent again by accident.
                await #expect(throws: JobRunError.self) {
                    try await FanOutRun.start(try job(receiver), in: installation, options)
                }
                var again = try options
                again.again = true
                let second = try await FanOutRun.start(try job(receiver), in: installation, again)
                #expect(try await second.end().progress.counts[.delivered] == 300)
                #expect(receiver.received.distinctIDs == 600)
            }
        }
    }

    @Test("stopped, and taken up by the same call, it sends to nobody twice; meanwhile there is no second one")
    func resumed() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(20)))) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 200)
                let first = try await FanOutRun.start(try job(receiver), in: installation, options)
                do {
                    _ = try await FanOutRun.start(try job(receiver), in: installation, options)
                    Issue.record("a second one began")
                } catch let error as JobRunError {
                    #expect(error.code == .busy)
                }
                try await receiver.received.waitForRequests(20)
                first.stop()
                guard case .interrupted = try await first.end().cause else {
                    Issue.record("it was not interrupted")
                    return
                }
                let second = try await FanOutRun.start(try job(receiver), in: installation, options)
                #expect(second.isResumed && second.recipients == 200)
                #expect(try await second.end().progress.counts[.delivered] == 200)
                #expect(receiver.received.distinctIDs == 200 && receiver.received.repeats == 0)
            }
        }
    }

    @Test("by the time that its end is told it has let go of the directory", arguments: 1...5)
    func letGo(_: Int) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                for turn in 1...3 {
                    // Throws where the one before is still owned.
                    let installation = try Installation.own(folder.path("data"))
                    try await fill(installation, 3)
                    var options = try options
                    options.again = turn > 1
                    let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                    #expect(try await run.end().progress.counts[.delivered] == 3)
                }
            }
        }
    }

    @Test("cancelling the task that waits for its end stops it in good order")
    func cancelled() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(50)))) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 500)
                let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                let task = Task { try await run.end() }
                try await receiver.received.waitForRequests(8)
                task.cancel()
                let end = try await task.value
                guard case .interrupted = end.cause else {
                    Issue.record("it ended as \(end.cause)")
                    return
                }
                #expect(Int(end.progress.counts[.delivered]) == receiver.received.requests)
            }
        }
    }

    @Test("a job of a file is imported, with progress, and rejects are told")
    func fromFile() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                var fixture = try RunFixture(folder, contacts: ["a", "b", "not an address"])
                fixture.job = """
                    audience: {import: contacts.csv}
                    webhook: {url: "\(receiver.url())", content_type: json, data: {to: "*|EMAIL|*"}}
                    """
                let installation = try Installation.own(fixture.data)
                let reports = Mailbox<Int>()
                var options = try options
                options.onImport = { reports.post($0.summary.rows) }
                let run = try await FanOutRun.start(try fixture.load(), in: installation, options)
                #expect(run.imported?.created == 2 && run.imported?.rejected == 1)
                #expect(reports.all == [3])
                #expect(try await run.end().progress.counts[.delivered] == 2)
            }
        }
    }

    @Test("cancelled while it waits for its time, it has sent nothing, and the same call goes on")
    func cancelledWhileWaiting() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 3)
                let job = try job(receiver) { $0.schedule = Self.farAway }
                let options = try options
                let waiting = Task { try await FanOutRun.start(job, in: installation, options) }
                try await eventually("the record") {
                    try installation.fanOutRecords(named: nil).first?.state == .scheduled
                }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { _ = try await waiting.value }
                #expect(receiver.received.requests == 0)
                var now = options
                now.waitsForSchedule = false
                let run = try await FanOutRun.start(job, in: installation, now)
                #expect(try await run.end().progress.counts[.delivered] == 3)
            }
        }
    }

    @Test("what is wrong with a job made in code is told at once, by the keys of a job file")
    func faultyJob() throws {
        let webhook = WebhookDefinition(url: "ftp://example.com", body: .json([:]))
        var job = JobFile(name: " ", toAudience: "customers", webhook: webhook)
        job.schedule.timeZone = "Mars/Base"
        job.delivery.maxInFlight = 0
        do {
            _ = try LoadedJob(job, environment: [:])
            Issue.record("it was taken")
        } catch {
            let paths = Set(error.problems.map(\.path))
            #expect(paths.contains(["name"]) && paths.contains(["schedule", "time_zone"]))
            #expect(error.problems.allSatisfy { $0.place == nil })
            #expect("\(error)".contains("Mars/Base"))
        }
    }

    @Test("a job made in code that does not fit its audience is refused by name, without a line")
    func doesNotFit() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 3)
                let job = try job(receiver) { $0.webhook.body = .json(["to": "*|PHONE|*"]) }
                do {
                    _ = try await FanOutRun.start(job, in: installation, options)
                    Issue.record("it was taken")
                } catch let error as JobError {
                    #expect(error.problems.first?.place == nil)
                    #expect("\(error)".contains("PHONE"), "\(error)")
                    #expect(!"\(error)".contains(":1:1"), "\(error)")
                }
                // The installation is free for another.
                let run = try await FanOutRun.start(try self.job(receiver), in: installation, options)
                #expect(try await run.end().progress.counts[.delivered] == 3)
            }
        }
    }
}
