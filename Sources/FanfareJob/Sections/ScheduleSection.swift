import FanfareDelivery
import FanfarePayload
import Foundation

/// The keys of `schedule`.
enum ScheduleSection {
    static let at = Key<Schedule.LocalTime>(
        "at",
        .text(
            "a local date and time such as 2026-11-27 09:00",
            pattern: Schedule.LocalTime.pattern,
            length: 1...40,
            suggestion: suggestion(for:)
        ) { Schedule.LocalTime($0) },
        "When the job starts, as a clock in time_zone shows it. Without it: at once."
    )
    static let timeZone = Key<String>(
        "time_zone",
        .timeZone,
        "The IANA name of a time zone, for `at` and for dates in merge tags. Without it: the machine's."
    )

    static let window = Key<SendWindow>(
        "window",
        WindowSection.format,
        "The hours and days of the week in which it may send; outside them it waits, and goes on by itself. Without it: "
            + "always."
    )

    static let batches = Key<Schedule.Batches>(
        "batches",
        BatchesSection.format,
        "Parts of one size that begin one after the other. Without it: all at once."
    )

    static let recurrence = Key<Recurrence>(
        "repeat",
        .recurrence,
        "By which rule (RFC 5545) fanfare schedule plans it again, from `at` on; each time is a run of its own. Without "
            + "it: it goes once."
    )

    static let localTime = Key<Schedule.Past>(
        "local_time",
        LocalTimeSection.format,
        "Each contact gets it when clocks in its own zone show `at`, from UTC+14 westward; contacts whose zone is not "
            + "known go by time_zone. Without it: all at the same moment."
    )

    static let startWithin = Key<Duration>(
        "start_within",
        .duration(.seconds(60)...(.seconds(30 * 86_400))),
        default: "1h",
        "How late fanfare serve may start a job whose time came while it was down; later than that the start is missed, "
            + "and nothing is sent."
    )

    static let keys = [
        at.description, timeZone.description, recurrence.description, localTime.description, startWithin.description,
        window.description,
        batches.description,
    ]

    static let format = Format<Schedule>.section("the schedule", keys: keys, mayBeEmpty: true) { section, reading in
        let at = section.value(Self.at, &reading)
        let zone = section.value(Self.timeZone, &reading)
        let startWithin = section.value(Self.startWithin, &reading)
        let window = section.value(Self.window, &reading)
        let batches = section.value(Self.batches, &reading)
        var schedule = Schedule(
            at: at,
            timeZone: zone ?? machineTimeZone(reading.variable("TZ")),
            window: window,
            batches: batches
        )
        if let startWithin { schedule.startWithin = startWithin }
        if let recurrence = section.value(Self.recurrence, &reading) {
            schedule.recurrence = recurrence
            if schedule.firstTime == nil {
                reading.report(
                    .badValue,
                    at: section.place(Self.recurrence),
                    at == nil
                        ? "there is no time for `schedule.repeat` to begin with" : "`schedule.repeat` never comes",
                    accepted: at == nil ? "`schedule.at`" : "a rule that comes at or after `schedule.at`"
                )
            }
        }
        if let localTime = section.value(Self.localTime, &reading) {
            schedule.localTime = localTime
            let place = section.place(Self.localTime)
            if at == nil {
                reading.report(
                    .badValue,
                    at: place,
                    "there is no time for `schedule.local_time`",
                    accepted: "`schedule.at`"
                )
            } else if batches != nil {
                reading.report(
                    .badValue,
                    at: place,
                    "`schedule.local_time` stands beside `schedule.batches`",
                    accepted: "one of the two"
                )
            }
        }
        return schedule
    }

    /// The zone of `TZ`, else the one the machine is set to, else UTC.
    static func machineTimeZone(_ variable: String?) -> String {
        let names = [variable, TimeZone.current.identifier].compactMap { $0 }
        return names.first(where: TimeZoneNames.isKnown) ?? "UTC"
    }

    @Sendable private static func suggestion(for text: String) -> String? {
        if text.hasSuffix("Z") || text.dropFirst(11).contains(where: { "+-".contains($0) }) {
            return "write the local time, and the zone as time_zone"
        }
        return text.count == 10 && Schedule.LocalTime(text + " 00:00") != nil ? "add a time: `\(text) 09:00`" : nil
    }
}

/// The keys of `schedule.local_time`.
enum LocalTimeSection {
    static let past = Key<Schedule.Past>(
        "past",
        .word(),
        required: true,
        "What becomes of a contact for whom the time is past when the job is begun: nothing is sent, or it is sent at once."
    )

    static let keys = [past.description]

    static let format = Format<Schedule.Past>.section("local time", keys: keys) { section, reading in
        section.value(past, &reading)
    }
}

/// The keys of `schedule.batches`.
enum BatchesSection {
    static let count = Key<Int>("count", .integer(2...1000), required: true, "How many.")
    static let delay = Key<Duration>(
        "delay",
        .duration(.seconds(1)...(.seconds(7 * 86_400))),
        required: true,
        "From the start of one to that of the next, in whole seconds."
    )

    static let keys = [count.description, delay.description]

    static let format = Format<Schedule.Batches>.section("batches", keys: keys) { section, reading in
        let count = section.value(Self.count, &reading)
        guard let delay = section.value(Self.delay, &reading), let count else { return nil }
        guard delay.components.attoseconds == 0 else {
            reading.report(
                .badValue,
                at: section.place(Self.delay),
                "`\(reading.path.dotted).delay` is \(delay.jobText)",
                accepted: "whole seconds"
            )
            return nil
        }
        return Schedule.Batches(count: count, delay: delay)
    }
}

/// The keys of `schedule.window`.
enum WindowSection {
    static let days = Key<[SendWindow.Day]>(
        "days",
        list(of: .word(), "a list of days such as [mon, tue, wed, thu, fri]", count: 1...7),
        "The days on which it opens. Without it: every day."
    )
    static let from = Key<Int>(
        "from",
        clock(upTo: 23),
        default: "00:00",
        "When it opens, as a clock in time_zone shows it."
    )
    static let to = Key<Int>(
        "to",
        clock(upTo: 24),
        default: "24:00",
        "When it closes: the next day, where that is not later than `from`."
    )

    static let keys = [days.description, from.description, to.description]

    static let format = Format<SendWindow>.section("a window", keys: keys) { section, reading in
        let days = section.value(Self.days, &reading)
        let from = section.value(Self.from, &reading)
        let to = section.value(Self.to, &reading)
        return SendWindow(
            days: days.map { Set($0) } ?? Set(SendWindow.Day.allCases),
            from: from ?? 0,
            to: to ?? SendWindow.dayLength
        )
    }

    /// A time of day in minutes after midnight.
    ///
    /// - Parameter hour: The last one; 24 is the end of the day alone.
    private static func clock(upTo hour: Int) -> Format<Int> {
        let last = hour == 24 ? "24:00" : "23:59"
        let end = hour == 24 ? "|24:00" : ""
        return .text(
            "a time of day such as 09:00, 00:00 … \(last)",
            pattern: "^(([01][0-9]|2[0-3]):[0-5][0-9]\(end))$",
            length: 5...5
        ) { text in
            let bytes = Array(text.utf8)
            guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
            let digits = [0, 1, 3, 4].map { Int(bytes[$0]) - 48 }
            guard digits.allSatisfy((0...9).contains) else { return nil }
            let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
            guard minutes < 60, hours < 24 || (hour == 24 && hours == 24 && minutes == 0) else { return nil }
            return hours * 60 + minutes
        }
    }
}

extension Format where Value == String {
    /// The IANA name of a time zone.
    static var timeZone: Format {
        .text(
            "the IANA name of a time zone such as Europe/Paris or UTC",
            length: 1...100,
            suggestion: { name in TimeZoneNames.nearest(to: name).map { "did you mean `\($0)`?" } }
        ) { TimeZoneNames.isKnown($0) ? $0 : nil }
    }
}

/// The names of time zones, without abbreviations: `EST` has no summer time, and `IST` is three zones.
enum TimeZoneNames {
    static func isKnown(_ name: String) -> Bool {
        (["UTC", "GMT"].contains(name) || name.contains("/")) && !name.hasPrefix("/")
            && TimeZone(identifier: name) != nil
    }

    static func nearest(to name: String) -> String? {
        let names = TimeZone.knownTimeZoneIdentifiers
        let city = names.first { $0.split(separator: "/").last?.lowercased() == name.lowercased() }
        return city ?? nearestName(to: name, among: names)
    }
}
