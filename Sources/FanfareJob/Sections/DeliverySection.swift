import FanfareDelivery

/// The keys of `delivery`.
enum DeliverySection {
    static let maxInFlight = Key<Int>(
        "max_in_flight",
        .integer(1...65_536),
        default: 2000,
        "Requests in flight at a time, at most."
    )
    static let concurrency = Key<DeliverySettings.Concurrency>(
        "concurrency",
        .word(),
        default: "adaptive",
        "adaptive: starts at 16, grows with good answers up to max_in_flight, halves on 429, 503 and time-outs. "
            + "fixed: max_in_flight from the first moment."
    )
    static let rate = Key<Double>("rate", .rate, "Requests started in a time, at most. Without it: no limit.")
    static let timeout = Key<Duration>(
        "timeout",
        .duration(.milliseconds(1)...(.seconds(3600))),
        default: "10s",
        "One attempt, from its start to the last byte of the answer."
    )
    static let deadline = Key<Duration>(
        "deadline",
        .duration(.seconds(1)...days(30)),
        default: "1h",
        "One delivery, from its first attempt, counting the time in which it may be sent."
    )
    static let stopAfter = Key<Duration>(
        "stop_after",
        .duration(.seconds(1)...days(365)),
        "The whole fan-out, counting the time in which it may send, and that in which the next of schedule.batches is "
            + "waited for; what is left is cancelled. Without it: no limit."
    )
    static let retries = Key<[Duration]>(
        "retries",
        list(of: .duration(.zero...days(7)), "a list of durations such as [5s, 30s, 2m, 10m]", count: 0...50),
        default: ["5s", "30s", "2m", "10m"],
        "The waits before the second, third, … attempt; an empty list: one attempt."
    )
    static let retryOn = Key<[Int]>(
        "retry_on",
        list(of: .integer(300...599), "a list of HTTP statuses such as [429, 502, 503]", count: 0...300),
        "The statuses that are sent again, instead of 408, 409, 425, 429 and 5xx."
    )
    static let whenUncertain = Key<DeliverySettings.WhenUncertain>(
        "when_uncertain",
        .word(),
        default: "resend",
        "What becomes of a delivery that may have reached the receiver or not: resend it with the same id, or hold it."
    )
    static let http = Key<DeliverySettings.HTTPVersion>(
        "http",
        .httpVersion,
        default: .number("1.1"),
        "The HTTP version: 1.1, or 2 for https, which goes back to 1.1 where the receiver does not offer it or fails at it."
    )
    static let canary = Key<DeliverySettings.Canary>(
        "canary",
        CanarySection.format,
        "The first contacts, sent alone; the rest follows only if they went well. Without it: no canary."
    )

    static let keys = [
        maxInFlight.description, concurrency.description, rate.description, timeout.description, deadline.description,
        stopAfter.description, retries.description, retryOn.description, whenUncertain.description, http.description,
        canary.description,
    ]

    static let format = Format<DeliverySettings>.section("the delivery's settings", keys: keys, mayBeEmpty: true) {
        section,
        reading in
        var settings = DeliverySettings()
        settings.maxInFlight = section.value(Self.maxInFlight, &reading) ?? settings.maxInFlight
        settings.concurrency = section.value(Self.concurrency, &reading) ?? settings.concurrency
        settings.ratePerSecond = section.value(Self.rate, &reading)
        settings.timeout = section.value(Self.timeout, &reading) ?? settings.timeout
        settings.deadline = section.value(Self.deadline, &reading) ?? settings.deadline
        settings.stopAfter = section.value(Self.stopAfter, &reading)
        settings.retries = section.value(Self.retries, &reading) ?? settings.retries
        settings.retryOn = section.value(Self.retryOn, &reading).map { Set($0) }
        settings.whenUncertain = section.value(Self.whenUncertain, &reading) ?? settings.whenUncertain
        settings.http = section.value(Self.http, &reading) ?? settings.http
        settings.canary = section.value(Self.canary, &reading)
        return settings
    }

    private static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}

/// The keys of `delivery.canary`.
enum CanarySection {
    static let contacts = Key<Int>("contacts", .integer(1...10_000_000), default: 100, "How many contacts.")
    static let proceedAt = Key<Double>(
        "proceed_at",
        .percent,
        default: "99%",
        "The share of them that must be delivered for the rest to follow."
    )

    static let keys = [contacts.description, proceedAt.description]

    static let format = Format<DeliverySettings.Canary>.section("a canary", keys: keys) { section, reading in
        let contacts = section.value(Self.contacts, &reading) ?? 100
        let proceedAt = section.value(Self.proceedAt, &reading) ?? 0.99
        return DeliverySettings.Canary(contacts: contacts, proceedAt: proceedAt)
    }
}

extension Format where Value == DeliverySettings.HTTPVersion {
    /// `1.1` or `2`, with or without quotes.
    static var httpVersion: Format {
        let words = Value.allCases.map(\.rawValue)
        let accepted = words.joined(separator: " or ")
        let schema = JSONValue.object(["enum": .array(words.flatMap { [JSONValue.number($0), .string($0)] })])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, let version = Value(rawValue: scalar.text) else {
                reading.reportValue(node, accepted: accepted)
                return nil
            }
            return version
        }
    }
}
