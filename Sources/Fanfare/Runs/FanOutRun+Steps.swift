import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareStore
import FanfareTransport
import NIOConcurrencyHelpers

/// A job that has its contacts and waits for its time.
struct BegunJob: Sendable {
    private(set) var run: JobRun
    private(set) var imported: ImportSummary?

    init(
        _ job: LoadedJob,
        _ installation: Installation,
        _ options: FanOutRun.Options,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        try JobCheck.refuseFaulty(job, dataDirectory: installation.directory.path, isCancelled: isCancelled)
        run = try JobRun(job, in: installation, options.job)
        if run.isCancelled { throw JobRunError.alreadyEnded(run.record) }
        do {
            imported = try run.importContacts(options.importing) { progress in
                options.onImport(progress)
                return !isCancelled()
            }
        } catch let error as AudienceError where error.code == .cancelled {
            throw CancellationError()
        }
    }
}

/// A job whose fan-out is under way.
struct StartedJob: Sendable {
    let run: JobRun
    let engine: DeliveryEngine
    let running: RunningFanOut
    let recipients: Int64
    let unsettled: Int64
    let warnings: [String]

    init(_ begun: BegunJob, _ options: FanOutRun.Options) throws {
        let limit = OpenFileLimit.raised()
        var run = begun.run
        recipients = try run.freeze()
        var (plan, unsettled) = try run.plan()
        self.unsettled = unsettled
        warnings = [limit.cap(&plan.settings, loops: options.engine.loops)].compactMap(\.self)
        self.run = run
        engine = try DeliveryEngine(options.engine)
        do {
            running = try engine.start(plan)
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

    /// Ends the loops, tells the catalogue, and lets go of all. Blocks.
    func settle(_ end: FanOutEnd) throws {
        let taken = held.withLockedValue { held in
            defer { held = nil }
            return held
        }
        guard let (job, installation) = taken else { return }
        defer { installation.endRun() }
        job.engine.close()
        var run = job.run
        try run.settle(end)
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
