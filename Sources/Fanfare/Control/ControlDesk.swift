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

    /// The fan-out that this process has taken up.
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
        var orders: FanOutOrders
        var phase = Phase.preparing
        var meter = PaceMeter()
    }

    let installation: Installation
    let catalogue: FanOutCatalogue
    let cap: Cap
    let current = NIOLockedValueBox<Current?>(nil)
    /// Held for a whole order, which writes to the disk and waits for loops; `current` never is.
    let turn = NIOLock()
    /// Makes backups that other processes ask for.
    let backups: BackupDesk

    /// - Parameters:
    ///   - installation: Owned by this process.
    ///   - cap: Asked for settings of a fan-out that this process runs.
    /// - Throws: `StoreError`.
    public init(_ installation: Installation, cap: @escaping Cap = { _ in nil }) throws {
        self.installation = installation
        catalogue = try installation.fanOuts()
        self.cap = cap
        backups = BackupDesk(installation.directory)
    }

    // MARK: For the process that runs a fan-out

    /// From now on orders for this fan-out are this process's to follow.
    ///
    /// - Parameters:
    ///   - id: The fan-out's id.
    ///   - settings: What the job file says.
    public func takeUp(_ id: String, _ settings: DeliverySettings) throws {
        try turn.withLock {
            let orders = try catalogue.orders(for: id)
            current.withLockedValue { $0 = Current(id: id, settings: settings, orders: orders) }
        }
    }

    /// What was ordered for the fan-out that was taken up.
    public var orders: FanOutOrders { current.withLockedValue { $0?.orders } ?? FanOutOrders() }

    /// Starts the fan-out that was taken up, as it was ordered: paused, with what was set, or only to be cancelled.
    ///
    /// - Throws: ``JobRunError`` with `orders` when what was set does not go with the job; what starting throws.
    public func start(_ plan: FanOutPlan, on engine: DeliveryEngine) throws -> RunningFanOut {
        try turn.withLock {
            var plan = plan
            let orders = self.orders
            plan.startsPaused = orders.isPaused
            plan.isCancelled = orders.isCancelled
            plan.settings = orders.change.applied(to: plan.settings)
            if let problem = plan.settings.problems.first { throw JobRunError.ordersUnfit(problem) }
            _ = cap(&plan.settings)
            let running = try engine.start(plan)
            current.withLockedValue { $0?.phase = .running(running) }
            return running
        }
    }

    /// It has ended in this process; orders wait until another process can take them. Call before the catalogue hears of
    /// the end.
    public func ended() { turn.withLock { current.withLockedValue { $0?.phase = .ending } } }

    /// Takes note of how fast it goes, for `status`: about twice a second.
    func tick() {
        guard let running else { return }
        let snapshot = running.snapshot
        current.withLockedValue { _ = $0?.meter.pace(at: snapshot.elapsed, count: snapshot.progress.counts.final) }
    }

    /// Listens for orders from other processes, until the server is closed.
    ///
    /// - Throws: `ControlError`, `StoreError`, `TransportError`.
    public func listen() throws -> ControlServer {
        try ControlServer(installation.directory, tick: { self.tick() }, handler: { self.answer($0) })
    }

    /// Ends what goes on beside the fan-out: a backup that is under way, of which nothing is left. Waits for that.
    public func close() { backups.close() }

    var running: RunningFanOut? {
        current.withLockedValue { current in
            if case .running(let running) = current?.phase { return running }
            return nil
        }
    }
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
