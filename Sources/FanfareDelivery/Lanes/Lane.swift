/// What stands between deliveries and one endpoint: concurrency, rate, breaker, canary and the time in which it may
/// send.
///
/// A value without clock, lock or I/O: it is told what happened and says what may happen. The order of calls:
///
/// 1. ``credit(now:)`` and ``freshCredit`` say how many attempts may start;
/// 2. ``started(_:fresh:now:)`` takes that many, or fewer;
/// 3. for each one, ``returned(_:fresh:now:)`` when it is not sent after all, or
///    ``ended(_:_:final:failedBefore:startedAt:now:)``.
///
/// `now` is monotonic time in nanoseconds, and never less than in the call before. No call allocates.
public struct Lane: Sendable {
    private var settings: DeliverySettings
    private var stopAfter: UInt64
    private var concurrency: ConcurrencyLimit
    private var rate: RateLimit
    private var breaker = Breaker()
    private var time: LaneTime
    private var first: FirstAnswers
    private var canary: Canary?

    /// Attempts that were started and have not ended.
    public private(set) var inFlight = 0
    /// Why it is paused; empty: it is not.
    public private(set) var pauses: PauseReasons = []

    /// - Parameters:
    ///   - settings: Valid settings (``DeliverySettings/problems``).
    ///   - storedTime: Lane time of earlier processes, nanoseconds.
    ///   - firstAnswers: Cleared if an earlier process had an answer other than *never*.
    ///   - canary: Nil: none, or the rest was let go already.
    ///   - now: Monotonic nanoseconds.
    public init(
        _ settings: DeliverySettings,
        storedTime: UInt64 = 0,
        firstAnswers: FirstAnswers = FirstAnswers(),
        canary: Canary? = nil,
        now: UInt64
    ) {
        self.settings = settings
        stopAfter = settings.stopAfter?.wholeNanoseconds ?? UInt64.max
        concurrency = ConcurrencyLimit(settings.concurrency, maximum: settings.maxInFlight, now: now)
        rate = RateLimit(settings.ratePerSecond, now: now)
        time = LaneTime(stored: storedTime)
        first = firstAnswers
        self.canary = canary
        time.run(true, now: now)
    }

    // MARK: What may happen

    /// How many attempts may start now, from 0.
    public mutating func credit(now: UInt64) -> Int {
        updateTime(now: now)
        if !pauses.isEmpty || room <= 0 || now < nextStart || mustStop(now: now) != nil { return 0 }
        return min(room, min(breaker.credit(now: now), rate.available(now: now)))
    }

    /// How many of them may be first attempts, from 0: less than the credit only while a canary is waited for.
    public var freshCredit: Int { canary?.freshCredit ?? Int.max }

    /// When credit may come from time alone, or the fan-out must stop: monotonic nanoseconds, at least `now`.
    ///
    /// Nil: only an ended attempt, or a change from outside, can bring any.
    public mutating func nextWake(now: UInt64) -> UInt64? {
        updateTime(now: now)
        guard pauses.isEmpty else { return nil }
        let wake = min(creditWake(now: now) ?? .max, stopWake(now: now) ?? .max)
        return wake == .max ? nil : wake
    }

    /// How many attempts may be in flight at this moment, before rate and breaker.
    public var concurrencyLimit: Int { concurrency.current }

    /// How many attempts may be in flight at most.
    public var maxInFlight: Int { settings.maxInFlight }

    /// Attempts per second at most, nil: no limit.
    public var ratePerSecond: Double? { rate.rate }

    /// Nothing may be sent any more, not even what was claimed already: it is given back (``returned(_:fresh:now:)``).
    public var isHalted: Bool { !pauses.isEmpty || !breaker.isClosed && !breaker.isProbeInFlight }

    /// Whether and why the fan-out must end.
    ///
    /// It stays so.
    public func mustStop(now: UInt64) -> StopReason? {
        if let stop = first.stop ?? canary?.stop { return stop }
        return time.nanoseconds(now: now) >= stopAfter ? .stopAfter : nil
    }

    /// Failed attempts count.
    ///
    /// Ask before ``ended(_:_:final:failedBefore:startedAt:now:)``.
    public var breakerIsClosed: Bool { breaker.isClosed }

    /// Nanoseconds in which it could send so far: to be stored with the progress.
    public mutating func laneTime(now: UInt64) -> UInt64 {
        updateTime(now: now)
        return time.nanoseconds(now: now)
    }

    // MARK: What happened

    /// Attempts start.
    ///
    /// - Parameters:
    ///   - count: How many, at most the credit.
    ///   - fresh: How many of them are first attempts.
    ///   - now: Monotonic nanoseconds; `ended` is given it as `startedAt`.
    public mutating func started(_ count: Int, fresh: Int, now: UInt64) {
        if count <= 0 { return }
        updateTime(now: now)
        inFlight += count
        rate.take(count, now: now)
        concurrency.started(inFlight: inFlight, now: now)
        breaker.started()
        canary?.began(fresh)
        updateTime(now: now)
    }

    /// Started attempts are not sent after all (skipped, given back); their permits are free again.
    public mutating func returned(_ count: Int, fresh: Int, now: UInt64) {
        if count <= 0 { return }
        updateTime(now: now)
        inFlight = max(0, inFlight - count)
        rate.giveBack(count, now: now)
        breaker.gaveBack()
        canary?.gaveBack(fresh)
        updateTime(now: now)
    }

    /// A started attempt was taken back before anything of it was sent.
    ///
    /// - Parameters:
    ///   - fresh: Whether it was a first attempt.
    ///   - startedAt: The `now` of ``started(_:fresh:now:)``.
    ///   - now: Monotonic nanoseconds.
    public mutating func recalled(fresh: Bool, startedAt: UInt64, now: UInt64) {
        updateTime(now: now)
        inFlight = max(0, inFlight - 1)
        rate.giveBack(1, now: now)
        breaker.recalled(startedAt: startedAt)
        if fresh { canary?.gaveBack(1) }
        updateTime(now: now)
    }

    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - ending: What came back.
    ///   - verdict: What it means (``AnswerRules``).
    ///   - final: The delivery ended with it (``RetryPolicy/Decision/isFinal``).
    ///   - failedBefore: An earlier attempt of the delivery failed.
    ///   - startedAt: The `now` of ``started(_:fresh:now:)``.
    ///   - now: Monotonic nanoseconds.
    public mutating func ended(
        _ ending: AttemptEnding,
        _ verdict: Verdict,
        final: Bool,
        failedBefore: Bool = false,
        startedAt: UInt64,
        now: UInt64
    ) {
        updateTime(now: now)
        let sign = ReceiverSign(ending, verdict, failedBefore: failedBefore)
        if breaker.isClosed { concurrency.ended(sign.load, inFlight: inFlight, startedAt: startedAt, now: now) }
        inFlight = max(0, inFlight - 1)
        first.ended(ending, verdict)
        if final { canary?.ended(delivered: verdict == .delivered) }
        if breaker.ended(sign.health, startedAt: startedAt, now: now) == .closed { concurrency.restart(now: now) }
        updateTime(now: now)
    }

    /// A delivery that had been tried before ended without a further attempt: its deadline passed, or its contact is
    /// gone.
    public mutating func endedUnsent() {
        canary?.ended(delivered: false)
    }

    // MARK: Control

    /// Stops sending for a reason.
    ///
    /// What is in flight goes on.
    public mutating func pause(_ reason: PauseReasons, now: UInt64) {
        updateTime(now: now)
        pauses.formUnion(reason)
        updateTime(now: now)
    }

    /// A reason is gone.
    public mutating func resume(_ reason: PauseReasons, now: UInt64) {
        updateTime(now: now)
        pauses.subtract(reason)
        updateTime(now: now)
    }

    /// Rate, concurrency and `stop_after` change from now on; the rest of the settings is others' to follow.
    package mutating func change(to settings: DeliverySettings, now: UInt64) {
        updateTime(now: now)
        if settings.ratePerSecond != self.settings.ratePerSecond { rate.change(to: settings.ratePerSecond, now: now) }
        if settings.maxInFlight != self.settings.maxInFlight || settings.concurrency != self.settings.concurrency {
            concurrency.change(to: settings.concurrency, maximum: settings.maxInFlight, now: now)
        }
        stopAfter = settings.stopAfter?.wholeNanoseconds ?? UInt64.max
        self.settings = settings
    }

    // MARK: Inside

    /// What the lane looks like now.
    public func snapshot(now: UInt64) -> LaneSnapshot {
        LaneSnapshot(
            pauses: pauses,
            stop: mustStop(now: now),
            breaker: breaker.state(now: now),
            nextProbe: breaker.isClosed ? nil : max(now, breaker.nextProbe),
            waitsForCanary: canary.map { !$0.hasPassed } ?? false,
            inFlight: inFlight,
            concurrencyLimit: concurrency.current,
            maxInFlight: settings.maxInFlight,
            rate: rate.rate
        )
    }

    /// Time runs while the lane may send: not paused, and the breaker closed or a probe allowed.
    ///
    /// While a probe is under way it stands still, or the time-outs of a long outage's probes would add up to a
    /// deadline. While one is allowed it runs, or a retry due in a second of lane time would never fall due and never
    /// be the probe.
    private mutating func updateTime(now: UInt64) {
        let maySend = breaker.isClosed || !breaker.isProbeInFlight && now >= breaker.nextProbe
        time.run(pauses.isEmpty && maySend, now: now)
    }

    /// A probe may go whatever is still in flight from before the outage, short of the maximum.
    private var room: Int {
        min(breaker.isClosed ? concurrency.current : concurrency.maximum, canary?.window ?? Int.max) - inFlight
    }

    private var nextStart: UInt64 { breaker.isClosed ? concurrency.nextStart : breaker.nextProbe }

    private func stopWake(now: UInt64) -> UInt64? {
        if stopAfter == .max || !time.isRunning { return nil }
        return now + (stopAfter - min(stopAfter, time.nanoseconds(now: now)))
    }

    private mutating func creditWake(now: UInt64) -> UInt64? {
        if room <= 0 || breaker.isProbeInFlight { return nil }
        // Waking for every single permit of a fast lane would cost more than sending.
        return max(now, nextStart, rate.nextPermit(max(1, rate.burst / 8), now: now))
    }
}
