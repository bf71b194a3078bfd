import Fanfare
import FanfareTesting
import Foundation
import Testing

/// Whether Python was left out on purpose.
private let skipsPython = ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1"

@Suite("The calendar as iCalendar")
struct ICalendarTests {
    private static let calendar = ICalendar(name: "Team; calendar", audienceNames: ["aaaaaaaaaa": "customers"])
    /// 2026-11-27 09:00 in Paris.
    private static let moment: Int64 = 1_795_766_400

    private static func entry(
        _ kind: CalendarEntry.Kind,
        _ state: String,
        title: String = "Early access",
        uid: String = "1@here"
    ) -> CalendarEntry {
        CalendarEntry(
            uid: uid,
            kind: kind,
            title: title,
            state: state,
            startsAt: moment,
            timeZone: "Europe/Paris",
            localText: "2026-11-27 09:00 Europe/Paris (UTC+01:00)",
            updated: moment - 60,
            sequence: 3
        )
    }

    private static func text(_ entries: [CalendarEntry]) -> String {
        String(decoding: calendar.bytes(of: entries), as: UTF8.self)
    }

    /// The lines as a reader joins them again.
    private static func unfolded(_ entries: [CalendarEntry]) -> [String] {
        text(entries).replacing("\r\n ", with: "").components(separatedBy: "\r\n")
    }

    @Test("a calendar names itself, and an entry says all that is known of it")
    func whole() {
        var entry = Self.entry(.webhook, "scheduled")
        (entry.minutes, entry.audience) = (90, "aaaaaaaaaa")
        entry.campaign = CalendarEntry.Campaign(id: "bbbbbbbbbb", name: "Spring, sale")
        let lines = Self.unfolded([entry])
        #expect(lines.prefix(2) == ["BEGIN:VCALENDAR", "VERSION:2.0"] && lines.suffix(2) == ["END:VCALENDAR", ""])
        let expected = [
            #"X-WR-CALNAME:Team\; calendar"#, "BEGIN:VEVENT", "UID:1@here", "DTSTAMP:20261127T075900Z",
            "LAST-MODIFIED:20261127T075900Z", "SEQUENCE:3", "SUMMARY:Early access",
            #"CATEGORIES:webhook,Spring\, sale"#,
            #"DESCRIPTION:webhook\, scheduled\n2026-11-27 09:00 Europe/Paris (UTC+01:00)\nCampaign: Spring\, sale"#
                + #"\nAudience: customers"#,
            "DTSTART:20261127T080000Z", "DURATION:PT90M", "STATUS:CONFIRMED", "TRANSP:TRANSPARENT",
            "X-FANFARE-STATE:scheduled", "END:VEVENT",
        ]
        for line in expected { #expect(lines.contains(line), "\(line)") }
    }

    @Test(
        "how it stands, in the words of iCalendar",
        arguments: [
            (CalendarEntry.Kind.webhook, "draft", "TENTATIVE"), (.webhook, "running", "CONFIRMED"),
            (.webhook, "held", "TENTATIVE"), (.job, "missed", "CANCELLED"), (.event, "cancelled", "CANCELLED"),
            (.note, "planned", "CONFIRMED"), (.task, "not_started", "NEEDS-ACTION"),
            (.task, "in_progress", "IN-PROCESS"), (.task, "complete", "COMPLETED"),
        ]
    )
    func states(kind: CalendarEntry.Kind, state: String, status: String) {
        let lines = Self.unfolded([Self.entry(kind, state)])
        #expect(lines.contains("STATUS:\(status)"))
        let isTask = kind == .task
        #expect(lines.contains("BEGIN:VTODO") == isTask && lines.contains("DUE:20261127T080000Z") == isTask)
        #expect(lines.contains("BEGIN:VEVENT") != isTask && lines.contains("DTSTART:20261127T080000Z") != isTask)
        #expect(lines.contains("COMPLETED:20261127T075900Z") == (state == "complete"))
    }

    @Test(
        "lines have at most 75 octets, and no character is cut in two",
        arguments: [
            String(repeating: "a", count: 1000), String(repeating: "é", count: 100), String(repeating: "🎉", count: 100),
            "x" + String(repeating: "漢", count: 99), String(repeating: ",", count: 200),
        ]
    )
    func folding(title: String) throws {
        let bytes = Self.calendar.bytes(of: [Self.entry(.event, "planned", title: title)])
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        for line in lines {
            #expect(line.last == UInt8(ascii: "\r") && line.count <= 76)
            #expect(String(validating: line, as: UTF8.self) != nil)
        }
        let escaped = title.replacing(",", with: #"\,"#)
        #expect(Self.unfolded([Self.entry(.event, "planned", title: title)]).contains("SUMMARY:\(escaped)"))
    }

    @Test("what has a meaning in iCalendar is escaped, and control characters do not stand there")
    func escaping() {
        let title = "a\\b;c,d\ne\r\nf\rg\th\u{0}i\u{7F}j:k\"l"
        let lines = Self.unfolded([Self.entry(.event, "planned", title: title)])
        #expect(lines.contains(#"SUMMARY:a\\b\;c\,d\ne\nf\ng"# + "\t" + #"h i j:k"l"#))
    }

    @Test("the same entries are the same bytes, and none are a calendar too")
    func stable() {
        let entries = [Self.entry(.event, "planned"), Self.entry(.task, "complete", uid: "2@here")]
        #expect(Self.text(entries) == Self.text(entries))
        #expect(Self.unfolded([]).filter { $0.hasPrefix("BEGIN") } == ["BEGIN:VCALENDAR"])
    }

    // MARK: Read by another implementation

    /// Reads a file as PyPI's `icalendar` does.
    private static let script = """
        import json, sys
        from icalendar import Calendar
        calendar = Calendar.from_ical(open(sys.argv[1], "rb").read())
        print(json.dumps([
            {"component": c.name, "uid": str(c["UID"]), "title": str(c["SUMMARY"]), "status": str(c["STATUS"]),
             "starts": int(c.decoded("DUE" if c.name == "VTODO" else "DTSTART").timestamp()),
             "minutes": int(c.decoded("DURATION").total_seconds() // 60) if "DURATION" in c else None,
             "sequence": int(c["SEQUENCE"]), "description": str(c["DESCRIPTION"]),
             "categories": [str(x) for x in c["CATEGORIES"].cats], "errors": [str(e) for e in c.errors]}
            for c in calendar.walk() if c.name in ("VEVENT", "VTODO")]))
        """

    private struct Read: Decodable, Equatable {
        var component: String
        var uid: String
        var title: String
        var status: String
        var starts: Int64
        var minutes: Int?
        var sequence: Int
        var description: String
        var categories: [String]
        var errors: [String]
    }

    @Test(
        "PyPI's icalendar reads the same entries",
        .disabled(if: skipsPython, "FANFARE_SKIP_PYTHON=1"),
        .timeLimit(.minutes(2))
    )
    func python() async throws {
        var entries = [
            Self.entry(.webhook, "scheduled", uid: "a"), Self.entry(.task, "in_progress", uid: "b"),
            Self.entry(.event, "planned", title: "Fête; \\ déjà, vu\nzwei 🎉 \"Zeilen\"", uid: "c"),
            Self.entry(.note, "cancelled", title: String(repeating: "lang & länger, ", count: 40) + ".", uid: "d"),
        ]
        entries[2].minutes = 135
        entries[3].campaign = CalendarEntry.Campaign(id: "bbbbbbbbbb", name: "Spring, sale; more")
        let written = entries
        try await withTemporaryFolder { folder in
            try folder.write(Self.text(written), to: "feed.ics")
            let python = ProcessInfo.processInfo.environment["FANFARE_PYTHON"] ?? "python3"
            let arguments = [python, "-c", Self.script, folder.path("feed.ics")]
            let child = try ChildProcess("/usr/bin/env", arguments, in: folder)
            let result = try await child.wait(within: .seconds(60))
            try #require(
                result.status == 0,
                "python3 with icalendar is needed; FANFARE_SKIP_PYTHON=1 leaves this out: \(result.errors)"
            )
            let read = try JSONDecoder().decode([Read].self, from: Data(result.output.utf8))
            let expected = zip(written, ["CONFIRMED", "IN-PROCESS", "CONFIRMED", "CANCELLED"]).map { entry, status in
                let campaign = entry.campaign.map { "\nCampaign: \($0.name)" } ?? ""
                return Read(
                    component: entry.kind == .task ? "VTODO" : "VEVENT",
                    uid: entry.uid,
                    title: entry.title,
                    status: status,
                    starts: entry.startsAt,
                    minutes: entry.minutes,
                    sequence: 3,
                    description: "\(entry.kind.rawValue), \(entry.state.replacing("_", with: " "))\n\(entry.localText)"
                        + campaign,
                    categories: [entry.kind.rawValue] + [entry.campaign?.name].compactMap(\.self),
                    errors: []
                )
            }
            #expect(read == expected)
        }
    }
}
