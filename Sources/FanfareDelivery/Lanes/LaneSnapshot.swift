/// What a lane looks like at a moment, for people.
public struct LaneSnapshot: Sendable, Hashable, Codable {
    /// One word for what it does.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It sends.
        case sending
        /// It sends the canary, or waits for what becomes of it.
        case canary
        /// Others hold it (``LaneSnapshot/pauses``).
        case paused
        /// The receiver is down; nothing is sent until the next probe.
        case down
        /// The receiver was down; single probes find out whether it is back.
        case probing
        /// The fan-out must stop (``LaneSnapshot/stop``).
        case stopped
    }

    /// Why it is paused.
    public var pauses: PauseReasons
    /// Why the fan-out must stop.
    public var stop: StopReason?
    /// What the breaker lets through.
    public var breaker: Breaker.State
    /// When the next probe may go, monotonic nanoseconds; nil while the breaker is closed.
    public var nextProbe: UInt64?
    /// A canary has not passed yet.
    public var waitsForCanary: Bool
    /// Attempts under way.
    public var inFlight: Int
    /// Attempts that may be under way now.
    public var concurrencyLimit: Int
    /// Attempts that may ever be under way.
    public var maxInFlight: Int
    /// Attempts per second at most, nil: no limit.
    public var rate: Double?

    /// What it does, in a word.
    public var state: State {
        if stop != nil { return .stopped }
        if !pauses.isEmpty { return .paused }
        switch breaker {
        case .open: return .down
        case .probing: return .probing
        case .closed: return waitsForCanary ? .canary : .sending
        }
    }
}
