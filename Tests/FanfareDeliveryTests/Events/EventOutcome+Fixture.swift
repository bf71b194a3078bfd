@testable import FanfareDelivery

extension EventOutcome {
    /// What became of an event at its first attempt, answered with 200 whatever the state; due again at 30 s.
    static func fixture(
        _ number: Int64,
        _ state: DeliveryState,
        endpoint: String = "a",
        laneSeconds: Int64 = 7,
        failure: Failure? = nil
    ) -> EventOutcome {
        EventOutcome(
            number: number,
            endpoint: endpoint,
            laneSeconds: laneSeconds,
            state: state,
            attempts: 1,
            uncounted: 0,
            firstAt: 0,
            dueAt: 30,
            status: 200,
            reason: nil,
            finishedAt: 1,
            duration: 1,
            failure: failure
        )
    }
}
