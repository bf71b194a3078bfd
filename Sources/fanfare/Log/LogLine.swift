import Foundation
import Logging

/// One line of a log.
struct LogLine {
    let time: Date
    let level: Logger.Level
    let message: String
    let details: Logger.Metadata

    /// Such as `2026-11-27T08:00:00Z warning: receiver is down (reason: status 503)`.
    var text: String {
        let pairs = details.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        return "\(time.formatted(.iso8601)) \(level): \(message)" + (pairs.isEmpty ? "" : " (\(pairs))")
    }

    /// One JSON object: time, level and message first, then the details in the order of their names.
    var json: String {
        var text = "{\"time\":"
        text.appendQuoted(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        text += ",\"level\":"
        text.appendQuoted(level.rawValue)
        text += ",\"message\":"
        text.appendQuoted(message)
        for (key, value) in details.sorted(by: { $0.key < $1.key }) {
            text += ","
            text.appendQuoted(key)
            text += ":"
            text.append(json: value)
        }
        return text + "}"
    }
}

extension String {
    fileprivate mutating func append(json value: Logger.MetadataValue) {
        switch value {
        case .string(let string): appendQuoted(string)
        case .stringConvertible(let convertible): append(json: convertible)
        case .array(let items):
            self += "["
            for (index, item) in items.enumerated() {
                if index > 0 { self += "," }
                append(json: item)
            }
            self += "]"
        case .dictionary(let members):
            self += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { self += "," }
                appendQuoted(member.key)
                self += ":"
                append(json: member.value)
            }
            self += "}"
        }
    }

    private mutating func append(json value: any CustomStringConvertible) {
        switch value {
        case let number as any BinaryInteger: self += String(describing: number)
        // JSON has no other numbers.
        case let number as Double where number.isFinite: self += number.description
        case let truth as Bool: self += truth ? "true" : "false"
        default: appendQuoted(value.description)
        }
    }

    /// In JSON's quotes; what a terminal might obey is escaped as well.
    fileprivate mutating func appendQuoted(_ string: String) {
        self += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\n": self += "\\n"
            default:
                switch scalar.value {
                case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029:
                    let digits = String(scalar.value, radix: 16)
                    self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: unicodeScalars.append(scalar)
                }
            }
        }
        self += "\""
    }
}
