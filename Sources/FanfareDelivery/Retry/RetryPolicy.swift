/// When a delivery is tried again, and when it is given up: pure functions of its history.
///
/// The wait before attempt n + 1 is the n-th entry of `retries` with ±20 % jitter. An attempt that was not counted
/// waits by a backoff of its own, also with jitter: 1 s, 2 s, 4 s, 8 s, 16 s, 32 s, then 60 s. `Retry-After` is a lower
/// bound for a counted attempt's wait, and is itself the wait of one that was not counted, unless it is 0. Nothing is
/// waited for while the breaker is not closed, whose pauses are the wait, and after a kept connection that had closed
/// (up to three times).
///
/// No attempt is due later than one time-out before the deadline (a quarter of the deadline at most), so that it may
/// end by it; who has no time left for that is dead. All times are lane time (``LaneTime``).
public struct RetryPolicy: Sendable {
    /// What a ledger knows of a delivery.
    public struct History: Sendable, Hashable {
        /// Counted attempts that failed.
        public var attempts: Int
        /// Attempts that were not counted.
        public var uncounted: Int
        /// When the first attempt began: whole seconds of lane time.
        public var firstAt: Int64

        /// - Parameters: see the properties of the same names.
        public init(attempts: Int = 0, uncounted: Int = 0, firstAt: Int64) {
            self.attempts = attempts
            self.uncounted = uncounted
            self.firstAt = firstAt
        }

        /// An earlier attempt failed, counted or not.
        public var hasFailed: Bool { attempts + uncounted > 0 }

        /// The history with one more attempt.
        public func after(_ verdict: Verdict) -> History {
            var next = self
            switch verdict {
            case .later(counted: false, _, _): next.uncounted += 1
            case .delivered, .later, .never, .uncertain: next.attempts += 1
            }
            return next
        }
    }

    /// What becomes of a delivery after an attempt.
    public enum Decision: Sendable, Hashable {
        /// Final.
        case delivered
        /// Try again at this whole second of lane time.
        case retry(dueAt: Int64)
        /// Final: never, attempts used up, or past the deadline.
        case dead(Reason)
        /// Final.
        case uncertain(Reason)

        /// The delivery has ended.
        public var isFinal: Bool {
            if case .retry = self { false } else { true }
        }
    }

    static let second: UInt64 = 1_000_000_000
    /// The longest wait after an attempt that was not counted.
    static let longestUncountedWait: UInt64 = 60 * second
    /// How often in a row a delivery may be sent again at once.
    static let atOnceLimit = 3

    private let waits: [UInt64]
    private let deadline: UInt64
    /// How long before the deadline the last attempt begins.
    private let lastAttempt: UInt64

    /// - Parameter settings: `retries`, `deadline` and `timeout` are used.
    public init(_ settings: DeliverySettings) {
        waits = settings.retries.map(\.wholeNanoseconds)
        deadline = settings.deadline.wholeNanoseconds
        lastAttempt = min(settings.timeout.wholeNanoseconds, deadline / 4)
    }

    /// Counted attempts at most.
    public var maxAttempts: Int { waits.count + 1 }

    /// What becomes of a delivery after an attempt.
    ///
    /// - Parameters:
    ///   - verdict: What the attempt's ending meant.
    ///   - history: The delivery before this attempt's ending.
    ///   - laneTime: ``Lane/laneTime(now:)``, nanoseconds.
    ///   - seed: The delivery's own number, for its jitter: the same delivery always waits the same.
    public func decide(_ verdict: Verdict, history: History, laneTime: UInt64, seed: UInt64) -> Decision {
        switch verdict {
        case .delivered: return .delivered
        case .never(let reason): return .dead(reason)
        case .uncertain(let reason): return .uncertain(reason)
        case .later(let counted, let wait, _):
            if counted, history.attempts + 1 >= maxAttempts { return .dead(.attemptsUsedUp) }
            let last = lastStart(history)
            if laneTime >= last { return .dead(.deadline) }
            let delay = delay(wait, counted: counted, history: history, seed: seed)
            return .retry(dueAt: Self.dueSecond(from: laneTime, delay: min(delay, last - laneTime)))
        }
    }

    /// Whether a delivery that is due has outlived its deadline and must not be sent any more.
    ///
    /// - Parameters:
    ///   - firstAt: When its first attempt began, whole seconds of lane time.
    ///   - laneTime: ``Lane/laneTime(now:)``, nanoseconds.
    public func isPastDeadline(firstAt: Int64, laneTime: UInt64) -> Bool {
        laneTime > deadlineTime(firstAt)
    }

    /// How long to wait, in nanoseconds, before deadlines are looked at.
    func delay(_ wait: Verdict.Wait, counted: Bool, history: History, seed: UInt64) -> UInt64 {
        let random = Self.random(seed: seed, attempt: UInt64(history.attempts &+ history.uncounted))
        let backoff =
            counted
            ? Self.jittered(waits[min(history.attempts, waits.count - 1)], random: random)
            : Self.jittered(Self.uncountedWait(history.uncounted), random: random)
        switch wait {
        case .backoff: return backoff
        case .untilLaneSends: return 0
        case .atOnce: return history.uncounted < Self.atOnceLimit ? 0 : backoff
        case .retryAfter(let seconds):
            let asked = UInt64(max(0, seconds)) * Self.second
            return counted || asked == 0 ? max(asked, backoff) : asked
        }
    }

    /// The wait after the n-th uncounted attempt, n from 0, without jitter.
    static func uncountedWait(_ n: Int) -> UInt64 {
        min(longestUncountedWait, second << UInt64(min(max(n, 0), 6)))
    }

    /// The wait ±20 %, evenly spread by a random number.
    static func jittered(_ wait: UInt64, random: UInt64) -> UInt64 {
        let spread = wait / 5 * 2
        return wait - spread / 2 + spread.multipliedFullWidth(by: random).high
    }

    /// A number that looks random and is the same for the same delivery and attempt (SplitMix64's output function).
    static func random(seed: UInt64, attempt: UInt64) -> UInt64 {
        var z = seed &+ (attempt &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Waits are rounded up to whole seconds; no wait at all is due in the second that has begun.
    private static func dueSecond(from laneTime: UInt64, delay: UInt64) -> Int64 {
        delay == 0 ? Int64(laneTime / second) : Int64((laneTime + delay + second - 1) / second)
    }

    private func deadlineTime(_ firstAt: Int64) -> UInt64 {
        UInt64(max(0, firstAt)) * Self.second + deadline
    }

    private func lastStart(_ history: History) -> UInt64 {
        // Whole seconds, as what is due is: rounded up it would come too late.
        (deadlineTime(history.firstAt) - lastAttempt) / Self.second * Self.second
    }
}

extension Duration {
    /// Nanoseconds, 0 for what is negative, at most some 146 years.
    var wholeNanoseconds: UInt64 {
        let parts = components
        if parts.seconds < 0 || parts.attoseconds < 0 { return 0 }
        let seconds = UInt64(min(parts.seconds, 4_600_000_000))
        return seconds * 1_000_000_000 + UInt64(parts.attoseconds) / 1_000_000_000
    }
}
