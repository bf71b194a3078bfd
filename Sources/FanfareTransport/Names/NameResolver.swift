/// Looks names up, off the loops' threads, and tells those who follow a name when its addresses change.
///
/// Two threads look up, more while those hang. A name is looked up when it is first followed, then every minute, and
/// earlier on request. All methods may be called by any thread and never block.
public final class NameResolver: Sendable {
    /// When things happen.
    public struct Timing: Sendable, Hashable {
        /// Between two look-ups of a name that has addresses.
        public var refreshInterval: Duration = .seconds(60)
        /// After a first failed look-up; doubles up to `refreshInterval`.
        public var firstRetry: Duration = .seconds(5)
        /// Between two look-ups of a name, however often asked for.
        public var shortestInterval: Duration = .seconds(1)
        /// A name that waits so long in the queue gets a further thread.
        public var hangingAfter: Duration = .milliseconds(500)

        /// The defaults.
        public init() {}

        func pause(afterFailures count: Int) -> Duration {
            count == 0 ? refreshInterval : min(refreshInterval, firstRetry * (1 << min(count - 1, 10)))
        }
    }

    private let core: ResolverCore

    /// - Parameters:
    ///   - timing: When things happen.
    ///   - threads: How many look up at most; two of them stay, from 1.
    ///   - lookUp: How a name becomes addresses.
    /// - Throws: ``TransportError/Code/system`` when the system has no thread left.
    public init(timing: Timing = Timing(), threads: Int = 16, lookUp: LookUp = .system) throws(TransportError) {
        core = ResolverCore(timing: timing, threads: max(1, threads), lookUp: lookUp)
        try core.start()
    }

    deinit { core.close() }

    /// Tells `mailbox` the addresses of `host`, now or when they are known, and whenever they change.
    ///
    /// A failure is told once, and not while older addresses are there.
    ///
    /// - Parameters:
    ///   - host: A name; for an address use it directly.
    ///   - token: Comes back in each ``NameUpdate``.
    ///   - mailbox: Where news go.
    public func follow(host: String, token: UInt64, mailbox: NameMailbox) {
        core.follow(host, NameTable.Follower(token: token, mailbox: mailbox))
    }

    /// Ends what ``follow(host:token:mailbox:)`` began.
    public func unfollow(token: UInt64, mailbox: NameMailbox) { core.unfollow(token: token, mailbox: mailbox) }

    /// Looks a followed name up again soon, as after a failed connection; not more often than once a second.
    public func refresh(host: String) { core.refresh(host) }
}
