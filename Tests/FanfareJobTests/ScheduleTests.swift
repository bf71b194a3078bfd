import FanfareDelivery
import FanfareJob
import Foundation
import Testing

struct ScheduleTests {
    static func start(_ at: String, _ zone: String) throws -> Schedule.Start {
        let text = smallestJob + "\nschedule: {at: \"\(at)\", time_zone: \(zone)}"
        let loaded = try JobFile.parse(Array(text.utf8), file: "job.yaml", folder: "", environment: [:])
        return try #require(loaded.job.schedule.start)
    }

    @Test(arguments: [
        ("2026-11-27 09:00", "Europe/Paris", "2026-11-27T08:00:00Z", "2026-11-27 09:00 Europe/Paris (UTC+01:00)"),
        ("2026-07-14T09:00:05", "Europe/Paris", "2026-07-14T07:00:05Z", "2026-07-14 09:00:05 Europe/Paris (UTC+02:00)"),
        ("2026-01-01 00:00", "UTC", "2026-01-01T00:00:00Z", "2026-01-01 00:00 UTC (UTC+00:00)"),
        (
            "2028-02-29 12:00", "America/St_Johns", "2028-02-29T15:30:00Z",
            "2028-02-29 12:00 America/St_Johns (UTC-03:30)"
        ),
        ("2026-06-01 12:00", "Asia/Kathmandu", "2026-06-01T06:15:00Z", "2026-06-01 12:00 Asia/Kathmandu (UTC+05:45)"),
    ])
    func `a wall-clock time is an instant`(_ at: String, zone: String, utc: String, local: String) throws {
        let start = try ScheduleTests.start(at, zone)
        let expected = try Date(utc, strategy: .iso8601)
        #expect(start.unixSeconds == Int64(expected.timeIntervalSince1970))
        #expect(start.localText == local)
        #expect(start.note == nil)
    }

    @Test func `local times begin where a day does first, and end where it does last`() throws {
        let text = smallestJob + "\nschedule: {at: 2026-11-27 09:00, time_zone: Europe/Paris, local_time: {past: skip}}"
        let loaded = try JobFile.parse(Array(text.utf8), file: "job.yaml", folder: "", environment: [:])
        let schedule = loaded.job.schedule
        let first = try Date("2026-11-26T19:00:00Z", strategy: .iso8601)
        let last = try Date("2026-11-27T21:00:00Z", strategy: .iso8601)
        #expect(schedule.start?.unixSeconds == Int64(first.timeIntervalSince1970))
        #expect(schedule.start?.localText.hasPrefix("2026-11-27 09:00 in each contact's zone, from ") == true)
        #expect(schedule.lastStart?.unixSeconds == Int64(last.timeIntervalSince1970))
        let tokyo = try Date("2026-11-27T00:00:00Z", strategy: .iso8601)
        #expect(schedule.start(in: "Asia/Tokyo")?.unixSeconds == Int64(tokyo.timeIntervalSince1970))
        #expect(schedule.start(in: "Nowhere/Town") == nil)
    }

    @Test(arguments: [
        ("2026-03-29 02:30", "Europe/Paris", "2026-03-29T01:30:00Z", "2026-03-29 03:30"),
        ("2026-03-29 02:00", "Europe/Paris", "2026-03-29T01:00:00Z", "2026-03-29 03:00"),
        ("2026-03-08 02:15", "America/New_York", "2026-03-08T07:15:00Z", "2026-03-08 03:15"),
        ("2026-10-04 02:10", "Australia/Lord_Howe", "2026-10-03T15:40:00Z", "2026-10-04 02:40"),
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30T22:00:00Z", "2011-12-31 12:00"),
    ])
    func `a time that the clocks skip is moved forward, and said`(
        _ at: String,
        zone: String,
        utc: String,
        moved: String
    ) throws {
        let start = try ScheduleTests.start(at, zone)
        #expect(start.unixSeconds == Int64(try Date(utc, strategy: .iso8601).timeIntervalSince1970))
        #expect(start.note == "the clocks skip \(at) that day: moved forward to \(moved)")
        #expect(start.localText.hasPrefix(moved + " \(zone) "))
    }

    @Test(arguments: [
        ("2026-10-25 02:30", "Europe/Paris", "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:00", "Europe/Paris", "2026-10-25T00:00:00Z"),
        ("2026-11-01 01:59", "America/New_York", "2026-11-01T05:59:00Z"),
    ])
    func `of a time that comes twice the first counts`(_ at: String, zone: String, utc: String) throws {
        let start = try ScheduleTests.start(at, zone)
        #expect(start.unixSeconds == Int64(try Date(utc, strategy: .iso8601).timeIntervalSince1970))
        #expect(start.note == "\(at) comes twice that day: the first one counts")
    }

    @Test(arguments: [
        ("from: 09:00, to: 17:00", "2026-03-27T07:59:59Z", "fri 09:00"), ("", "2026-03-27T07:59:59Z", nil),
        ("from: 09:00, to: 17:00", "2026-03-27T08:00:00Z", nil),
        ("from: 09:00, to: 17:00", "2026-03-27T16:00:00Z", "sat 09:00"),
        // The clocks have gone forward that night.
        ("from: 09:00, to: 17:00", "2026-03-29T06:59:59Z", "sun 09:00"),
        ("from: 09:00, to: 17:00", "2026-03-29T07:00:00Z", nil),
        ("days: [wed]", "2026-03-27T08:00:00Z", "wed 00:00"),
    ])
    func `a window opens by the clocks of its zone`(_ window: String, utc: String, opening: String?) throws {
        let text = smallestJob + "\nschedule: {time_zone: Europe/Paris, window: {\(window)}}"
        let loaded = try JobFile.parse(Array(text.utf8), file: "job.yaml", folder: "", environment: [:])
        let moment = Int64(try Date(utc, strategy: .iso8601).timeIntervalSince1970)
        #expect(loaded.job.schedule.opening(at: moment)?.text == opening)
    }

    @Test func `without a time the job starts at once, without a zone in the machine's`() throws {
        let text = Array((smallestJob + "\nschedule:").utf8)
        let tokyo = try JobFile.parse(text, file: "j", folder: "", environment: ["TZ": "Asia/Tokyo"]).job
        #expect(tokyo.schedule == Schedule(timeZone: "Asia/Tokyo"))
        #expect(tokyo.schedule.start == nil)
        let machine = try JobFile.parse(text, file: "j", folder: "", environment: ["TZ": "nonsense"]).job
        #expect(TimeZone(identifier: machine.schedule.timeZone) != nil)
    }

    @Test func `the calendar agrees with Foundation's over four centuries`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for day in stride(from: 0, through: 400 * 365, by: 31) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 12_345)
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            let local = Schedule.LocalTime(
                year: try #require(parts.year),
                month: try #require(parts.month),
                day: try #require(parts.day),
                hour: try #require(parts.hour),
                minute: try #require(parts.minute),
                second: try #require(parts.second)
            )
            let start = try #require(Schedule(at: local, timeZone: "UTC").start)
            #expect(start.unixSeconds == Int64(day) * 86_400 + 12_345)
        }
    }
}
