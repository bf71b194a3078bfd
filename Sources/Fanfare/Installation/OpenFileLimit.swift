public import FanfareDelivery
import Glibc

/// How many files and connections this process may have open.
public struct OpenFileLimit: Sendable, Hashable {
    /// What the agent needs beside its loops: databases, those that are opened for a moment, look-ups, standard input
    /// and output. Counted in a run: 31, with one loop's share.
    static let reserve = 48
    /// A loop's databases and waker (8), and the two descriptors of each multi handle that it opens at its start.
    static let perLoop = 8 + 2 * homeHandles
    /// Multi handles that a loop has from its start (`HOME_SHARDS`).
    static let homeHandles = 16
    /// Connections that share one of libcurl's multi handles (`SHARD_CONNECTIONS`); any more have a further handle.
    static let connectionsPerHandle = 32

    /// Descriptors, as the system counts them.
    public let descriptors: Int
    /// Fan-outs that have so many each.
    private var sharers = 1

    init(descriptors: Int) { self.descriptors = descriptors }

    /// What each of several fan-outs has that one process runs.
    func shared(by count: Int) -> OpenFileLimit {
        var share = OpenFileLimit(descriptors: descriptors / count)
        share.sharers = count
        return share
    }

    /// Raises the limit as far as this process may.
    ///
    /// - Returns: The limit from now on; as it was when it cannot be raised.
    public static func raised() -> OpenFileLimit {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return OpenFileLimit(descriptors: 1024)
        }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return OpenFileLimit(descriptors: Int(clamping: isRaised ? limit.rlim_cur : before))
    }

    /// The requests that can be in flight under this limit; at least 1.
    ///
    /// - Parameter loops: Threads that drive requests.
    public func connections(loops: Int) -> Int {
        var free = descriptors - Self.reserve - Self.perLoop * loops
        // Loops do not share their connections: what one needs now another may keep idle (counted: a sixteenth).
        if loops > 1 { free = free * 7 / 8 }
        let home = Self.homeHandles * Self.connectionsPerHandle * loops
        let further = max(0, free - home)
        return max(1, min(free, home) + further * Self.connectionsPerHandle / (Self.connectionsPerHandle + 2))
    }

    /// Lowers `max_in_flight` to what the limit allows.
    ///
    /// - Parameters:
    ///   - settings: Changed when they ask for more.
    ///   - loops: Threads that drive requests.
    /// - Returns: A warning with both numbers, as a sentence; nil when all fits.
    public func cap(_ settings: inout DeliverySettings, loops: Int) -> String? {
        let most = connections(loops: loops)
        let wanted = settings.maxInFlight
        guard wanted > most else { return nil }
        settings.maxInFlight = most
        let each = sharers == 1 ? "" : " for each of the \(sharers) fan-outs that it may run at a time"
        return "max_in_flight is \(wanted), but this process may have only \(descriptors) files open\(each): \(most) "
            + "requests at a time; raise the limit with ulimit -n or LimitNOFILE="
    }
}
