/// Stops sending to a receiver that is down, and finds out with single probes when it is back.
///
/// ```
///  closed ── most of the last results failed ──▶ open ── pause over ──▶ probing ── 3 probes answered ──▶ closed
///                                                 ▲                        │
///                                                 └──── a probe failed ────┘   pauses 1, 2, 4, 8, 16, 30, 30 … s
/// ```
///
/// An error to a delivery that failed before (`ReceiverSign.Health.failing`) does not open it: retries fall due
/// together, and a hundred contacts that a receiver cannot take say nothing about the others.
///
/// Results of attempts begun before it opened do not count as probes. A receiver that fails again soon after it came
/// back is given the next longer pause, not the first.
public struct Breaker: Sendable, Hashable {
    /// What it lets through.
    public enum State: Sendable, Hashable, Codable {
        /// Everything.
        case closed
        /// Nothing until the pause is over.
        case open
        /// One attempt at a time.
        case probing
    }

    /// Results that are looked at.
    static let window = 64
    /// Results before it can open; also so many failures in a row open it, whatever went well before.
    static let leastResults = 20
    /// Probes in a row that must be answered.
    static let probesNeeded = 3
    static let firstPause: UInt64 = 1_000_000_000
    static let longestPause: UInt64 = 30_000_000_000

    /// The last results, newest in the lowest bit, 1: failed.
    private var failures: UInt64 = 0
    private var results = 0
    private var failuresInRow = 0
    private var isOpen = false
    private var openedAt: UInt64 = 0
    private var pause: UInt64 = 0
    private var probeInFlight = false
    private var probesAnswered = 0
    /// When the next probe may go, while not closed.
    public private(set) var nextProbe: UInt64 = 0

    /// A closed breaker.
    public init() {}

    /// Everything may be sent.
    public var isClosed: Bool { !isOpen }

    /// A probe is under way.
    public var isProbeInFlight: Bool { isOpen && probeInFlight }

    /// What it lets through now.
    public func state(now: UInt64) -> State {
        if !isOpen { return .closed }
        return probeInFlight || now >= nextProbe ? .probing : .open
    }

    /// Attempts that may start now; `Int.max` when closed.
    public func credit(now: UInt64) -> Int {
        if !isOpen { return Int.max }
        return !probeInFlight && now >= nextProbe ? 1 : 0
    }

    /// Attempts start.
    mutating func started() {
        if isOpen { probeInFlight = true }
    }

    /// Attempts that were to start did not.
    mutating func gaveBack() {
        probeInFlight = false
    }

    /// An attempt was taken back before it was sent.
    mutating func recalled(startedAt: UInt64) {
        if isOpen, startedAt >= openedAt { probeInFlight = false }
    }

    /// What an ended attempt did to the breaker.
    enum Change: Sendable, Hashable { case none, opened, closed }

    /// One attempt ended.
    mutating func ended(_ health: ReceiverSign.Health, startedAt: UInt64, now: UInt64) -> Change {
        if isOpen { return startedAt >= openedAt ? probed(health, now: now) : .none }
        if health == .none || health == .failing { return .none }
        record(failed: health == .down)
        let recent = min(results, Self.window)
        let most = recent >= Self.leastResults && failures.nonzeroBitCount * 2 > recent
        if !most, failuresInRow < Self.leastResults { return .none }
        open(now: now)
        return .opened
    }

    private mutating func record(failed: Bool) {
        failures = failures << 1 | (failed ? 1 : 0)
        results += 1
        failuresInRow = failed ? failuresInRow + 1 : 0
        if results == Self.window { pause = 0 }
    }

    private mutating func probed(_ health: ReceiverSign.Health, now: UInt64) -> Change {
        probeInFlight = false
        switch health {
        case .none: return .none
        case .down, .failing:
            open(now: now)
            return .none
        case .up:
            probesAnswered += 1
            if probesAnswered < Self.probesNeeded { return .none }
            isOpen = false
            failures = 0
            results = 0
            failuresInRow = 0
            return .closed
        }
    }

    private mutating func open(now: UInt64) {
        isOpen = true
        openedAt = now
        pause = pause == 0 ? Self.firstPause : min(pause * 2, Self.longestPause)
        nextProbe = now + pause
        probeInFlight = false
        probesAnswered = 0
    }
}
