import Fanfare
import FanfareTesting

/// Settings under which a test's receiver is met at once and tried again without waiting.
func quickSettings(_ change: (inout DeliverySettings) -> Void = { _ in }) -> DeliverySettings {
    var settings = DeliverySettings()
    settings.concurrency = .fixed
    settings.maxInFlight = 8
    settings.retries = [.zero, .zero]
    change(&settings)
    return settings
}

extension Deliverer {
    /// A deliverer to a receiver on loopback.
    convenience init(
        _ receiver: ScriptedReceiver,
        _ settings: DeliverySettings = quickSettings(),
        window: Int? = nil,
        signing secret: Secret? = nil
    ) throws {
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        try self.init(
            to: receiver.url("/hook"),
            signing: secret,
            settings: settings,
            configuration: .init(window: window, egress: egress)
        )
    }
}

/// Numbered requests: `r1`, `r2`, … with their number as body.
func numbered(_ count: Int) -> [Deliverer.Request] {
    (0..<count).map { Deliverer.Request(id: "r\($0 + 1)", text: "\($0 + 1)") }
}

/// Reads outcomes to their end.
///
/// - Returns: The outcomes, and what was thrown after them.
func readAll(_ outcomes: Deliverer.Outcomes) async -> (outcomes: [Deliverer.Outcome], error: (any Error)?) {
    var list: [Deliverer.Outcome] = []
    do {
        for try await outcome in outcomes { list.append(outcome) }
        return (list, nil)
    } catch {
        return (list, error)
    }
}
