public import FanfareDelivery
import FanfarePayload

/// Words that should change settings and cannot.
public struct InvalidSettingsWords: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, one sentence for each word; never empty.
    public var problems: [String]

    /// One line per problem.
    public var description: String { problems.joined(separator: "\n") }
}

extension SettingsChange {
    /// What can be changed, by its key in a job file.
    public enum Key: String, Sendable, Hashable, CaseIterable {
        /// Requests started in a time.
        case rate
        /// Requests in flight at a time.
        case maxInFlight = "max_in_flight"
        /// One delivery, from its first attempt.
        case deadline

        /// What may follow it.
        fileprivate var accepted: String {
            switch self {
            case .rate: "a rate such as 5000/s, 300/min or 100/h, 0.001/s … 1000000/s, or none"
            case .maxInFlight: "a whole number, 1 … 65536"
            case .deadline: "a duration such as 90s, 10m or 1h30m, 1s … 30d"
            }
        }

        /// What it is in some settings, as a job file writes it.
        public func text(in settings: DeliverySettings) -> String {
            switch self {
            case .rate: settings.ratePerSecond.map(RateText.write) ?? "none"
            case .maxInFlight: String(settings.maxInFlight)
            case .deadline: settings.deadline.jobText
            }
        }
    }

    /// What it changes.
    public var keys: [Key] {
        Key.allCases.filter { key in
            switch key {
            case .rate: rate != nil
            case .maxInFlight: maxInFlight != nil
            case .deadline: deadline != nil
            }
        }
    }

    /// Reads words such as `rate=100/s`, `max_in_flight=200` and `deadline=2h`; `rate=none` lifts the limit.
    ///
    /// - Throws: `InvalidSettingsWords` with all that is wrong.
    public init(words: [String]) throws(InvalidSettingsWords) {
        self.init()
        var problems: [String] = []
        for word in words {
            if let problem = take(word) { problems.append(problem) }
        }
        if words.isEmpty { problems.append("nothing is to be set; what can be set is \(Self.keyList)") }
        if !problems.isEmpty { throw InvalidSettingsWords(problems: problems) }
    }

    private static var keyList: String {
        "rate=RATE (or none), max_in_flight=NUMBER and deadline=DURATION"
    }

    /// - Returns: What is wrong with the word; nil: it was taken.
    private mutating func take(_ word: String) -> String? {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let key = Key(rawValue: parts[0]) else {
            let near = nearestName(to: parts[0], among: Key.allCases.map(\.rawValue))
            let hint = near.map { "; did you mean \"\($0)\"?" } ?? "; what can be set is \(Self.keyList)"
            return "\"\(parts[0])\" cannot be set while a fan-out runs\(hint)"
        }
        guard parts.count == 2 else { return "\(key.rawValue): a value is missing; write \(key.rawValue)=…" }
        if keys.contains(key) { return "\(key.rawValue) is given twice" }
        guard take(parts[1], for: key) else {
            return "\(key.rawValue): \"\(parts[1])\" is not \(key.accepted)" + Self.hint(parts[1], for: key)
        }
        return nil
    }

    private mutating func take(_ text: String, for key: Key) -> Bool {
        switch key {
        case .rate: rate = text == "none" ? .unlimited : RateText.read(text).map { .perSecond($0) }
        case .maxInFlight: maxInFlight = text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
        case .deadline: deadline = DurationText.read(text)
        }
        // The ranges are the settings' own.
        return keys.contains(key) && problems.isEmpty
    }

    /// For a bare number.
    private static func hint(_ text: String, for key: Key) -> String {
        guard let number = Double(text), number > 0 else { return "" }
        switch key {
        case .rate: return "; write rate=\(text)/s"
        case .deadline: return "; write deadline=\(text)s"
        case .maxInFlight: return ""
        }
    }
}
