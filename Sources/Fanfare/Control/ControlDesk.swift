public import FanfareControl
public import FanfareDelivery
import FanfareStore
import NIOConcurrencyHelpers

/// Takes the operator's orders for the fan-outs of a data directory that this process owns, whether it runs them or
/// not, and remembers them in the catalogue before it confirms them.
///
/// Any thread. One order after the other; a fan-out that starts does so between two of them, so that none is lost on the
/// way from the catalogue to the loops:
///
/// | Death after | What the next run finds |
/// | --- | --- |
/// | the pause, before it is noted | nothing was confirmed; it goes on |
/// | any order was noted, before it was confirmed | the order; it is followed |
/// | `cancel` was noted, before all was cancelled | the order; the rest is cancelled before anything else |
public final class ControlDesk: Sendable {
    /// Lowers settings to what this process can hold, and tells so in a sentence.
    public typealias Cap = @Sendable (inout DeliverySettings) -> String?

    /// A fan-out that this process has taken up.
    struct Current {
        enum Phase {
            /// It imports, or waits for its time.
            case preparing
            case running(RunningFanOut)
            /// It has ended here; the catalogue is about to hear of it.
            case ending
        }

        let id: String
        /// What the job file says.
        let settings: DeliverySettings
        /// Lowers settings to what this process can hold for it.
        let cap: Cap
        var orders: FanOutOrders
        var phase = Phase.preparing
        var meter = PaceMeter()

        var running: RunningFanOut? {
            if case .running(let running) = phase { return running }
            return nil
        }
    }

    let installation: Installation
    let catalogue: FanOutCatalogue
    /// By their ids.
    let current = NIOLockedValueBox<[String: Current]>([:])
    /// Held for a whole order, which writes to the disk and waits for loops; `current` never is.
    let turn = NIOLock()
    /// Makes backups that other processes ask for.
    let backups: BackupDesk
    /// Stops everything.
    let stopSwitch: StopSwitch
    /// What sends beside fan-outs, and stops with them.
    struct Others {
        var stop: @Sendable (_ isStopped: Bool) -> Void = { _ in }
        /// Requests of theirs that were under way a moment ago.
        var inFlight: @Sendable () -> Int = { 0 }
    }

    let others = NIOLockedValueBox(Others())

    /// - Parameter installation: Owned by this process.
    /// - Throws: `StoreError`.
    public init(_ installation: Installation) throws {
        self.installation = installation
        catalogue = try installation.fanOuts()
        backups = BackupDesk(installation.directory)
        stopSwitch = try StopSwitch(installation.catalogue)
    }

    // MARK: For the process that runs fan-outs

    /// From now on orders for this fan-out are this process's to follow.
    ///
    /// - Parameters:
    ///   - id: The fan-out's id.
    ///   - settings: What the job file says.
    ///   - cap: Asked for settings before they hold.
    /// - Returns: Its place at the desk.
    @discardableResult
    public func takeUp(
        _ id: String,
        _ settings: DeliverySettings,
        cap: @escaping Cap = { _ in nil }
    ) throws -> FanOutDesk {
        try turn.withLock {
            let orders = try catalogue.orders(for: id)
            let taken = Current(id: id, settings: settings, cap: cap, orders: orders)
            current.withLockedValue { $0[id] = taken }
        }
        return FanOutDesk(desk: self, id: id)
    }

    /// Takes note of how fast all goes, for `status`: about twice a second.
    func tick() {
        for (id, fanOut) in running {
            let snapshot = fanOut.snapshot
            current.withLockedValue {
                _ = $0[id]?.meter.pace(at: snapshot.elapsed, count: snapshot.progress.counts.final)
            }
        }
    }

    /// Listens for orders from other processes, until the server is closed.
    ///
    /// - Throws: `ControlError`, `StoreError`, `TransportError`.
    public func listen() throws -> ControlServer {
        try ControlServer(installation.directory, tick: { self.tick() }, handler: { self.answer($0) })
    }

    /// Ends what goes on beside fan-outs: a backup that is under way, of which nothing is left. Waits for that.
    public func close() { backups.close() }

    /// Those that send, by their ids.
    var running: [String: RunningFanOut] {
        current.withLockedValue { $0.compactMapValues(\.running) }
    }
}

/// One fan-out's place at a desk, for who runs it. Any thread.
public struct FanOutDesk: Sendable {
    let desk: ControlDesk
    /// The fan-out's id.
    let id: String

    /// Since when, by whom and why everything is stopped; nil: it is not.
    public var stop: PulledStop? { desk.stopSwitch.pulled }
    /// Whether it is to send nothing, by whatever order.
    public var isPaused: Bool { orders.isPaused || stop != nil }
    /// What was ordered for it.
    public var orders: FanOutOrders { desk.current.withLockedValue { $0[id]?.orders } ?? FanOutOrders() }

    /// Starts it as it was ordered: paused, with what was set, or only to be cancelled.
    ///
    /// - Throws: ``JobRunError`` with `orders` when what was set does not go with the job; what starting throws.
    public func start(_ plan: FanOutPlan, on engine: DeliveryEngine) throws -> RunningFanOut {
        try desk.turn.withLock {
            var plan = plan
            let orders = self.orders
            if orders.isPaused { plan.startsPausedBy.formUnion(.byOperator) }
            if stop != nil { plan.startsPausedBy.formUnion(.everythingStopped) }
            plan.isCancelled = orders.isCancelled
            plan.settings = orders.change.applied(to: plan.settings)
            if let problem = plan.settings.problems.first { throw JobRunError.ordersUnfit(problem) }
            let cap = desk.current.withLockedValue { $0[id]?.cap }
            _ = cap?(&plan.settings)
            let running = try engine.start(plan)
            desk.current.withLockedValue { $0[id]?.phase = .running(running) }
            return running
        }
    }

    /// It has ended in this process; orders wait until another process can take them, or this one has let go of it. Call
    /// before the catalogue hears of the end.
    public func ended() { desk.turn.withLock { desk.current.withLockedValue { $0[id]?.phase = .ending } } }

    /// The catalogue has heard of its end: orders for it are answered from there.
    public func release() { desk.turn.withLock { desk.current.withLockedValue { $0[id] = nil } } }
}

/// Deliveries that became final per second, over the last seconds.
struct PaceMeter {
    private static let window: Duration = .seconds(3)
    private var samples: [(at: Duration, count: Int64)] = []

    mutating func pace(at elapsed: Duration, count: Int64) -> Double {
        samples.append((elapsed, count))
        while samples.count > 2, elapsed - samples[1].at > Self.window { samples.removeFirst() }
        guard let first = samples.first, elapsed > first.at else { return 0 }
        return Double(count - first.count) / ((elapsed - first.at) / .seconds(1))
    }
}
