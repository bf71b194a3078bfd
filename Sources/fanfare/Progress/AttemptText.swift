import Fanfare
import Foundation

/// One attempt of a delivery for a person or a program.
struct AttemptText: Encodable {
    private let attempt: AttemptRow

    init(_ attempt: AttemptRow) { self.attempt = attempt }

    private enum Key: String, CodingKey {
        case number, at, status, reason, reason_code, curl_code, os_error, connected_ms, secured_ms, first_byte_ms
        case total_ms, response
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(attempt.number, forKey: .number)
        try container.encode(time, forKey: .at)
        try container.encodeIfPresent(Self.known(attempt.status), forKey: .status)
        try container.encodeIfPresent(attempt.reasonText, forKey: .reason)
        try container.encodeIfPresent(attempt.reason?.name, forKey: .reason_code)
        try container.encodeIfPresent(Self.known(attempt.curlCode), forKey: .curl_code)
        try container.encodeIfPresent(Self.known(attempt.osError), forKey: .os_error)
        try container.encodeIfPresent(Self.milliseconds(attempt.connectedMicroseconds), forKey: .connected_ms)
        try container.encodeIfPresent(Self.milliseconds(attempt.securedMicroseconds), forKey: .secured_ms)
        try container.encodeIfPresent(Self.milliseconds(attempt.firstByteMicroseconds), forKey: .first_byte_ms)
        try container.encodeIfPresent(Self.milliseconds(attempt.totalMicroseconds), forKey: .total_ms)
        if !attempt.response.isEmpty { try container.encode(attempt.response, forKey: .response) }
    }

    /// What happened, and below it the beginning of the answer.
    var lines: String {
        let points: [(String, Int64)] = [
            ("connected", attempt.connectedMicroseconds), ("TLS", attempt.securedMicroseconds),
            ("first byte", attempt.firstByteMicroseconds), ("in all", attempt.totalMicroseconds),
        ]
        let times = points.filter { $0.1 > 0 }
            .map { "\($0.0) \(HumanText.duration(.microseconds($0.1)))" }.joined(separator: ", ")
        let what = attempt.reasonText ?? "accepted with status \(attempt.status)"
        let system = attempt.osError == 0 ? "" : " (\(String(cString: strerror(Int32(attempt.osError)))))"
        var text = "  \(attempt.number). \(time)  \(what)\(system)" + (times.isEmpty ? "" : "  [\(times)]") + "\n"
        if !attempt.response.isEmpty { text += "     \(attempt.response)\n" }
        return text
    }

    private var time: String {
        Date(timeIntervalSince1970: TimeInterval(attempt.endedAt)).formatted(.iso8601)
    }

    private static func known(_ number: Int) -> Int? { number == 0 ? nil : number }
    private static func milliseconds(_ number: Int64) -> Double? { number == 0 ? nil : Double(number) / 1000 }
}
