import FanfarePayload
public import FanfareTransport
public import Logging
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
        /// In which a receiver's name must be found once: one that is not is a mistake for the operator, not an outage
        /// to wait for.
        public var namePatience: Duration
        /// What lanes of one origin share; engines of one process that are given the same one keep to it together.
        public var origins = OriginTable()
        /// Told how loops, lanes and ledgers fare; never of a contact, payload or secret. Keeps silent unless given.
        public var logger = Logger(label: "fanfare") { _ in SwiftLogNoOpLogHandler() }
        /// - Parameters:
        ///   - loops: Threads that drive libcurl.
        ///   - egress: Where connections may go.
        ///   - namePatience: In which a receiver's name must be found once.
        public init(
            loops: Int = 1,
            egress: EgressPolicy = EgressPolicy(),
            namePatience: Duration = .seconds(60)
        ) {
            self.loops = loops
            self.egress = egress
            self.namePatience = namePatience
        }
    }

    private let names: NameResolver
    private let namePatience: Duration
    private let logger: Logger
    private let origins: OriginTable
    private let loops: EngineLoops
    private let supervisors = NIOLockedValueBox<[LoopThread]>([])

    /// Starts the loops.
    ///
    /// - Throws: `TransportError`.
    public convenience init(_ configuration: Configuration = Configuration()) throws {
        try self.init(configuration, names: NameResolver())
    }

    /// Starts the loops with a resolver of one's own.
    ///
    /// - Throws: `TransportError`.
    init(_ configuration: Configuration, names: NameResolver) throws {
        self.names = names
        namePatience = configuration.namePatience
        logger = configuration.logger
        origins = configuration.origins
        loops = try EngineLoops(configuration.loops, names: names) { number in
            let loop = try DeliveryLoop(.init(egress: configuration.egress))
            configuration.logger.info("loop started", metadata: ["loop": "\(number)"])
            return loop
        }
    }

    /// Starts a frozen, recovered fan-out.
    ///
    /// - Throws: `StoreError` or `TransportError` when it cannot begin.
    public func start(_ plan: FanOutPlan) throws -> RunningFanOut {
        let mailboxes = loops.mailboxes
        let fanOut = try FanOut(
            plan,
            origin: origins.share(of: plan.template.origin),
            loops: mailboxes.count,
            logger: logger
        )
        let writer = try LedgerWriter(
            ledger: plan.ledger,
            inbox: fanOut.inbox,
            position: { fanOut.position() },
            onCommit: { records, commit in
                fanOut.committed(records, commit)
                for mailbox in mailboxes { mailbox.wake() }
            }
        )
        let running = RunningFanOut(fanOut, loops: mailboxes)
        let supervisor = FanOutSupervisor(
            fanOut: fanOut,
            running: running,
            writer: writer,
            loops: mailboxes,
            namePatience: namePatience
        )
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
