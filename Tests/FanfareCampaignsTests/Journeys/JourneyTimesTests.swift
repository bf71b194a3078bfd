import FanfareDelivery
import FanfareJob
import Foundation
import Testing

@testable import FanfareCampaigns

/// Days, times of day and delays by the clocks of a zone, above all in the nights in which those are changed.
struct JourneyTimesTests {
    private static func unix(_ text: String) throws -> Int64 {
        Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970)
    }

    /// Counted from 1970-01-01.
    private static func day(_ text: String) throws -> Int { Int(try unix(text + "T00:00:00Z") / 86_400) }

    // MARK: Times of day

    @Test(arguments: [
        ("Europe/Paris", "2027-01-01", 9 * 60, "2027-01-01T08:00:00Z"),
        ("Europe/Paris", "2027-07-01", 9 * 60, "2027-07-01T07:00:00Z"),
        // 02:30 is skipped: 03:30.
        ("Europe/Paris", "2027-03-28", 2 * 60 + 30, "2027-03-28T01:30:00Z"),
        ("Europe/Paris", "2027-03-28", 1 * 60 + 59, "2027-03-28T00:59:00Z"),
        ("Europe/Paris", "2027-03-28", 3 * 60, "2027-03-28T01:00:00Z"),
        // 02:30 comes twice: the first.
        ("Europe/Paris", "2027-10-31", 2 * 60 + 30, "2027-10-31T00:30:00Z"),
        ("Europe/Paris", "2027-10-31", 3 * 60, "2027-10-31T02:00:00Z"),
        ("Europe/Paris", "2028-02-29", 0, "2028-02-28T23:00:00Z"),
        ("America/New_York", "2027-03-14", 2 * 60 + 30, "2027-03-14T07:30:00Z"),
        ("America/New_York", "2027-11-07", 1 * 60 + 30, "2027-11-07T05:30:00Z"),
        // Clocks that are changed by half an hour, in the other half of the year.
        ("Australia/Lord_Howe", "2027-10-03", 2 * 60 + 15, "2027-10-02T15:45:00Z"),
        ("Australia/Lord_Howe", "2027-04-04", 1 * 60 + 45, "2027-04-03T14:45:00Z"),
        ("Asia/Kathmandu", "2027-03-28", 2 * 60 + 30, "2027-03-27T20:45:00Z"),
        ("UTC", "2027-12-31", 24 * 60 - 1, "2027-12-31T23:59:00Z"),
    ])
    func `a minute of a day is an instant`(_ zone: String, _ day: String, _ minute: Int, _ expected: String) throws {
        let times = JourneyTimes(zone: zone)
        #expect(try times.instant(of: Self.day(day), minute: minute) == Self.unix(expected))
    }

    @Test(arguments: [
        ("Europe/Paris", "2027-03-27T22:59:59Z", "2027-03-27"), ("Europe/Paris", "2027-03-27T23:00:00Z", "2027-03-28"),
        // A day of 23 hours, and one of 25.
        ("Europe/Paris", "2027-03-28T21:59:59Z", "2027-03-28"), ("Europe/Paris", "2027-03-28T22:00:00Z", "2027-03-29"),
        ("Europe/Paris", "2027-10-30T22:00:00Z", "2027-10-31"), ("Europe/Paris", "2027-10-31T22:59:59Z", "2027-10-31"),
        ("Europe/Paris", "2027-10-31T23:00:00Z", "2027-11-01"), ("Europe/Paris", "2028-02-29T12:00:00Z", "2028-02-29"),
        ("America/New_York", "2027-01-01T04:59:59Z", "2026-12-31"), ("UTC", "1970-01-01T00:00:00Z", "1970-01-01"),
        ("Pacific/Kiritimati", "2027-12-31T10:00:00Z", "2028-01-01"),
    ])
    func `an instant is on a day`(_ zone: String, _ instant: String, _ expected: String) throws {
        #expect(try JourneyTimes(zone: zone).day(of: Self.unix(instant)) == Self.day(expected))
    }

    @Test(arguments: ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
    func `each minute comes once on each day of two years, in order`(_ zone: String) throws {
        let times = JourneyTimes(zone: zone)
        let first = try Self.day("2027-01-01")
        for minute in [0, 2 * 60 + 30, 9 * 60, 24 * 60 - 1] {
            var last = Int64.min
            for day in first..<first + 731 {
                let instant = times.instant(of: day, minute: minute)
                #expect(instant > last && times.day(of: instant) == day, "day \(day), minute \(minute)")
                last = instant
            }
        }
    }

    // MARK: Birthdays

    @Test(arguments: [
        ("2027-02-27", "02/27", false), ("2027-02-28", "02/28", true), ("2027-03-01", "03/01", false),
        ("2028-02-28", "02/28", false), ("2028-02-29", "02/29", false), ("2028-12-31", "12/31", false),
        ("2000-02-28", "02/28", false), ("2100-02-28", "02/28", true),
    ])
    func `February 28 stands for the 29th in years without one`(
        _ day: String,
        _ text: String,
        _ standsForLeapDay: Bool
    ) throws {
        let found = JourneyTimes(zone: "Europe/Paris").monthAndDay(of: try Self.day(day))
        #expect(found.text == text && found.standsForLeapDay == standsForLeapDay)
    }

    // MARK: Delays

    /// One delay until a day of the week.
    struct WeekdayDelay: Sendable, CustomTestStringConvertible {
        let from: String
        let days: Set<SendWindow.Day>
        let minute: Int
        let until: String

        init(_ from: String, _ days: Set<SendWindow.Day>, _ minute: Int, _ until: String) {
            (self.from, self.days, self.minute, self.until) = (from, days, minute, until)
        }

        var testDescription: String { "\(from) until \(until)" }
    }

    private static let everyDay = Set(SendWindow.Day.allCases)
    private static let half = 2 * 60 + 30

    private static let delays = [
        // The night in which clocks are put forward: 02:30 is 03:30.
        WeekdayDelay("2027-03-27T10:00:00Z", [.sun], half, "2027-03-28T01:30:00Z"),
        WeekdayDelay("2027-03-28T00:59:59Z", [.sun], half, "2027-03-28T01:30:00Z"),
        WeekdayDelay("2027-03-28T01:15:00Z", [.sun], half, "2027-03-28T01:30:00Z"),
        WeekdayDelay("2027-03-28T01:30:00Z", [.sun], half, "2027-04-04T00:30:00Z"),
        WeekdayDelay("2027-03-28T01:30:01Z", [.sun], half, "2027-04-04T00:30:00Z"),
        WeekdayDelay("2027-03-28T05:00:00Z", everyDay, 0, "2027-03-28T22:00:00Z"),
        // The night in which they are put back: the first 02:30 counts, and the second is too late.
        WeekdayDelay("2027-10-30T12:00:00Z", [.sun], half, "2027-10-31T00:30:00Z"),
        WeekdayDelay("2027-10-31T00:30:00Z", [.sun], half, "2027-11-07T01:30:00Z"),
        WeekdayDelay("2027-10-31T00:30:01Z", [.sun], half, "2027-11-07T01:30:00Z"),
        WeekdayDelay("2027-10-31T01:15:00Z", [.sun], half, "2027-11-07T01:30:00Z"),
        WeekdayDelay("2027-10-31T01:15:00Z", everyDay, half, "2027-11-01T01:30:00Z"),
        // Over these nights the time of day stays.
        WeekdayDelay("2027-03-26T18:00:01Z", [.fri, .mon], 19 * 60, "2027-03-29T17:00:00Z"),
        WeekdayDelay("2027-10-29T17:00:01Z", [.fri, .mon], 19 * 60, "2027-11-01T18:00:00Z"),
        // Days as clocks there show them: this is a Sunday already, and that a Saturday still.
        WeekdayDelay("2027-06-05T22:30:00Z", [.sun], 60, "2027-06-05T23:00:00Z"),
        WeekdayDelay("2027-06-05T21:30:00Z", [.sat], 24 * 60 - 1, "2027-06-05T21:59:00Z"),
        WeekdayDelay("2027-12-31T22:30:00Z", [.sat], 0, "2027-12-31T23:00:00Z"),
        WeekdayDelay("2028-02-28T12:00:00Z", [.tue], 9 * 60, "2028-02-29T08:00:00Z"),
    ]

    @Test(arguments: delays)
    func `a contact stays until a day of the week and a time of it`(_ delay: WeekdayDelay) throws {
        let end = JourneyTimes(zone: "Europe/Paris")
            .end(of: .day(delay.days, minute: delay.minute), from: try Self.unix(delay.from))
        #expect(end == (try Self.unix(delay.until)))
    }

    @Test(arguments: ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
    func `the next of some days is that which a calendar finds, from each hour of a year on`(_ zone: String) throws {
        let times = JourneyTimes(zone: zone)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        let names: [SendWindow.Day] = [.sun, .mon, .tue, .wed, .thu, .fri, .sat]
        let days: Set<SendWindow.Day> = [.sun, .wed]
        let start = try Self.unix("2027-01-01T00:00:00Z")
        // Every 29th hour is at every time of day sooner or later.
        for now in stride(from: start, to: start + 365 * 86_400, by: 29 * 3600) {
            let end = times.end(of: .day(days, minute: Self.half), from: now)
            let weekday = calendar.component(.weekday, from: Date(timeIntervalSince1970: TimeInterval(end)))
            #expect(days.contains(names[weekday - 1]), "\(now)")
            #expect(end > now && end - now <= 4 * 86_400 + 3600, "\(now)")
            // None was passed over: asked an hour before, it is the same one, or that of just then.
            let before = times.end(of: .day(days, minute: Self.half), from: now - 3600)
            #expect(before == end || before <= now, "\(now)")
        }
    }

    @Test func `a length of time is as many seconds, whatever clocks show`() throws {
        let times = JourneyTimes(zone: "Europe/Paris")
        for text in ["2027-03-27T12:00:00Z", "2027-10-30T12:00:00Z", "2028-02-28T12:00:00Z"] {
            let now = try Self.unix(text)
            #expect(times.end(of: .seconds(86_400), from: now) == now + 86_400)
        }
    }

    @Test func `a date is an instant, past or not`() throws {
        let times = JourneyTimes(zone: "Europe/Paris")
        let now = try Self.unix("2027-06-01T00:00:00Z")
        func end(_ month: Int, _ day: Int, second: Int = 0) -> Int64 {
            let time = Schedule.LocalTime(year: 2027, month: month, day: day, hour: 2, minute: 30, second: second)
            return times.end(of: .until(time), from: now)
        }
        #expect(end(3, 28) == (try Self.unix("2027-03-28T01:30:00Z")))
        #expect(end(10, 31) == (try Self.unix("2027-10-31T00:30:00Z")))
        #expect(end(6, 1, second: 5) == (try Self.unix("2027-06-01T00:30:05Z")))
        #expect(end(3, 28) < now && end(10, 31) > now)
    }
}
