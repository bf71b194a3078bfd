/// What an operator changes of a fan-out's settings while it runs. A part that is nil stays as it is.
public struct SettingsChange: Sendable, Hashable {
    /// Requests started per second at most.
    public enum Rate: Sendable, Hashable {
        /// No limit.
        case unlimited
        /// So many.
        case perSecond(Double)
    }

    /// The rate.
    public var rate: Rate?
    /// Requests in flight at most.
    public var maxInFlight: Int?
    /// One delivery, from its first attempt, in lane time; also of deliveries that have begun.
    public var deadline: Duration?

    /// - Parameters: see the properties of the same names.
    public init(rate: Rate? = nil, maxInFlight: Int? = nil, deadline: Duration? = nil) {
        self.rate = rate
        self.maxInFlight = maxInFlight
        self.deadline = deadline
    }

    /// It changes nothing.
    public var isEmpty: Bool { self == SettingsChange() }

    /// The settings with the change; they may be invalid (``DeliverySettings/problems``).
    public func applied(to settings: DeliverySettings) -> DeliverySettings {
        var settings = settings
        switch rate {
        case .none: break
        case .unlimited: settings.ratePerSecond = nil
        case .perSecond(let rate): settings.ratePerSecond = rate
        }
        if let maxInFlight { settings.maxInFlight = maxInFlight }
        if let deadline { settings.deadline = deadline }
        return settings
    }

    /// This change and a later one, which wins where both say something.
    public func followed(by later: SettingsChange) -> SettingsChange {
        SettingsChange(
            rate: later.rate ?? rate,
            maxInFlight: later.maxInFlight ?? maxInFlight,
            deadline: later.deadline ?? deadline
        )
    }

    /// What is wrong with it whatever the other settings are; empty: it may be valid.
    public var problems: [SettingsProblem] {
        var others = DeliverySettings()
        // A deadline is held against the retries, which are the job's.
        others.retries = []
        return applied(to: others).problems
    }
}

extension SettingsChange: Codable {
    private enum CodingKeys: String, CodingKey {
        case rate = "rate_per_second"
        case maxInFlight = "max_in_flight"
        case deadline = "deadline_ms"
    }

    /// Reads `rate_per_second` (0: no limit), `max_in_flight` and `deadline_ms`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let rate = try values.decodeIfPresent(Double.self, forKey: .rate)
        self.init(
            rate: rate.map { $0 == 0 ? .unlimited : .perSecond($0) },
            maxInFlight: try values.decodeIfPresent(Int.self, forKey: .maxInFlight),
            deadline: try values.decodeIfPresent(Int64.self, forKey: .deadline).map { .milliseconds($0) }
        )
    }

    /// Writes what ``init(from:)`` reads.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch rate {
        case .none: break
        case .unlimited: try values.encode(0, forKey: .rate)
        case .perSecond(let rate): try values.encode(rate, forKey: .rate)
        }
        try values.encodeIfPresent(maxInFlight, forKey: .maxInFlight)
        try values.encodeIfPresent(deadline.map { Int64($0 / .milliseconds(1)) }, forKey: .deadline)
    }
}
