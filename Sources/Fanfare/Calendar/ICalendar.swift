import FanfarePayload

/// Writes calendar entries as iCalendar (RFC 5545), for calendar programs that subscribe to them.
///
/// Tasks are VTODOs, which are due at their time; all else is a VEVENT. Times are in UTC: a calendar program shows them in
/// its user's zone, and no definitions of zones are needed. One entry for each time of what comes again, as each has a
/// state of its own.
public struct ICalendar: Sendable {
    /// The media type of what is written.
    public static let mediaType = "text/calendar; charset=utf-8"

    /// As calendar programs call it.
    public var name: String
    /// Names of audiences by their ids, for descriptions; those that are not there are left out.
    public var audienceNames: [String: String]

    /// - Parameters: see the properties of the same names.
    public init(name: String, audienceNames: [String: String] = [:]) {
        (self.name, self.audienceNames) = (name, audienceNames)
    }

    /// How often programs should look again, as they understand it.
    private static let interval = "PT15M"

    /// The whole calendar, UTF-8.
    ///
    /// - Returns: For the same entries the same bytes.
    public func bytes(of entries: [CalendarEntry]) -> [UInt8] {
        var lines = ContentLines()
        lines.add("BEGIN", "VCALENDAR")
        lines.add("VERSION", "2.0")
        lines.add("PRODID", "-//Fanfare//Fanfare//EN")
        lines.add("CALSCALE", "GREGORIAN")
        lines.add("METHOD", "PUBLISH")
        lines.add("NAME", text: name)
        lines.add("X-WR-CALNAME", text: name)
        lines.add("REFRESH-INTERVAL;VALUE=DURATION", Self.interval)
        lines.add("X-PUBLISHED-TTL", Self.interval)
        for entry in entries { write(entry, to: &lines) }
        lines.add("END", "VCALENDAR")
        return lines.bytes
    }

    private func write(_ entry: CalendarEntry, to lines: inout ContentLines) {
        let component = entry.kind == .task ? "VTODO" : "VEVENT"
        lines.add("BEGIN", component)
        lines.add("UID", text: entry.uid)
        lines.add("DTSTAMP", Self.utc(entry.updated))
        lines.add("LAST-MODIFIED", Self.utc(entry.updated))
        lines.add("SEQUENCE", String(entry.sequence))
        lines.add("SUMMARY", text: entry.title)
        lines.add("DESCRIPTION", text: description(of: entry))
        lines.add("CATEGORIES", texts: [entry.kind.rawValue] + [entry.campaign?.name].compactMap(\.self))
        if entry.kind == .task {
            lines.add("DUE", Self.utc(entry.startsAt))
            lines.add("STATUS", Self.taskStatus(of: entry.state))
            if entry.state == "complete" { lines.add("COMPLETED", Self.utc(entry.updated)) }
        } else {
            lines.add("DTSTART", Self.utc(entry.startsAt))
            // Without one it is a moment.
            if let minutes = entry.minutes, minutes > 0 { lines.add("DURATION", "PT\(minutes)M") }
            lines.add("STATUS", Self.eventStatus(of: entry.state))
            // Nobody is busy meanwhile.
            lines.add("TRANSP", "TRANSPARENT")
        }
        lines.add("X-FANFARE-STATE", text: entry.state)
        lines.add("END", component)
    }

    private func description(of entry: CalendarEntry) -> String {
        var lines = ["\(entry.kind.rawValue), \(entry.state.replacing("_", with: " "))", entry.localText]
        if let campaign = entry.campaign { lines.append("Campaign: \(campaign.name)") }
        if let audience = entry.audience, let name = audienceNames[audience] { lines.append("Audience: \(name)") }
        return lines.joined(separator: "\n")
    }

    private static func taskStatus(of state: String) -> String {
        switch state {
        case "complete": "COMPLETED"
        case "in_progress": "IN-PROCESS"
        case "cancelled": "CANCELLED"
        default: "NEEDS-ACTION"
        }
    }

    private static func eventStatus(of state: String) -> String {
        switch state {
        // Neither comes, or came, unless somebody sees to it.
        case "draft", "held": "TENTATIVE"
        case "cancelled", "missed": "CANCELLED"
        default: "CONFIRMED"
        }
    }

    /// `20261127T080000Z`.
    private static func utc(_ unixSeconds: Int64) -> String {
        let moment = UTCText(unixSeconds)
        return moment.day.replacing("-", with: "") + "T" + moment.time.replacing(":", with: "") + "Z"
    }
}

/// Content lines of iCalendar (RFC 5545, 3.1): each ends with CRLF and is folded before its 76th octet, never within a
/// character.
struct ContentLines {
    /// Octets of a line at most, without its end.
    static let width = 75

    private(set) var bytes: [UInt8] = []

    /// Adds a line whose value needs no escapes.
    ///
    /// - Parameters:
    ///   - name: The property's, with its parameters.
    ///   - value: As it stands there.
    mutating func add(_ name: String, _ value: String) {
        var column = 0
        var line = "\(name):\(value)"
        line.withUTF8 { line in
            var index = 0
            while index < line.count {
                var end = index + 1
                while end < line.count, line[end] & 0xC0 == 0x80 { end += 1 }
                if column + end - index > Self.width {
                    bytes += "\r\n ".utf8
                    column = 1
                }
                bytes += line[index..<end]
                column += end - index
                index = end
            }
        }
        bytes += "\r\n".utf8
    }

    /// Adds a line whose value is TEXT (3.3.11).
    mutating func add(_ name: String, text: String) { add(name, Self.escaped(text)) }

    /// Adds a line whose value is several TEXTs.
    mutating func add(_ name: String, texts: [String]) {
        add(name, texts.map(Self.escaped).joined(separator: ","))
    }

    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": escaped.append(contentsOf: ["\\", scalar])
            // CRLF is one end of a line.
            case "\n" where isAfterReturn: break
            case "\n", "\r": escaped.append(contentsOf: ["\\", "n"])
            case "\t": escaped.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}": escaped.append(" ")
            default: escaped.append(scalar)
            }
            isAfterReturn = scalar == "\r"
        }
        return String(escaped)
    }
}
