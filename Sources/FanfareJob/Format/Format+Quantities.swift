extension Format where Value == Duration {
    /// A length of time: `500ms`, `10s`, `1h30m`.
    static func duration(_ range: ClosedRange<Duration>) -> Format {
        let accepted =
            "a duration such as 500ms, 10s or 1h30m, "
            + "\(range.lowerBound.jobText) … \(range.upperBound.jobText)"
        return .text(
            accepted,
            pattern: DurationText.pattern,
            length: 1...40,
            suggestion: { DurationText.suggestion(for: $0, within: range) }
        ) { text in
            DurationText.read(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Format where Value == Double {
    /// Events per second: `5000/s`, `300/min`, `100/h`; from 0.001 to a million a second.
    static var rate: Format {
        .text(
            "a rate such as 5000/s, 300/min or 100/h, 0.001/s … 1000000/s",
            pattern: #"^[0-9]+(\.[0-9]+)?/(s|min|h)$"#,
            length: 3...40,
            suggestion: { $0.isJSONNumber ? "write `\($0)/s`" : nil },
            make: RateText.read
        )
    }

    /// A share: `99%`, `99.5%`; read as 0 … 1.
    static var percent: Format {
        .text(
            "a share such as 99% or 99.5%, 0% … 100%",
            pattern: #"^[0-9]{1,3}(\.[0-9]{1,4})?%$"#,
            length: 2...9,
            suggestion: { $0.isJSONNumber ? "write `\($0)%`" : nil },
            make: PercentText.read
        )
    }
}

/// Durations as people write them.
package enum DurationText {
    /// Largest unit first, each at most once.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    static let pattern = "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"

    /// The duration that a text such as `1h30m` names; nil for anything else.
    package static func read(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total: Int64 = 0
        var nextUnit = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest[name.endIndex...]
            guard digits.count <= 12, let number = Int64(digits),
                let unit = units[nextUnit...].firstIndex(where: { $0.name == name })
            else { return nil }
            total += number * units[unit].milliseconds
            nextUnit = unit + 1
            guard total < 1 << 50 else { return nil }
        }
        return text.isEmpty ? nil : .milliseconds(total)
    }

    /// For a bare number, and for units that people write where the right one makes it acceptable.
    static func suggestion(for text: String, within range: ClosedRange<Duration>) -> String? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 12 else { return nil }
        let unit: String
        switch text.dropFirst(digits.count).lowercased().filter({ $0 != " " }) {
        case "": return "add a unit: `\(digits)s`"
        case "s", "sec", "secs", "second", "seconds": unit = "s"
        case "m", "min", "mins", "minute", "minutes": unit = "m"
        case "h", "hr", "hrs", "hour", "hours": unit = "h"
        case "d", "day", "days": unit = "d"
        case "msec", "millis", "milliseconds": unit = "ms"
        default: return nil
        }
        let text = "\(digits)\(unit)"
        guard let duration = read(text), range.contains(duration) else { return nil }
        return "write `\(text)`"
    }

    static func write(_ duration: Duration) -> String {
        var rest = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

extension Duration {
    /// The duration as a job file writes it, to the millisecond.
    var jobText: String { DurationText.write(self) }
}

enum RateText {
    private static let units: [(name: Substring, seconds: Double)] = [("s", 1), ("min", 60), ("h", 3600)]

    /// Per second; nil: not a rate, or less than 0.001 or more than a million a second.
    @Sendable static func read(_ text: String) -> Double? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = parts[0].unsignedDecimal,
            let unit = units.first(where: { $0.name == parts[1] })
        else { return nil }
        let rate = number / unit.seconds
        return rate >= 0.001 && rate <= 1_000_000 ? rate : nil
    }

    static func write(_ perSecond: Double) -> String { perSecond.shortest + "/s" }
}

enum PercentText {
    /// The share that is nearest to the number written; nil: not a percentage of at most four decimals.
    @Sendable static func read(_ text: String) -> Double? {
        let number = text.dropLast()
        let decimals = number.split(separator: ".").dropFirst().first?.count ?? 0
        guard text.last == "%", decimals <= 4, let percent = number.unsignedDecimal, percent <= 100 else { return nil }
        // Dividing would round a second time.
        return Double(number + "e-2")
    }

    /// - Parameter share: 0 … 1.
    static func write(_ share: Double) -> String {
        for scale in [1.0, 10, 100, 1000, 10_000] {
            let text = ((share * 100 * scale).rounded() / scale).shortest + "%"
            if read(text) == share { return text }
        }
        return ((share * 1_000_000).rounded() / 10_000).shortest + "%"
    }
}

extension Double {
    /// As few digits as tell it from its neighbours; whole numbers without a point.
    var shortest: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Substring {
    /// Digits with at most one point between them.
    fileprivate var unsignedDecimal: Double? {
        guard utf8.count <= 24, first != "-", String(self).isPlainDecimal else { return nil }
        return Double(self)
    }
}

extension String {
    private var parts: [Substring] { split(separator: ".", omittingEmptySubsequences: false) }

    fileprivate var isPlainDecimal: Bool {
        parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
    }
}
