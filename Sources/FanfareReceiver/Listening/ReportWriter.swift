import NIOCore
import NIOHTTP1

/// Writes what a listening session says, as text or as JSON Lines.
struct ReportWriter: Sendable {
    let json: Bool

    func started(host: String, port: Int) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return json
            ? "{\"listening\":\"http://\(name):\(port)\",\"port\":\(port)}\n"
            : "listening on http://\(name):\(port)\n"
    }

    /// - Parameter time: Nanoseconds since 1970.
    func request(
        _ request: ReceivedRequest,
        status: Int,
        check: SignatureCheck?,
        isRepeat: Bool,
        time: Int64
    ) -> String {
        let bytes = request.body.readableBytes
        guard json else {
            var line = "\(Self.timeOfDay(time)) \(request.method.rawValue) \(Self.shown(request.target)) → \(status), "
            line += "\(bytes) bytes, \(request.webhookID.map(Self.shown) ?? "no webhook-id")"
            if isRepeat { line += ", again" }
            switch check {
            case .good: line += ", signature good"
            case .bad(let reason): line += ", signature bad: \(reason)"
            case nil: break
            }
            return line + "\n"
        }
        var line = "{\"time_ms\":\(time / 1_000_000),\"method\":\(Self.quoted(request.method.rawValue))"
        line += ",\"target\":\(Self.quoted(request.target)),\"status\":\(status),\"body_bytes\":\(bytes)"
        line += ",\"webhook_id\":\(request.webhookID.map(Self.quoted) ?? "null"),\"repeat\":\(isRepeat)"
        switch check {
        case .good: line += ",\"signature\":\"good\""
        case .bad(let reason): line += ",\"signature\":\"bad\",\"reason\":\(Self.quoted(reason))"
        case nil: break
        }
        return line + "}\n"
    }

    /// - Parameter perSecond: Requests that came within the last second.
    func running(_ counts: ReceiverCounts, perSecond: Int) -> String {
        guard !json else { return "{\(Self.members(counts)),\"per_second\":\(perSecond)}\n" }
        return "\(Self.grouped(counts.requests)) requests, \(Self.grouped(counts.distinctIDs)) ids, "
            + "\(Self.grouped(counts.repeats)) repeats, \(Self.grouped(counts.badSignatures)) bad signatures, "
            + "\(Self.grouped(perSecond))/s"
    }

    func summary(_ counts: ReceiverCounts, seconds: Double, connections: Int) -> String {
        let milliseconds = Int(seconds * 1000)
        guard !json else {
            return "{\"summary\":{\(Self.members(counts)),\"busiest_second\":\(counts.busiestSecond)"
                + ",\"connections\":\(connections),\"duration_ms\":\(milliseconds)}}\n"
        }
        let answers = zip(["1xx", "2xx", "3xx", "4xx", "5xx"], counts.answersByClass).filter { $0.1 > 0 }
            .map { "\($0.0) \(Self.grouped($0.1))" }
        return """

            requests        \(Self.grouped(counts.requests))
            webhook-ids     \(Self.grouped(counts.distinctIDs))
            repeats         \(Self.grouped(counts.repeats))
            without an id   \(Self.grouped(counts.withoutID))
            bad signatures  \(Self.grouped(counts.badSignatures))
            answers         \(answers.isEmpty ? "none" : answers.joined(separator: ", "))
            body bytes      \(Self.grouped(counts.bodyBytes))
            busiest second  \(Self.grouped(counts.busiestSecond)) requests
            connections     \(Self.grouped(connections))
            listened for    \(milliseconds / 1000).\(milliseconds / 100 % 10) s

            """
    }

    private static func members(_ counts: ReceiverCounts) -> String {
        let classes = zip(1..., counts.answersByClass).map { "\"\($0.0)xx\":\($0.1)" }.joined(separator: ",")
        return "\"requests\":\(counts.requests),\"distinct_ids\":\(counts.distinctIDs),\"repeats\":\(counts.repeats)"
            + ",\"without_id\":\(counts.withoutID),\"bad_signatures\":\(counts.badSignatures)"
            + ",\"body_bytes\":\(counts.bodyBytes),\"answers\":{\(classes)}"
    }

    /// Digits in groups of three: 12,345.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).enumerated() {
            if index > 0, (String(number).count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// What a peer sent, fit for a terminal: control characters are shown as `?`.
    static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 })
        )
    }

    /// A JSON string (RFC 8259 §7).
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\0"..<" ":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Hours, minutes, seconds and milliseconds in UTC.
    static func timeOfDay(_ nanoseconds: Int64) -> String {
        let milliseconds = nanoseconds / 1_000_000 % 86_400_000
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return padded(milliseconds / 3_600_000, 2) + ":" + padded(milliseconds / 60_000 % 60, 2) + ":"
            + padded(milliseconds / 1000 % 60, 2) + "." + padded(milliseconds % 1000, 3)
    }
}
