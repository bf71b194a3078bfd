import FanfareDelivery
import FanfarePayload
import FanfareReport
import FanfareTesting
import Testing

@Suite("What a ledger's rows add up to")
struct SurveyReaderTests {
    @Test("every figure follows from the rows")
    func figures() async throws {
        try await withTemporaryFolder { folder in
            let generated = try GeneratedLedger(folder, hundreds: 50)
            let (survey, progress) = try generated.reader().read(startedAt: GeneratedLedger.start)
            #expect(progress.counts.total == 5000)
            #expect(survey.attempts == 50 * (80 + 20 + 4 + 9 + 1))
            #expect(survey.uncounted == 100)
            #expect(
                survey.answers.map(\.text) == [
                    "status 200", "status 500", "status 404", "no connection to the receiver",
                ]
            )
            #expect(survey.answers.map(\.count) == [4500, 50 * (10 + 6 + 1), 200, 150])
            #expect(survey.answers.map(\.isDelivered) == [true, false, false, false])
            #expect(survey.tries.map(\.attempts) == [1, 2, 3])
            #expect(survey.tries.map(\.delivered) == [4000, 500, 0])
            #expect(survey.tries.map(\.dead) == [200, 0, 150])
            #expect(survey.setAside.map(\.state) == ["skipped", "retryable"])
            #expect(survey.setAside.map(\.text) == ["a required field is empty", "status 500"])
            #expect(survey.setAside.map(\.count) == [50, 50])
        }
    }

    @Test("the dead are grouped by what their last attempt ended with, with the first of each as samples")
    func causes() async throws {
        try await withTemporaryFolder { folder in
            let survey = try GeneratedLedger(folder, hundreds: 3).read()
            #expect(survey.causes.map(\.text) == ["status 404", "no connection to the receiver"])
            #expect(survey.causes.map(\.count) == [12, 9])
            #expect(survey.causes.map(\.afterRetries) == [0, 9])
            #expect(survey.causes.map(\.status) == [404, nil])
            let samples = survey.causes[0].samples
            #expect(samples.map(\.response) == ["said 91", "said 92", "said 93"])
            #expect(samples.map(\.id) == [98, 99, 100].map { GeneratedLedger.ids.id(contact: $0).description })
            #expect(samples.allSatisfy { $0.email == nil && $0.attempts == 1 })
        }
    }

    @Test("the time line has what happened in each second, and how long it took")
    func timeline() async throws {
        try await withTemporaryFolder { folder in
            let survey = try GeneratedLedger(folder, hundreds: 50).read()
            #expect(survey.timeline.start == GeneratedLedger.start)
            #expect(survey.timeline.step == 1)
            #expect(survey.timeline.steps.count == 50)
            #expect(survey.timeline.steps.allSatisfy { $0.delivered == 90 && $0.failed == 24 })
            let first = try #require(survey.timeline.steps.first)
            // Of 1 … 90 ms, to one in a hundred.
            #expect(try abs(#require(first.p50) - 45_000) <= 450)
            #expect(try abs(#require(first.p99) - 90_000) <= 900)
            #expect(survey.latency.count == 4500)
            #expect(abs(survey.latency.p90 - 81_000) <= 900)
            #expect(survey.latency.ranges.reduce(0) { $0 + $1.count } == 4500)
            #expect(survey.timeline.pace.seconds == 50)
            #expect(survey.timeline.pace.mean == 90)
        }
    }

    @Test("an empty ledger adds up to nothing")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let survey = try GeneratedLedger(folder, hundreds: 0).read()
            #expect(survey.attempts == 0)
            #expect(survey.answers.isEmpty && survey.tries.isEmpty && survey.causes.isEmpty)
            #expect(survey.timeline.pace.seconds == 0)
        }
    }

    @Test(
        "rows that contradict each other or say nothing known are damage, not figures",
        arguments: [
            ("UPDATE progress SET delivered = delivered + 1, scheduled = scheduled - 1", "and has 90"),
            ("DELETE FROM outcome WHERE ordinal = 91", "counts 7 dead deliveries, and has 6"),
            ("UPDATE outcome SET state = 77 WHERE ordinal = 1", "unknown state 77"),
            ("UPDATE attempt SET reason = 200 WHERE ordinal = 91", "unknown reason 200"),
            ("DELETE FROM progress", "no progress row"),
        ]
    )
    func damage(_ sql: String, _ text: String) async throws {
        try await withTemporaryFolder { folder in
            let generated = try GeneratedLedger(folder, hundreds: 1)
            try generated.change(sql)
            let error = #expect(throws: DeliveryError.self) { try generated.read() }
            #expect(error?.code == .ledgerDamaged)
            #expect(error?.description.contains(text) == true, "\(String(describing: error))")
        }
    }

    @Test("a clock that leapt makes the steps longer, never more, and loses nothing", arguments: [0, 1_000_000_000])
    func leap(_ seconds: Int64) async throws {
        try await withTemporaryFolder { folder in
            let generated = try GeneratedLedger(folder, hundreds: 5)
            try generated.change("UPDATE outcome SET finished_at = finished_at + \(seconds) WHERE ordinal > 400")
            try generated.change("UPDATE attempt SET finished_at = 12 WHERE ordinal > 300")
            let timeline = try generated.read().timeline
            #expect(timeline.steps.count <= LedgerSurvey.Timeline.maximumSteps)
            #expect(timeline.steps.reduce(0) { $0 + $1.delivered } == 450)
            #expect(timeline.steps.reduce(0) { $0 + $1.failed } == 5 * 24)
        }
    }

    @Test("what looks like an address or a number is covered in answers unless contacts are named")
    func covered() async throws {
        try await withTemporaryFolder { folder in
            let generated = try GeneratedLedger(
                folder,
                hundreds: 1,
                excerpt: "'no jane.doe@example.com, call +33 6 12 34 56 78 (code 4012)'"
            )
            let covered = try generated.read().causes[0].samples[0]
            #expect(covered.response == "no [address], call [number] (code 4012)")
        }
    }
}
