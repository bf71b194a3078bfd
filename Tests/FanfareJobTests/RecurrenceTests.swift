import Testing

@testable import FanfareJob

/// Rules by which a time comes again.
@Suite struct RecurrenceTests {
    private func times(_ rule: String, from start: String, _ count: Int = 5) throws -> [String] {
        let recurrence = try Recurrence(rule)
        let start = try #require(Schedule.LocalTime(start))
        var times: [String] = []
        var last: Schedule.LocalTime?
        while times.count < count, let next = recurrence.next(after: last, from: start) {
            times.append(next.text)
            last = next
        }
        return times
    }

    @Test(arguments: [
        ("FREQ=DAILY", "2026-03-28 02:30", ["2026-03-28 02:30", "2026-03-29 02:30", "2026-03-30 02:30"]),
        (
            "rrule:freq=daily;interval=3", "2026-12-30 09:00",
            ["2026-12-30 09:00", "2027-01-02 09:00", "2027-01-05 09:00"]
        ),
        ("FREQ=WEEKLY", "2026-11-27 09:00", ["2026-11-27 09:00", "2026-12-04 09:00", "2026-12-11 09:00"]),
        // The first is the first at or after the beginning.
        ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-11-27 09:00", ["2026-11-30 09:00", "2026-12-02 09:00", "2026-12-07 09:00"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "2026-03-24 09:00",
            ["2026-03-25 09:00", "2026-04-06 09:00", "2026-04-08 09:00"]
        ),
        ("FREQ=MONTHLY", "2026-01-15 09:00:05", ["2026-01-15 09:00:05", "2026-02-15 09:00:05", "2026-03-15 09:00:05"]),
        // A month without such a day is passed over.
        (
            "FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31 09:00",
            ["2026-01-31 09:00", "2026-03-31 09:00", "2026-05-31 09:00"]
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 09:00",
            ["2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"]
        ),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01 09:00", ["2026-01-30 09:00", "2026-02-27 09:00", "2026-03-27 09:00"]),
        (
            "FREQ=MONTHLY;BYDAY=1MO,3MO", "2026-01-01 09:00",
            ["2026-01-05 09:00", "2026-01-19 09:00", "2026-02-02 09:00"]
        ),
    ])
    func `times come as RFC 5545 has them`(rule: String, start: String, expected: [String]) throws {
        #expect(try times(rule, from: start, expected.count) == expected)
    }

    @Test(arguments: [
        ("FREQ=DAILY;COUNT=2", "2026-03-01 09:00", ["2026-03-01 09:00", "2026-03-02 09:00"]),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-03-04 09:00", ["2026-03-09 09:00", "2026-03-16 09:00"]),
        ("FREQ=DAILY;UNTIL=20260302", "2026-03-01 09:00", ["2026-03-01 09:00", "2026-03-02 09:00"]),
        ("FREQ=DAILY;UNTIL=20260302T090000", "2026-03-01 09:00", ["2026-03-01 09:00", "2026-03-02 09:00"]),
        ("FREQ=DAILY;UNTIL=20260302T085959", "2026-03-01 09:00", ["2026-03-01 09:00"]),
        ("FREQ=DAILY;UNTIL=20260228", "2026-03-01 09:00", []),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-10 09:00", []),
    ])
    func `they end`(rule: String, start: String, expected: [String]) throws {
        #expect(try times(rule, from: start) == expected)
    }

    @Test(arguments: [
        ("", "is no part"), ("INTERVAL=2", "FREQ is missing"), ("FREQ=YEARLY", "FREQ is YEARLY"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is 0"), ("FREQ=DAILY;COUNT=x", "COUNT is X"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "COUNT and UNTIL stand together"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ stands there twice"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR is no part that is understood"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY has 1MO"), ("FREQ=WEEKLY;BYDAY=MO,", "BYDAY has "),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY has 6MO"), ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY stands there"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY has 32"), ("FREQ=DAILY;UNTIL=20260231", "UNTIL is 20260231"),
        ("FREQ=DAILY;UNTIL=20261231T235959Z", "UNTIL is 20261231T235959Z"),
    ])
    func `what is none is told its part`(rule: String, message: String) {
        let fault = #expect(throws: Recurrence.Fault.self) { _ = try Recurrence(rule) }
        #expect(fault?.message.contains(message) == true, "\(fault?.message ?? "")")
    }
}
