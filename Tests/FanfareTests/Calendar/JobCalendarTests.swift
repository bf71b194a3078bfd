import FanfareTesting
import Testing

@testable import Fanfare

@Suite("What job files put on the calendar")
struct JobCalendarTests {
    private static let day: Int64 = 86_400
    /// 2027-03-26 00:00 UTC; clocks in Paris go forward on the 28th.
    private static let begin: Int64 = 1_806_019_200

    private static func record(
        _ id: String = "0123456789",
        _ state: FanOutRecord.State = .scheduled,
        run: Int64 = 1,
        planned: Int64? = nil,
        started: Int64? = nil,
        ended: Int64? = nil,
        reason: String? = nil
    ) -> FanOutRecord {
        var record = FanOutRecord(
            id: id,
            name: "news",
            run: run,
            identity: "0",
            state: state,
            audience: "abcdefabcd",
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: begin - 100
        )
        (record.plannedAt, record.startedAt, record.endedAt) = (planned, started, ended)
        record.stopReason = reason
        return record
    }

    private static func calendar(
        _ records: [FanOutRecord] = [],
        _ planned: [JobCalendar.Planned] = [],
        paused: Set<String> = []
    ) -> JobCalendar {
        JobCalendar(records: records, planned: planned, timeZone: "UTC", paused: paused)
    }

    private static func series(
        _ time: String,
        _ rule: String = "FREQ=DAILY",
        fanOut: String? = nil
    ) throws -> JobCalendar.Planned {
        let text = """
            fanfare: 1
            name: news
            audience: {name: customers}
            webhook: {url: "https://example.com/"}
            schedule: {at: "\(time)", time_zone: Europe/Paris}
            """
        let job = try JobCheck.load(JobText(Array(text.utf8), file: "job.yaml", folder: "/"), environment: [:])
        return JobCalendar.Planned(
            name: "news",
            fanOut: fanOut,
            schedule: job.job.schedule,
            series: RunSeries(rule: rule, begins: time, time: time)
        )
    }

    private static func entries(_ calendar: JobCalendar, days: Int64 = 5) -> [CalendarEntry] {
        calendar.entries(in: begin..<(begin + days * day), limit: 100).sorted { $0.startsAt < $1.startsAt }
    }

    @Test("a job that comes again stands there at each of its times, as clocks of its zone show it")
    func expands() throws {
        let entries = Self.entries(Self.calendar([], [try Self.series("2027-03-26 09:00")]))
        let hours = entries.map { ($0.startsAt - Self.begin) % Self.day / 3600 }
        #expect(hours == [8, 8, 7, 7, 7])
        #expect(entries[0].localText == "2027-03-26 09:00 Europe/Paris (UTC+01:00)")
        #expect(entries[2].localText == "2027-03-28 09:00 Europe/Paris (UTC+02:00)")
        #expect(entries.allSatisfy { $0.state == "scheduled" && $0.title == "news" && $0.timeZone == "Europe/Paris" })
        #expect(Set(entries.map(\.uid)).count == 5)
    }

    @Test("times before the next one, past the rule's end and outside the range are none")
    func bounds() throws {
        let job = try Self.series("2027-03-27 09:00", "FREQ=DAILY;COUNT=3")
        #expect(Self.entries(Self.calendar([], [job])).count == 3)
        #expect(Self.entries(Self.calendar([], [job]), days: 2).count == 1)
        let far = Self.calendar([], [try Self.series("2027-03-26 09:00")])
        let years = Self.begin + 3650 * Self.day
        #expect(far.entries(in: years..<(years + 2 * Self.day), limit: 100).count == 2)
        #expect(far.entries(in: Self.begin..<(Self.begin + 400 * Self.day), limit: 7).count <= 8)
    }

    @Test("the fan-out that a time becomes keeps its uid, and is there once")
    func becomes() throws {
        let before = Self.entries(Self.calendar([], [try Self.series("2027-03-26 09:00")]))
        let record = Self.record(planned: before[0].startsAt)
        let after = Self.entries(
            Self.calendar([record], [try Self.series("2027-03-26 09:00", fanOut: record.id)])
        )
        #expect(after.map(\.uid) == before.map(\.uid))
        #expect(after[0].resource == "/v1/fan-outs/0123456789" && after[0].audience == "abcdefabcd")
        #expect(after[0].localText == before[0].localText)
    }

    @Test("two runs that were planned for the same time are two entries")
    func again() {
        let time = Self.begin + 3600
        let runs = [
            Self.record("bbbbbbbbbb", .running, run: 2, planned: time, started: time + 600),
            Self.record("aaaaaaaaaa", .ended, planned: time, ended: time - 60, reason: "cancelled by the operator"),
        ]
        let entries = Self.entries(Self.calendar(runs))
        #expect(entries.map(\.state) == ["cancelled", "running"])
        #expect(entries[0].uid == "fan-out-aaaaaaaaaa" && entries[1].uid.hasPrefix("job-"))
        #expect(entries[1].startsAt == time + 600)
        #expect(!entries[1].uid.contains("news"))
    }

    @Test("how a fan-out stands")
    func states() {
        let time = Self.begin + 3600
        let rows: [(FanOutRecord, String)] = [
            (Self.record(planned: time), "scheduled"), (Self.record("a", .importing, planned: time), "scheduled"),
            (Self.record("b", .running, started: time), "running"),
            (Self.record("c", .running, started: time), "paused"),
            (Self.record("d", .stopped, started: time, reason: "of 5 canary contacts"), "stopped"),
            (Self.record("e", .ended, started: time, ended: time + 300), "complete"),
            (Self.record("f", .ended, started: time, ended: time, reason: "cancelled by the operator"), "cancelled"),
            (Self.record("g", .ended, planned: time, ended: time, reason: "its start at 9 was missed"), "missed"),
            (Self.record("h", .ended, started: time, ended: time, reason: "stop_after passed"), "stopped"),
        ]
        for (record, state) in rows {
            let entries = Self.entries(Self.calendar([record], paused: ["c"]))
            #expect(entries.map(\.state) == [state], "\(record.id)")
        }
        let ended = Self.entries(Self.calendar([rows[5].0]))[0]
        #expect(ended.minutes == 5 && ended.sequence == 2 && ended.updated == time + 300)
        // One that never had a time and never started.
        #expect(Self.entries(Self.calendar([Self.record("i", .importing)])).isEmpty)
    }

    @Test("a range is a range, and no more is shown than can be")
    func range() async throws {
        try await withTemporaryFolder { folder in
            let daemon = try Daemon(try Installation.own(folder.path("data")))
            let begin = Self.begin
            for (from, to) in [(begin, begin), (begin, begin - 1), (begin, begin + 401 * Self.day)] {
                let error = #expect(throws: CalendarError.self) { try daemon.calendar(from: from, to: to) }
                #expect(error?.code == .range)
            }
            #expect(try daemon.calendar(from: begin, to: begin + 400 * Self.day).isEmpty)
            let records = (1...1001).map { (run: Int64) in
                Self.record("\(1_000_000_000 + run)", .ended, run: run, planned: begin + run, ended: begin)
            }
            try daemon.installation.fanOuts().save(Array(records.dropLast()))
            #expect(try daemon.calendar(from: begin, to: begin + Self.day).count == 1000)
            try daemon.installation.fanOuts().save(records[1000])
            let error = #expect(throws: CalendarError.self) { try daemon.calendar(from: begin, to: begin + Self.day) }
            #expect(error?.code == .tooMany && error?.message.contains("smaller range") == true)
            #expect(try daemon.calendarForSubscribers(from: begin, to: begin + Self.day).count == 1001)
            try await daemon.close()
        }
    }

    @Test("the settings of the installation begin with all, and stay as they are set")
    func account() async throws {
        try await withTemporaryFolder { folder in
            let installation = try Installation.own(folder.path("data"))
            #expect(try installation.accountSettings() == AccountSettings())
            #expect(AccountSettings().plan.allowsWebhooks && !Plan.essentials.allowsWebhooks)
            try installation.save(AccountSettings(plan: .free, timeZone: "Europe/Paris"))
            let changed = try installation.changeAccountSettings { $0.plan = .standard }
            #expect(changed == AccountSettings(plan: .standard, timeZone: "Europe/Paris"))
            #expect(try Installation.read(folder.path("data")).accountSettings() == changed)
        }
    }
}
