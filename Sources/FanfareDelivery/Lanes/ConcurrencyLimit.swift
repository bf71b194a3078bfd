/// How many attempts of a lane may be in flight.
///
/// `fixed` is the maximum from the first moment. `adaptive` starts at 16 and doubles per round of good answers; it halves
/// on 429, 503 and time-outs, at most once per round, and then grows by a step per round. Both come back from an outage
/// by doubling from 1.
///
/// A round is as many answers to attempts begun since it began as the limit allows in flight.
public struct ConcurrencyLimit: Sendable {
    /// Where an adaptive limit starts.
    static let start = 16
    /// Rounds without a sign of overload after which growth doubles again: less can do no harm any more.
    static let calmRounds = 16

    private(set) var mode: DeliverySettings.Concurrency
    private(set) var maximum: Int
    /// Attempts that may be in flight now, from 1.
    public private(set) var current: Int

    /// Below it, or below the maximum while it is nil, growth doubles.
    private var doublesBelow: Int?
    private var roundBegan: UInt64
    private var roundAnswers = 0
    private var roundGood = 0
    private var slowDowns = 0
    private var overloads = 0
    private var calm = 0

    init(_ mode: DeliverySettings.Concurrency, maximum: Int, now: UInt64) {
        self.mode = mode
        self.maximum = max(1, maximum)
        current = mode == .fixed ? self.maximum : min(self.maximum, Self.start)
        roundBegan = now
    }

    /// An attempt ended; `inFlight` counts it still.
    mutating func ended(_ load: ReceiverSign.Load, inFlight: Int, startedAt: UInt64, now: UInt64) {
        guard startedAt >= roundBegan, mode == .adaptive || current < maximum else { return }
        roundAnswers += 1
        switch load {
        case .none: break
        case .good: grow(inFlight: inFlight)
        case .slowDown: slowDowns += 1
        case .overload: overloads += 1
        }
        if mode == .adaptive, isTooMuch {
            halve(now: now)
        } else if roundAnswers >= current {
            endRound(inFlight: inFlight, now: now)
        }
    }

    /// The receiver is back after an outage.
    mutating func restart(now: UInt64) {
        doublesBelow = max(1, current / 2)
        current = 1
        calm = 0
        beginRound(now: now)
    }

    /// Mode and maximum change from now on.
    mutating func change(to mode: DeliverySettings.Concurrency, maximum: Int, now: UInt64) {
        let wasFixed = self.mode == .fixed
        self.mode = mode
        self.maximum = max(1, maximum)
        if mode == .fixed {
            current = self.maximum
        } else if wasFixed {
            current = min(self.maximum, max(Self.start, current / 2))
        }
        current = min(current, self.maximum)
        beginRound(now: now)
    }

    private var doubles: Bool {
        mode == .fixed || doublesBelow.map { current < $0 } ?? true || calm >= Self.calmRounds
    }

    /// One sign in fifty answers of a round, or one time-out in ten, is too much.
    private var isTooMuch: Bool {
        slowDowns * 50 >= max(current, 50) && slowDowns > 0 || overloads * 10 >= max(current, 10) && overloads > 0
    }

    private mutating func grow(inFlight: Int) {
        roundGood += 1
        if doubles, inFlight * 2 >= current { current = min(maximum, current + 1) }
    }

    private mutating func halve(now: UInt64) {
        current = max(1, current / 2)
        doublesBelow = current
        calm = 0
        beginRound(now: now)
    }

    private mutating func endRound(inFlight: Int, now: UInt64) {
        let signs = slowDowns + overloads
        if !doubles, signs == 0, inFlight * 2 >= current { current = min(maximum, current + max(1, current / 16)) }
        calm = signs == 0 ? calm + 1 : 0
        beginRound(now: now)
    }

    private mutating func beginRound(now: UInt64) {
        roundBegan = now
        roundAnswers = 0
        roundGood = 0
        slowDowns = 0
        overloads = 0
    }
}
