/// Permits per second, with a small burst, in whole-number arithmetic: over any window of t seconds it gives at most
/// rate × t + ``burst`` permits, and nothing is lost or gained to rounding.
public struct RateLimit: Sendable, Hashable {
    /// One permit.
    ///
    /// The level counts in 10⁻¹⁵ permits, for a nanosecond of a rate in millionths is that much.
    private static let permit: UInt64 = 1_000_000_000_000_000
    /// Permits that may be saved up at most, whatever the rate: the level must fit.
    private static let largestBurst = 5000

    /// Millionths of a permit per second, 0: no limit.
    private var microRate: UInt64
    private var level: UInt64
    private var refilledAt: UInt64
    /// Permits that may be saved up: those of 50 ms, from 1.
    public private(set) var burst: Int

    /// - Parameters:
    ///   - rate: Permits per second, 0.001 … 1,000,000; nil: no limit.
    ///   - now: Monotonic nanoseconds.
    public init(_ rate: Double?, now: UInt64) {
        microRate = Self.micro(rate)
        burst = Self.burst(microRate)
        level = UInt64(burst) * Self.permit
        refilledAt = now
    }

    /// Permits per second, nil: no limit.
    public var rate: Double? { microRate == 0 ? nil : Double(microRate) / 1_000_000 }

    /// Changes the rate from now on.
    ///
    /// What was saved up is kept, as far as the new burst allows.
    public mutating func change(to rate: Double?, now: UInt64) {
        let wasUnlimited = microRate == 0
        refill(now: now)
        microRate = Self.micro(rate)
        burst = Self.burst(microRate)
        level = wasUnlimited ? 0 : min(level, UInt64(burst) * Self.permit)
    }

    /// Permits that may be taken now; `Int.max` without a limit.
    public mutating func available(now: UInt64) -> Int {
        if microRate == 0 { return Int.max }
        refill(now: now)
        return Int(level / Self.permit)
    }

    /// Takes permits.
    ///
    /// Taking more than are available leaves none.
    public mutating func take(_ count: Int, now: UInt64) {
        if microRate == 0 || count <= 0 { return }
        refill(now: now)
        let taken = UInt64(count).multipliedReportingOverflow(by: Self.permit)
        level = taken.overflow || taken.partialValue > level ? 0 : level - taken.partialValue
    }

    /// Gives back permits that were not used.
    public mutating func giveBack(_ count: Int, now: UInt64) {
        if microRate == 0 || count <= 0 { return }
        refill(now: now)
        level = min(UInt64(burst) * Self.permit, level + UInt64(min(count, burst)) * Self.permit)
    }

    /// When so many permits are available: now, or later.
    ///
    /// More than ``burst`` are never waited for.
    public mutating func nextPermit(_ count: Int = 1, now: UInt64) -> UInt64 {
        if microRate == 0 { return now }
        refill(now: now)
        let wanted = UInt64(min(max(count, 1), burst)) * Self.permit
        if level >= wanted { return now }
        return now + (wanted - level + microRate - 1) / microRate
    }

    private mutating func refill(now: UInt64) {
        guard now > refilledAt else { return }
        let full = UInt64(burst) * Self.permit
        let gained = (now - refilledAt).multipliedReportingOverflow(by: microRate)
        refilledAt = now
        level = gained.overflow || gained.partialValue >= full - level ? full : level + gained.partialValue
    }

    private static func micro(_ rate: Double?) -> UInt64 {
        guard let rate, rate > 0 else { return rate == nil ? 0 : 1 }
        return UInt64(min(max((rate * 1_000_000).rounded(), 1), 1e12))
    }

    private static func burst(_ microRate: UInt64) -> Int {
        min(max(1, Int(microRate / 20_000_000)), largestBurst)
    }
}
