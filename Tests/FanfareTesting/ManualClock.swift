import NIOConcurrencyHelpers

/// A monotonic clock that stands still until a test advances it.
public final class ManualClock: Sendable {
    private let time: NIOLockedValueBox<Int64>

    /// - Parameter nanoseconds: What it shows first.
    public init(nanoseconds: Int64 = 0) { time = NIOLockedValueBox(nanoseconds) }

    /// What it shows, in nanoseconds.
    public var now: Int64 { time.withLockedValue { $0 } }

    /// Lets time pass.
    ///
    /// - Parameter duration: How much; negative to let the clock leap back, as a wall clock does.
    public func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        time.withLockedValue { $0 += seconds * 1_000_000_000 + attoseconds / 1_000_000_000 }
    }
}
