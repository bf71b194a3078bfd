public import FanfareDelivery
import FanfareStore

/// How a fan-out stands in the process that runs it, as `status` shows it.
public struct LiveStatus: Sendable, Hashable, Codable {
    /// The fan-out's id.
    public var id: String
    /// What it does: a `LaneSnapshot.State`, `paused by operator`, or before anything can be sent ``preparing``, ``held``
    /// or ``waiting``.
    public var state: String
    /// Further words on that for a person: what the receiver answers, what keeps it from going on; nil: none.
    public var detail: String?
    /// Deliveries that became final per second, over the last seconds.
    public var perSecond: Double
    /// Requests under way.
    public var inFlight: Int
    /// Requests that may be under way now, and ever.
    public var concurrencyLimit: Int
    /// Requests that may ever be under way.
    public var maxInFlight: Int
    /// Requests started per second at most; nil: no limit.
    public var rateLimit: Double?
    /// Half of the attempts took at most so many milliseconds.
    public var p50Milliseconds: Double
    /// 99 of 100 attempts took at most so many milliseconds.
    public var p99Milliseconds: Double
    /// Seconds until all is final at this pace; nil: not to be told.
    public var secondsLeft: Double?
    /// Seconds since this process took it up.
    public var seconds: Double
    /// Requests of this process that ended.
    public var requests: Int64

    /// The state of one that imports, or waits for its time.
    public static let preparing = "preparing"
    /// The state of one that something keeps back that somebody has to mend.
    public static let held = "held"
    /// The state of one whose time has come, and that waits for something else.
    public static let waiting = "waiting"

    /// One that cannot send yet.
    public init(preparing id: String, isPaused: Bool, _ settings: DeliverySettings) {
        self.id = id
        state = Self.preparing
        detail = isPaused ? "paused by operator" : nil
        (perSecond, inFlight, concurrencyLimit) = (0, 0, 0)
        (p50Milliseconds, p99Milliseconds, seconds, requests) = (0, 0, 0, 0)
        maxInFlight = settings.maxInFlight
        rateLimit = settings.ratePerSecond
    }

    /// One that runs.
    ///
    /// - Parameters:
    ///   - id: The fan-out's id.
    ///   - snapshot: How it stands.
    ///   - perSecond: Deliveries that became final per second, over the last seconds.
    public init(_ id: String, _ snapshot: FanOutSnapshot, perSecond: Double) {
        self.id = id
        let pauses = snapshot.lane.state == .paused ? snapshot.lane.pauses : []
        state =
            pauses.contains(.everythingStopped)
            ? "stopped, as everything is"
            : pauses.contains(.byOperator) ? "paused by operator" : snapshot.lane.state.rawValue
        detail =
            snapshot.stall.map { "the ledger cannot be written: \($0.message)" }
            ?? snapshot.nameFailure ?? snapshot.lane.stop?.text
            ?? snapshot.opening.map { "outside its window until \($0.text)" }
        if detail == nil, snapshot.lane.state == .down || snapshot.lane.state == .probing {
            detail = snapshot.lastFailure.map { $0.reason.text(status: $0.status) }
        }
        self.perSecond = perSecond
        inFlight = snapshot.lane.inFlight
        concurrencyLimit = snapshot.lane.concurrencyLimit
        maxInFlight = snapshot.lane.maxInFlight
        rateLimit = snapshot.lane.rate
        p50Milliseconds = snapshot.latency.p50 / .milliseconds(1)
        p99Milliseconds = snapshot.latency.p99 / .milliseconds(1)
        seconds = snapshot.elapsed / .seconds(1)
        requests = snapshot.attempts
        let left = Double(snapshot.progress.counts.total - snapshot.progress.counts.final)
        secondsLeft = snapshot.lane.state == .sending && perSecond >= 1 && left > 0 ? left / perSecond : nil
    }

    private enum CodingKeys: String, CodingKey {
        case id, state, detail, seconds, requests
        case perSecond = "per_second"
        case inFlight = "in_flight"
        case concurrencyLimit = "concurrency_limit"
        case maxInFlight = "max_in_flight"
        case rateLimit = "rate_limit"
        case p50Milliseconds = "p50_ms"
        case p99Milliseconds = "p99_ms"
        case secondsLeft = "seconds_left"
    }
}
