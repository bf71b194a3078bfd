import FanfarePayload
public import FanfareTransport
import NIOConcurrencyHelpers

/// The loops of a process, and the fan-outs that run on them.
///
/// Any thread. Each fan-out has its own ledger writer and supervisor; the loops are shared, so that lanes take turns.
public final class DeliveryEngine: Sendable {
    /// How the engine is set up.
    public struct Configuration: Sendable {
        /// Threads that drive libcurl, 1 … 64.
        public var loops: Int
        /// Where connections may go.
        public var egress: EgressPolicy
        /// - Parameters:
        ///   - loops: Threads that drive libcurl.
        ///   - egress: Where connections may go.
        public init(loops: Int = 1, egress: EgressPolicy = EgressPolicy()) {
            self.loops = loops
            self.egress = egress
        }
    }

    private let names: NameResolver
    private let origins = OriginTable()
    private let loops: EngineLoops
    private let supervisors = NIOLockedValueBox<[LoopThread]>([])

    /// Starts the loops.
    ///
    /// - Throws: `TransportError`.
    public init(_ configuration: Configuration = Configuration()) throws {
        let names = try NameResolver()
        loops = try EngineLoops(configuration.loops, names: names) { _ in
            try DeliveryLoop(.init(egress: configuration.egress))
        }
        self.names = names
    }

    /// Starts a frozen, recovered fan-out.
    ///
    /// - Throws: `StoreError` or `TransportError` when it cannot begin.
    public func start(_ plan: FanOutPlan) throws -> RunningFanOut {
        let mailboxes = loops.mailboxes
        let fanOut = try FanOut(plan, origin: origins.share(of: plan.template.origin), loops: mailboxes.count)
        let writer = try LedgerWriter(
            ledger: plan.ledger,
            inbox: fanOut.inbox,
            position: { fanOut.position() },
            onCommit: { records, commit in
                fanOut.committed(records, commit)
                for mailbox in mailboxes { mailbox.wake() }
            }
        )
        let running = RunningFanOut(fanOut)
        let supervisor = FanOutSupervisor(fanOut: fanOut, running: running, writer: writer, loops: mailboxes)
        let thread = try LoopThread(name: "fanfare-fan-out") { supervisor.run() }
        supervisors.withLockedValue { $0.append(thread) }
        return running
    }

    /// Ends the loops. Every fan-out must have ended.
    public func close() {
        for thread in supervisors.withLockedValue({ $0 }) { thread.join() }
        loops.close()
    }
}
