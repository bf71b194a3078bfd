public import FanfareStore
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
    private let started = Clocks.monotonic()
    private let waiting = NIOLockedValueBox(Waiting.nobody)

    init(_ fanOut: FanOut) { self.fanOut = fanOut }

    /// Stops in good order: nothing new is sent, what is in flight is waited for (at most its time-out), the ledger is
    /// written. Returns at once; ``end()`` tells when it is over.
    public func stop() { fanOut.requestStop() }

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
                nameFailure: shared.nameFailure.map(String.init(describing:))
            )
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
    public struct Latency: Sendable, Hashable {
        /// Half of them were at most this long.
        public var p50: Duration
        /// 99 of 100 were at most this long.
        public var p99: Duration
    }

    /// How an attempt failed.
    public struct Failure: Sendable, Hashable {
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
}
