/// How many attempts of a lane may be in flight.
///
/// `fixed` is the maximum from the first moment; only where most of a round's answers are 429 or 503 does it halve, and
/// double again with good ones. `adaptive` starts at 16 and goes through these phases:
///
/// | Phase | The limit | Ends |
/// | --- | --- | --- |
/// | doubling | grows by 1 per good answer: doubles per round | at the maximum, or by a sign of overload |
/// | steps | grows by a sixteenth, at least 1, per round | after 16 calm rounds, at twice what was too much: doubling |
/// | holding | stays where two doublings brought no more throughput | by a trial at twice the limit that does |
///
/// A **round** is as many answers as may be in flight. **Too much** is a share of 429 and 503 that `SlowDownShare`
/// finds to be so, or one time-out or broken connection per ten answers of a round: not the odd one, which would
/// otherwise choke every lane; at a limit of one or two every single 429 or 503. Too much halves the limit, at most once per round: answers to
/// attempts that began before are not looked at. A limit of one that is still too much is followed by a **gap** after
/// each start, which doubles up to 2 s. An answer slower than before is no sign of anything.
///
/// Where asking for less did not help, growth doubles again.
///
/// After an outage both modes double again from 1, `adaptive` as far as half of what went well before.
public struct ConcurrencyLimit: Sendable {
    private enum Phase: Sendable {
        case growing
        case holding
        /// The trial's first round; connections are still being made.
        case trialBegins
        case trial
    }

    /// Where an adaptive limit starts.
    static let start = 16
    /// Rounds without a sign of overload before growth doubles again.
    ///
    /// By then the limit must also be twice what was too much. Otherwise a receiver that limits its rate, but lets
    /// bursts pass, would be met by another burst as soon as it has room for one.
    static let calmRounds = 16
    /// Rounds for which a limit is held before the first trial; twice as many after each that failed.
    static let firstHold = 16
    static let longestHold = 128
    /// Of them, the last ones that a trial is compared with.
    static let comparedRounds = 4
    /// A smaller limit has come about by many halvings that helped, and would be watched for long.
    static let leastWatched = 4
    static let shortestGap: UInt64 = 1_000_000
    static let longestGap: UInt64 = 2_000_000_000

    private(set) var mode: DeliverySettings.Concurrency
    private(set) var maximum: Int
    /// Attempts that may be in flight now, from 1.
    public private(set) var current: Int

    private var phase = Phase.growing
    /// Growth doubles below it; nil: everywhere.
    private var doublesBelow: Int?
    /// The limit at the end of the last round without a sign of overload.
    private var proven: Int
    private var trend: ThroughputTrend
    private var held: Int
    private var heldRounds = 0
    private var holdFor = firstHold

    /// Attempts that began before are not looked at.
    private var since: UInt64
    /// Answers that make this round.
    private var round: Int
    /// The most in flight during this round.
    private var peak = 0
    private var answers = 0
    private var slowDowns = 0
    private var overloads = 0
    private var calm = 0

    private var slowDownShare = SlowDownShare()
    private var gap: UInt64 = 0
    private var lastStart: UInt64 = 0

    init(_ mode: DeliverySettings.Concurrency, maximum: Int, now: UInt64) {
        self.mode = mode
        self.maximum = max(1, maximum)
        current = mode == .fixed ? self.maximum : min(self.maximum, Self.start)
        proven = current
        held = current
        since = now
        round = current
        trend = ThroughputTrend(limit: current, now: now)
    }

    /// When the next attempt may start, as far as the gap goes: monotonic nanoseconds, 0 without one.
    var nextStart: UInt64 { gap == 0 ? 0 : lastStart + gap }

    /// Attempts started; `inFlight` counts them.
    mutating func started(inFlight: Int, now: UInt64) {
        lastStart = now
        peak = max(peak, inFlight)
    }

    /// An attempt ended; `inFlight` counts it still.
    mutating func ended(_ load: ReceiverSign.Load, inFlight: Int, startedAt: UInt64, now: UInt64) {
        guard startedAt >= since else { return }
        answers += 1
        switch load {
        case .none: break
        case .good: good(startedAt: startedAt, now: now)
        case .slowDown: slowDowns += 1
        case .overload: overloads += 1
        }
        if isTooMuch(load) {
            halve(load, startedAt: startedAt, now: now)
        } else if answers >= round {
            endRound(inFlight: inFlight, now: now)
        }
    }

    /// The receiver is back after an outage.
    mutating func restart(now: UInt64) {
        doublesBelow = max(1, proven / 2)
        current = 1
        gap = 0
        startOver(now: now)
    }

    /// Mode and maximum change from now on.
    mutating func change(to mode: DeliverySettings.Concurrency, maximum: Int, now: UInt64) {
        let was = self.mode
        self.mode = mode
        self.maximum = max(1, maximum)
        if mode == .fixed {
            current = self.maximum
            gap = 0
        } else if was == .fixed {
            current = min(current, Self.start)
            doublesBelow = nil
        }
        current = min(current, self.maximum)
        startOver(now: now)
    }

    // MARK: Growing

    private var doubles: Bool {
        guard mode == .adaptive, let halved = doublesBelow else { return true }
        return current < halved || calm >= Self.calmRounds && current >= 4 * halved
    }

    private mutating func good(startedAt: UInt64, now: UInt64) {
        if mode == .adaptive { trend.answered(startedAt: startedAt, now: now) }
        guard phase == .growing else { return }
        if gap > 0 { return shrinkGap() }
        if doubles { grow(by: 1, now: now) }
        if mode == .adaptive, let plateau = trend.plateau() { hold(min(plateau, current)) }
    }

    /// A limit that is not used is not raised: nothing would be known of it.
    private mutating func grow(by step: Int, now: UInt64) {
        if !isUsed || current == maximum || slowDownShare.isWatching { return }
        current = min(maximum, current + step)
        trend.reached(current, maximum: maximum, now: now)
    }

    private mutating func shrinkGap() {
        gap -= calm >= Self.calmRounds ? gap / 2 : gap / 8
        if gap < Self.shortestGap { gap = 0 }
    }

    private mutating func endRound(inFlight: Int, now: UInt64) {
        let isCalm = slowDowns + overloads == 0
        calm = isCalm ? calm + 1 : 0
        if isCalm, phase == .growing {
            proven = current
            if !doubles, gap == 0 { grow(by: max(1, current / 16), now: now) }
        } else if phase != .growing {
            endHeldRound(now: now)
        }
        beginRound(inFlight: inFlight)
    }

    private mutating func beginRound(inFlight: Int) {
        round = current
        peak = inFlight
        answers = 0
        slowDowns = 0
        overloads = 0
    }

    /// About as much was in flight as might be.
    private var isUsed: Bool { peak * 2 >= round }

    // MARK: Too much

    private mutating func isTooMuch(_ load: ReceiverSign.Load) -> Bool {
        if mode == .fixed { return slowDowns * 2 > round }
        let finding = slowDownShare.answered(asksForLess: load == .slowDown, round: round)
        if finding == .harmless { doublesBelow = nil }
        if finding == .tooMuch || current <= 2 && load == .slowDown { return true }
        return overloads > 0 && overloads * 10 >= round
    }

    private mutating func halve(_ load: ReceiverSign.Load, startedAt: UInt64, now: UInt64) {
        if current == 1 {
            let duration = now - min(startedAt, now)
            gap = min(Self.longestGap, gap == 0 ? max(Self.shortestGap, duration) : gap * 2)
        }
        current = max(1, current / 2)
        doublesBelow = current
        startOver(now: now)
        if load == .slowDown, mode == .adaptive, current >= Self.leastWatched { slowDownShare.halved() }
    }

    /// What was seen under another limit says nothing about this one.
    private mutating func startOver(now: UInt64) {
        phase = .growing
        holdFor = Self.firstHold
        calm = 0
        slowDownShare.begin()
        since = now
        trend = ThroughputTrend(limit: current, now: now)
        beginRound(inFlight: 0)
    }

    // MARK: Holding

    private mutating func hold(_ limit: Int) {
        phase = .holding
        current = limit
        held = limit
        heldRounds = 0
    }

    private mutating func endHeldRound(now: UInt64) {
        switch phase {
        case .growing: break
        case .holding:
            heldRounds += 1
            if heldRounds == holdFor - Self.comparedRounds { trend = ThroughputTrend(limit: held, now: now) }
            if heldRounds >= holdFor, isUsed, trend.newest.isKnown {
                current = min(maximum, held * 2)
                trend.begin(current, now: now)
                phase = .trialBegins
            }
        case .trialBegins:
            trend.begin(current, now: now)
            phase = .trial
        case .trial:
            if let flat = trend.trialIsFlat { endTrial(worthIt: !flat, now: now) }
        }
    }

    private mutating func endTrial(worthIt: Bool, now: UInt64) {
        if worthIt {
            phase = .growing
            holdFor = Self.firstHold
            trend = ThroughputTrend(limit: current, now: now)
        } else {
            holdFor = min(holdFor * 2, Self.longestHold)
            hold(held)
        }
    }
}
