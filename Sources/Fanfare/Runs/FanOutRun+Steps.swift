import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareStore
import FanfareTransport
import NIOConcurrencyHelpers

/// A job that was taken up: its record is there, orders for it are taken, and whom it names can be told.
struct TakenJob: Sendable {
    private(set) var run: JobRun
    private(set) var imported: ImportSummary?
    let orders: OrderDesk
    let notifier: Notifier?

    /// One whose parts are there.
    init(_ run: JobRun, _ orders: OrderDesk, _ notifier: Notifier?) {
        (self.run, self.orders, self.notifier) = (run, orders, notifier)
    }

    init(
        _ job: LoadedJob,
        _ installation: Installation,
        _ options: FanOutRun.Options,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        try JobCheck.refuseFaulty(job, dataDirectory: installation.directory.path, isCancelled: isCancelled)
        let limit = OpenFileLimit.raised()
        run = try JobRun(job, in: installation, options.job)
        notifier = try job.job.notify.map {
            try Notifier($0, egress: options.engine.egress, logger: options.engine.logger)
        }
        orders = try OrderDesk(for: run, job.job.delivery, limit, loops: options.engine.loops, installation)
    }

    /// The operator wants it no longer.
    var isCancelled: Bool { orders.desk.orders.isCancelled }

    /// Brings the contacts up to the job's file.
    mutating func importContacts(_ options: FanOutRun.Options, isInterrupted: () -> Bool) throws {
        if run.isCancelled { throw CancellationError() }
        try withoutActuallyEscaping(isInterrupted) { isInterrupted in
            do {
                imported = try run.importContacts(options.importing) { [orders] progress in
                    options.onImport(progress)
                    return !isInterrupted() && !orders.desk.orders.isCancelled
                }
            } catch let error as AudienceError where error.code == .cancelled {
                throw CancellationError()
            }
        }
    }

    /// Nothing is sent of it: takes no more orders, and ends it when that was ordered. Blocks.
    ///
    /// - Parameter error: Why nothing is sent.
    /// - Returns: What became of it.
    mutating func leave(_ error: any Error) throws -> FanOutEnd.Cause {
        orders.desk.ended()
        defer { do { try orders.close() } catch {} }
        if let missed = error as? MissedStart {
            try run.giveUp(missed.reason)
            return .stopped(missed.reason)
        }
        guard error is CancellationError else { return .failed(error) }
        guard isCancelled || run.isCancelled else { return .interrupted }
        if !run.isCancelled { try run.cancel() }
        return .stopped(.cancelled)
    }
}

/// A job's time came while nobody was there to start it, and is past by more than it may be late.
struct MissedStart: Error {
    let reason: StopReason
}

/// A job whose fan-out is under way.
struct StartedJob: Sendable {
    let run: JobRun
    let orders: OrderDesk
    let engine: DeliveryEngine
    let running: RunningFanOut
    let recipients: Int64
    let unsettled: Int64
    let warnings: [String]
    /// How its receiver is reached.
    let endpoint: EndpointSettings

    /// - Parameters:
    ///   - taken: The job, whose time has come.
    ///   - options: How it is run.
    ///   - proxy: What requests go through in place of the job's own proxy.
    init(_ taken: TakenJob, _ options: FanOutRun.Options, proxy: ForwardProxy? = nil) throws {
        var run = taken.run
        orders = taken.orders
        recipients = try run.freeze()
        var (plan, unsettled) = try run.plan()
        if let proxy { plan.endpoint.proxy = proxy }
        self.unsettled = unsettled
        endpoint = plan.endpoint
        warnings = [orders.warning, orders.fit(&plan.settings)].compactMap(\.self)
        self.run = run
        engine = try DeliveryEngine(options.engine)
        do {
            running = try orders.desk.start(plan, on: engine)
        } catch {
            engine.close()
            throw error
        }
    }
}

/// What a fan-out under way holds that must be let go of by the time its end is told: whoever has waited for that may
/// take the directory anew, or remove it.
final class UnsettledRun: Sendable {
    private let held: NIOLockedValueBox<(job: StartedJob, installation: Installation)?>

    init(_ job: StartedJob, _ installation: Installation) { held = NIOLockedValueBox((job, installation)) }

    /// Ends the loops, tells the catalogue, takes no more orders, and lets go of all. Blocks.
    func settle(_ end: FanOutEnd) throws {
        let taken = held.withLockedValue { held in
            defer { held = nil }
            return held
        }
        guard let (job, installation) = taken else { return }
        defer { installation.endRun() }
        job.orders.desk.ended()
        job.engine.close()
        var run = job.run
        let settled = Result { try run.settle(end) }
        try job.orders.close()
        try settled.get()
    }
}

/// Work that blocks, away from the threads that asynchronous work shares.
enum OwnThread {
    /// Runs work on a thread of its own.
    ///
    /// - Parameter body: Given a way to ask whether the task that waits for it was cancelled.
    /// - Throws: `TransportError` when the system has no thread left, or what `body` throws.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws -> Result
    ) async throws -> Result {
        let cancelled = NIOLockedValueBox(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    // Let go of unjoined: the system frees it when it ends.
                    _ = try LoopThread(name: "fanfare-run") {
                        continuation.resume(with: .init { try body { cancelled.withLockedValue { $0 } } })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            cancelled.withLockedValue { $0 = true }
        }
    }
}
