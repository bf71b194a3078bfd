public import FanfareStore
import Glibc
import Histogram
import NIOConcurrencyHelpers

/// A fan-out under way, for whoever started it. Any thread.
public final class RunningFanOut: Sendable {
    private enum Waiting {
        case nobody
        case task(CheckedContinuation<FanOutEnd, Never>)
        case over(FanOutEnd)
    }

    private let fanOut: FanOut
    /// What people call it.
    public var name: String { fanOut.plan.name }
    private let started = Clocks.monotonic()
    private let waiting = NIOLockedValueBox(Waiting.nobody)

    private let loops: [LoopMailbox]

    init(_ fanOut: FanOut, loops: [LoopMailbox]) {
        self.fanOut = fanOut
        self.loops = loops
    }

    /// Stops in good order: nothing new is sent, what is in flight is waited for (at most its time-out), the ledger is
    /// written. Returns at once; ``end()`` tells when it is over.
    public func stop() { fanOut.requestStop() }

    /// Sends nothing new until ``resume(by:)``. What is in flight ends by itself; what was claimed and not begun goes back
    /// to the ledger. Lane time stands still, so that no deadline passes.
    ///
    /// Waits until every loop has followed: a few milliseconds, `patience` at most. It lasts for this process; who
    /// wants it to last longer sets ``FanOutPlan/startsPausedBy`` at the next start.
    ///
    /// - Parameters:
    ///   - order: Whose word it is; all that were given have to be taken back before it goes on.
    ///   - patience: Longest wait for the loops.
    /// - Returns: Whether no request begins from now on; false: a loop is held up and follows later.
    @discardableResult
    public func pause(by order: PauseReasons = .byOperator, patience: Duration = .seconds(2)) -> Bool {
        guard let pause = fanOut.pause(by: order) else { return true }
        for loop in loops { loop.wake() }
        let end = Clocks.monotonic() + patience.wholeNanoseconds
        while !fanOut.isQuiet(since: pause, loops: loops.count) {
            if Clocks.monotonic() >= end { return false }
            usleep(500)
        }
        return true
    }

    /// Takes back ``pause(by:patience:)``; when nothing else keeps it, it goes on at once.
    ///
    /// - Returns: Whether it was paused so.
    @discardableResult
    public func resume(by order: PauseReasons = .byOperator) -> Bool {
        let wasPaused = fanOut.resume(by: order)
        for loop in loops { loop.wake() }
        return wasPaused
    }

    /// Ends it for good: nothing new is sent, what is in flight is waited for and counted, all the rest becomes
    /// cancelled. Returns at once; ``end()`` tells when it is over. It cannot be taken back.
    public func cancel() { fanOut.requestCancel() }

    /// Changes rate, number in flight or deadline from now on, for as long as this process runs it.
    ///
    /// - Returns: The settings that hold now.
    /// - Throws: ``InvalidDeliverySettings``; then nothing has changed.
    @discardableResult
    public func change(_ change: SettingsChange) throws(InvalidDeliverySettings) -> DeliverySettings {
        let settings = try fanOut.change(change)
        for loop in loops { loop.wake() }
        return settings
    }

    /// The settings that hold now.
    public var settings: DeliverySettings { fanOut.read { $0.settings } }

    /// How it stands now.
    public var snapshot: FanOutSnapshot {
        let now = Clocks.monotonic()
        let elapsed = Duration.nanoseconds(Int64(now - started))
        return fanOut.read { shared in
            FanOutSnapshot(
                progress: shared.progress,
                lane: shared.lane.snapshot(now: now),
                latency: .init(
                    p50: .microseconds(Int64(shared.latency.valueAtPercentile(50))),
                    p99: .microseconds(Int64(shared.latency.valueAtPercentile(99)))
                ),
                attempts: Int64(shared.latency.totalCount),
                elapsed: elapsed,
                stall: shared.stall,
                lastFailure: shared.lastFailure,
                nameFailure: shared.nameFailure.map(String.init(describing:)),
                totals: shared.totals,
                http2Loss: shared.http2Loss,
                opening: shared.opening,
                part: .init(fanOut.waves, open: shared.openWaves)
            )
        }
    }

    /// For how long, in lane time, the oldest delivery that waits for a further attempt has been due; zero when none is,
    /// nil when the ledger cannot be read.
    ///
    /// One look at an index of the ledger: for whoever asks now and then.
    public var oldestDueAge: Duration? {
        let now = Clocks.monotonic()
        let seconds = fanOut.read { shared in
            var lane = shared.lane
            return Int64(lane.laneTime(now: now) / 1_000_000_000)
        }
        do {
            guard let oldest = try fanOut.plan.ledger.oldestDue() else { return .zero }
            return .seconds(max(0, seconds - oldest))
        } catch {
            return nil
        }
    }

    /// Waits until it is over: complete, stopped or failed. One caller at a time.
    public func end() async -> FanOutEnd {
        await withCheckedContinuation { continuation in
            let end: FanOutEnd? = waiting.withLockedValue { waiting in
                if case .over(let end) = waiting { return end }
                waiting = .task(continuation)
                return nil
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// How it ended; nil: it has not.
    public var ending: FanOutEnd? {
        waiting.withLockedValue { if case .over(let end) = $0 { end } else { nil } }
    }

    func finish(_ end: FanOutEnd) {
        let before = waiting.withLockedValue { waiting in
            defer { waiting = .over(end) }
            return waiting
        }
        if case .task(let continuation) = before { continuation.resume(returning: end) }
    }
}

/// How a running fan-out stands at a moment.
public struct FanOutSnapshot: Sendable {
    /// How long attempts take, of all so far.
    public struct Latency: Sendable, Hashable, Codable {
        /// Half of them were at most this long.
        public var p50: Duration
        /// 99 of 100 were at most this long.
        public var p99: Duration
    }

    /// How far a fan-out in parts has come.
    public struct Part: Sendable, Hashable, Codable {
        /// Parts that have begun.
        public var begun: Int
        /// All of them.
        public var count: Int
        /// When the next begins: Unix seconds; nil: all have begun.
        public var nextAt: Int64?
        /// The last ordinal of those that have begun; nil: all have begun.
        public var lastOrdinal: Int64?

        init?(_ waves: Waves, open: Int) {
            if waves.waves.isEmpty { return nil }
            (begun, count) = (open, waves.waves.count)
            let isLast = open == count
            nextAt = isLast ? nil : waves.waves[open].dueAt
            lastOrdinal = isLast ? nil : waves.lastOrdinal(open: open)
        }
    }

    /// How an attempt failed.
    public struct Failure: Sendable, Hashable, Codable {
        /// Why.
        public var reason: Reason
        /// The receiver's status; 0: none.
        public var status: UInt16
    }

    /// As last committed.
    public var progress: LedgerProgress
    /// What the lane does.
    public var lane: LaneSnapshot
    /// How long attempts take.
    public var latency: Latency
    /// Requests that ended in this process, for which a connection was used or tried.
    public var attempts: Int64
    /// Since this process took it up.
    public var elapsed: Duration
    /// Set while the ledger cannot be written.
    public var stall: StoreError?
    /// The last attempt of this process that failed.
    public var lastFailure: Failure?
    /// Set while the receiver's name cannot be found: why, in a few words.
    public var nameFailure: String?
    /// What became of this process's attempts, counted.
    public var totals: AttemptTotals
    /// Set once HTTP/2 was given up for HTTP/1.1.
    public var http2Loss: HTTP2Loss?
    /// When the job's window opens next; nil: it is open, or there is none.
    public var opening: SendWindow.Opening?
    /// Which part goes out, where there are several.
    public var part: Part?

    /// - Parameters: see the properties of the same names.
    package init(
        progress: LedgerProgress,
        lane: LaneSnapshot,
        latency: Latency,
        attempts: Int64,
        elapsed: Duration,
        stall: StoreError? = nil,
        lastFailure: Failure? = nil,
        nameFailure: String? = nil,
        totals: AttemptTotals = AttemptTotals(),
        http2Loss: HTTP2Loss? = nil,
        opening: SendWindow.Opening? = nil,
        part: Part? = nil
    ) {
        (self.progress, self.lane, self.latency) = (progress, lane, latency)
        (self.attempts, self.elapsed, self.totals) = (attempts, elapsed, totals)
        (self.stall, self.lastFailure, self.nameFailure) = (stall, lastFailure, nameFailure)
        (self.http2Loss, self.opening, self.part) = (http2Loss, opening, part)
    }
}

/// How a fan-out's run in this process ended.
public struct FanOutEnd: Sendable {
    /// Why it ended.
    public enum Cause: Sendable {
        /// Every delivery is in a final state.
        case complete
        /// ``RunningFanOut/stop()``; it can be resumed.
        case interrupted
        /// A rule stopped it.
        case stopped(StopReason)
        /// The agent failed; the error is `StoreError`, `TransportError` or `DeliveryError`.
        case failed(any Error)
    }

    /// Why it ended.
    public var cause: Cause
    /// The ledger's progress as last committed.
    public var progress: LedgerProgress
    /// How it stood at the end.
    public var snapshot: FanOutSnapshot

    /// - Parameters: see the properties of the same names.
    package init(cause: Cause, progress: LedgerProgress, snapshot: FanOutSnapshot) {
        (self.cause, self.progress, self.snapshot) = (cause, progress, snapshot)
    }
}
