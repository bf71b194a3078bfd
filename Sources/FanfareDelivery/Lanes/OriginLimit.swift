/// Keeps the lanes of one origin (scheme, host, port) together within the largest of their own limits.
///
/// Ask it beside each lane: what may start is the smaller of the two credits. Calls mirror ``Lane``'s.
public struct OriginLimit: Sendable {
    private var rate: RateLimit
    /// Attempts of all lanes under way.
    public private(set) var inFlight = 0
    /// Attempts of all lanes that may be under way.
    public private(set) var limit: Int

    /// - Parameters:
    ///   - limit: The largest of the lanes' own ``Lane/concurrencyLimit``.
    ///   - rate: The largest of the lanes' own rates, nil if one of them has none.
    ///   - now: Monotonic nanoseconds.
    public init(limit: Int, rate: Double?, now: UInt64) {
        self.limit = limit
        self.rate = RateLimit(rate, now: now)
    }

    /// The largest of the lanes' own limits may have changed.
    public mutating func setLimits(_ limit: Int, rate: Double?, now: UInt64) {
        self.limit = limit
        if rate != self.rate.rate { self.rate.change(to: rate, now: now) }
    }

    /// How many attempts of all lanes together may start now, from 0.
    public mutating func credit(now: UInt64) -> Int {
        max(0, min(limit - inFlight, rate.available(now: now)))
    }

    /// When the rate lets the next start; nil: only an ended attempt can.
    public mutating func nextWake(now: UInt64) -> UInt64? {
        inFlight < limit ? rate.nextPermit(max(1, rate.burst / 8), now: now) : nil
    }

    /// Attempts of one of the lanes start.
    public mutating func started(_ count: Int, now: UInt64) {
        inFlight += count
        rate.take(count, now: now)
    }

    /// Started attempts are not sent after all.
    public mutating func returned(_ count: Int, now: UInt64) {
        inFlight = max(0, inFlight - count)
        rate.giveBack(count, now: now)
    }

    /// Attempts of one of the lanes ended.
    public mutating func ended(_ count: Int) {
        inFlight = max(0, inFlight - count)
    }
}
