/// Monotonic time that passed while a lane may send: not paused, breaker not open, process up.
///
/// Deadlines, backoff and `stop_after` count in it, so neither a pause of two hours nor a leaping clock ends a
/// delivery. It is stored with a ledger's progress and goes on from there.
public struct LaneTime: Sendable, Hashable {
    private var accumulated: UInt64
    private var runningSince: UInt64?

    /// It stands still until it is started.
    ///
    /// - Parameter stored: Nanoseconds of earlier processes.
    public init(stored: UInt64 = 0) {
        accumulated = stored
        runningSince = nil
    }

    /// It is running.
    public var isRunning: Bool { runningSince != nil }

    /// Nanoseconds by now.
    ///
    /// A `now` that lies before the last one counts as that one.
    public func nanoseconds(now: UInt64) -> UInt64 {
        guard let since = runningSince, now > since else { return accumulated }
        return accumulated + (now - since)
    }

    /// Runs or stands still from now on.
    ///
    /// Setting what is already so changes nothing.
    public mutating func run(_ runs: Bool, now: UInt64) {
        if runs == isRunning { return }
        if runs {
            runningSince = now
        } else {
            accumulated = nanoseconds(now: now)
            runningSince = nil
        }
    }
}
