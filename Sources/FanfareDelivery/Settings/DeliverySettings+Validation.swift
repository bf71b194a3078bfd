/// One thing that is wrong with delivery settings.
public struct SettingsProblem: Sendable, Hashable {
    /// The key of the job file, such as `max_in_flight` or `canary.proceed_at`.
    public var key: String
    /// The value seen.
    public var seen: String
    /// What is accepted.
    public var accepted: String

    /// One line for people.
    public var message: String { "\(key): \(seen) is not accepted; \(accepted)" }
}

/// Delivery settings that cannot be used.
public struct InvalidDeliverySettings: Error, Sendable, Hashable, CustomStringConvertible {
    /// Everything that is wrong, in the order of the keys; never empty.
    public var problems: [SettingsProblem]

    /// One line per problem.
    public var description: String { problems.map(\.message).joined(separator: "\n") }
}

extension DeliverySettings {
    /// Everything that is wrong with the settings, in the order of the keys; empty: they are valid.
    public var problems: [SettingsProblem] {
        var list: [SettingsProblem] = []
        func check(_ good: Bool, _ key: String, _ seen: @autoclosure () -> String, _ accepted: String) {
            if !good { list.append(SettingsProblem(key: key, seen: seen(), accepted: accepted)) }
        }
        check(1...65_536 ~= maxInFlight, "max_in_flight", "\(maxInFlight)", "1 to 65536")
        if let rate = ratePerSecond {
            check(0.001...1_000_000 ~= rate, "rate", "\(rate)/s", "0.001/s to 1000000/s")
        }
        check(.milliseconds(1) ... .seconds(3600) ~= timeout, "timeout", "\(timeout.inLargestUnit)", "1ms to 1h")
        check(.seconds(1) ... .seconds(30 * 86_400) ~= deadline, "deadline", "\(deadline.inLargestUnit)", "1s to 30d")
        if let stopAfter {
            check(
                .seconds(1) ... .seconds(365 * 86_400) ~= stopAfter,
                "stop_after",
                "\(stopAfter.inLargestUnit)",
                "1s to 365d"
            )
        }
        check(retries.count <= 50, "retries", "\(retries.count) entries", "at most 50 entries")
        for wait in retries where !(.zero ... .seconds(7 * 86_400) ~= wait) {
            check(false, "retries", "\(wait.inLargestUnit)", "waits of 0s to 7d")
        }
        let sum = retries.reduce(Duration.zero, +)
        check(
            deadline >= sum,
            "deadline",
            "\(deadline.inLargestUnit)",
            "at least \(sum.inLargestUnit), which the retries take together: raise it, or shorten the retries"
        )
        for status in (retryOn ?? []).sorted() where !(300...599 ~= status) {
            check(false, "retry_on", "\(status)", "statuses from 300 to 599 (1xx is not an answer, 2xx is delivered)")
        }
        if let canary {
            check(canary.contacts >= 1, "canary.contacts", "\(canary.contacts)", "from 1")
            check(0...1 ~= canary.proceedAt, "canary.proceed_at", percent(canary.proceedAt), "0% to 100%")
        }
        return list
    }

    /// The settings, if they are valid.
    ///
    /// - Throws: ``InvalidDeliverySettings`` with every problem.
    public func validated() throws(InvalidDeliverySettings) -> DeliverySettings {
        let found = problems
        if !found.isEmpty { throw InvalidDeliverySettings(problems: found) }
        return self
    }
}

/// A share as a percentage, with at most one decimal.
private func percent(_ share: Double) -> String {
    let tenths = (share * 1000).rounded()
    if !tenths.isFinite { return "\(share)" }
    let whole = (tenths / 10).rounded(.towardZero)
    return tenths == whole * 10 ? "\(Int(clamping: whole))%" : "\(tenths / 10)%"
}

extension Int {
    fileprivate init(clamping value: Double) {
        self = value >= 9e18 ? .max : value <= -9e18 ? .min : Int(value)
    }
}

extension Duration {
    /// As a job file spells it, in the largest unit that it is a whole number of: `500ms`, `90s`, `2h`.
    fileprivate var inLargestUnit: String {
        let (seconds, attoseconds) = components
        if attoseconds != 0 { return "\(Double(seconds) * 1000 + Double(attoseconds) / 1e15)ms" }
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)]
        where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
