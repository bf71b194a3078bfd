/// What one attempt's ending means for its delivery.
///
/// What follows from it is `RetryPolicy`'s to say.
public enum Verdict: Sendable, Hashable {
    /// How long a delivery that is sent again waits for it.
    public enum Wait: Sendable, Hashable {
        /// As long as the retry policy says.
        case backoff
        /// As long as the receiver asks: seconds from now, from 0.
        case retryAfter(Int32)
        /// Not at all, unless it happens again and again: nothing was sent.
        case atOnce
        /// Until the lane sends again: while its breaker is not closed, the breaker's pauses are the wait.
        case untilLaneSends
    }

    /// Accepted: final.
    case delivered
    /// To be sent again. `counted`: it used up one of the delivery's attempts.
    case later(counted: Bool, wait: Wait, Reason)
    /// Refused for good: final.
    case never(Reason)
    /// It may have been accepted; not sent again: final (only under ``DeliverySettings/WhenUncertain/hold``).
    case uncertain(Reason)

    /// A failure that uses up an attempt (`later`), or ends the delivery (`never`, `uncertain`).
    public var isCountedFailure: Bool {
        switch self {
        case .delivered: false
        case .later(let counted, _, _): counted
        case .never, .uncertain: true
        }
    }

    /// Why it failed, nil when delivered.
    public var reason: Reason? {
        switch self {
        case .delivered: nil
        case .later(_, _, let reason), .never(let reason), .uncertain(let reason): reason
        }
    }
}
