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

    static let keys = [at.description, timeZone.description]

    static let format = Format<Schedule>.section("the schedule", keys: keys, mayBeEmpty: true) { section, reading in
        let at = section.value(Self.at, &reading)
        let zone = section.value(Self.timeZone, &reading)
        return Schedule(at: at, timeZone: zone ?? machineTimeZone(reading.variable("TZ")))
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
