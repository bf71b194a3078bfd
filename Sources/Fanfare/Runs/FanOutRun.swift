public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import Foundation

/// One fan-out in this process, from its job to its end: what `fanfare run` does, as a library call.
///
/// ```swift
/// let installation = try Installation.own("data")
/// let run = try await FanOutRun.start(try JobFile.load(path: "job.yaml"), in: installation)
/// for await now in run.snapshots() { print(now.progress.counts) }
/// let end = try await run.end()
/// ```
///
/// **Resumable**: the ledger in the installation's directory knows what became of each contact. After `kill -9`, a power
/// cut or ``stop()`` the same call with the same job goes on where it was; a fan-out that has ended is not sent again
/// unless ``Options/again`` says so.
///
/// **Steerable**: what the operator ordered for it holds from the start, and `fanfare pause`, `resume`, `set`, `cancel`
/// and `status` reach it while it waits or sends, as does a ``ControlLink``. Whom its job's `notify` names is told.
///
/// It goes on until its end whoever holds it, and writes that into the catalogue itself. One at a time for each
/// installation. Any thread; nothing blocks: import and freeze have a thread of their own, the engine has its loops.
public final class FanOutRun: Sendable {
    /// How a job is run.
    public struct Options: Sendable {
        /// Begins a new run of a fan-out that has ended, or whose ledger is missing.
        public var again = false
        /// Goes on although job or contact file changed since it began.
        public var acceptChanges = false
        /// Whether the job's time is waited for.
        public var waitsForSchedule = true
        /// Limits of the import of the job's contact file, and where its rejects go.
        public var importing = ImportOptions()
        /// Told of the import after each chunk, on a thread of its own.
        public var onImport: @Sendable (ImportProgress) -> Void = { _ in }
        /// Loops, egress policy, log.
        public var engine = DeliveryEngine.Configuration()

        /// The defaults.
        public init() {}

        var job: JobRun.Options {
            var options = JobRun.Options()
            options.again = again
            options.acceptChanges = acceptChanges
            return options
        }
    }

    /// What the import made of the job's contact file; nil when there was nothing to read.
    public let imported: ImportSummary?
    /// The size of the frozen set.
    public let recipients: Int64
    /// Whether it had begun in an earlier process or call.
    public let isResumed: Bool
    /// Deliveries that may have been under way when the last process died.
    public let unsettled: Int64
    /// What deserves a second look, one sentence each.
    public let warnings: [String]
    /// The fan-out as the catalogue knew it when sending began: its id, its name, its run number.
    public let record: FanOutRecord

    private let running: RunningFanOut
    private let settled: Task<FanOutEnd, any Error>

    /// Begins a fan-out, or takes it up again: imports, waits for the job's time, freezes who receives, and starts to
    /// deliver.
    ///
    /// Cancelling the task while it does leaves what it has come to; the same call goes on from there.
    ///
    /// - Parameters:
    ///   - job: From a file (`JobFile.load`), or put together (`LoadedJob.init`).
    ///   - installation: Owned, and kept until the end.
    ///   - options: How it is run.
    /// - Returns: When sending has begun.
    /// - Throws: ``JobRunError`` when somebody must decide, or the operator cancelled it, `JobError` with all
    ///   that is wrong with the job, `AudienceError`, `StoreError`, `TransportError`, `CancellationError`.
    public static func start(
        _ job: LoadedJob,
        in installation: Installation,
        _ options: Options = Options()
    ) async throws -> FanOutRun {
        try installation.beginRun()
        do {
            let taken = try await OwnThread.run { isCancelled in
                try TakenJob(job, installation, options, isCancelled: isCancelled)
            }
            return try await start(taken, installation, options)
        } catch {
            // Others would take it for one that is being sent; this error is what the caller must know.
            do { try installation.directory.announce(fanOuts: []) } catch {}
            installation.endRun()
            throw error
        }
    }

    private static func start(
        _ taken: TakenJob,
        _ installation: Installation,
        _ options: Options
    ) async throws -> FanOutRun {
        var latest = taken
        do {
            let prepared = try await OwnThread.run { isCancelled in
                var prepared = taken
                try prepared.importContacts(options, isInterrupted: isCancelled)
                return prepared
            }
            latest = prepared
            try await wait(for: prepared, options)
            let started = try await OwnThread.run { _ in try StartedJob(prepared, options) }
            return FanOutRun(started, prepared, installation)
        } catch {
            throw try await leave(latest, error)
        }
    }

    /// Nothing is sent of it, and that is told.
    ///
    /// - Returns: What the caller must know: the error, or that the operator cancelled it.
    private static func leave(_ taken: TakenJob, _ error: any Error) async throws -> any Error {
        let (left, cause) = try await OwnThread.run { _ in
            var left = taken
            let cause = try left.leave(error)
            return (left, cause)
        }
        await left.notifier?.finish(unsent: cause, left.run)
        if case .stopped = cause { return JobRunError.alreadyEnded(left.run.record) }
        return error
    }

    private init(_ started: StartedJob, _ prepared: TakenJob, _ installation: Installation) {
        imported = prepared.imported
        isResumed = prepared.run.isResumed
        recipients = started.recipients
        unsettled = started.unsettled
        warnings = started.warnings
        record = started.run.record
        running = started.running
        let rest = UnsettledRun(started, installation)
        let (running, notifier) = (running, prepared.notifier)
        settled = Task.detached {
            try await running.end(telling: notifier) { end in
                try await OwnThread.run { _ in try rest.settle(end) }
            }
        }
    }

    /// Waits for the job's time: in steps, as the wall clock may be set meanwhile, and the operator may cancel it.
    ///
    /// - Throws: `CancellationError` when it is not to be sent.
    private static func wait(for prepared: TakenJob, _ options: Options) async throws {
        while true {
            try Task.checkCancellation()
            if prepared.isCancelled { throw CancellationError() }
            guard options.waitsForSchedule, let start = prepared.run.start else { return }
            let left = start.unixSeconds - Int64(Date().timeIntervalSince1970)
            if left <= 0 { return }
            try await Task.sleep(for: .seconds(min(left, 1)))
        }
    }

    /// How it stands now.
    public var snapshot: FanOutSnapshot { running.snapshot }

    /// Stops in good order: nothing new is sent, what is in flight is waited for (at most its time-out), the ledger is
    /// written. Returns at once; ``end()`` tells when it is over.
    public func stop() { running.stop() }

    /// Waits until it is over, the catalogue says so, and who is to be told has been. Cancelling the task that waits
    /// stops the fan-out.
    ///
    /// - Returns: Why it ended, and its counts.
    /// - Throws: `StoreError` when the catalogue cannot be written; the ledger knows all the same.
    public func end() async throws -> FanOutEnd {
        try await withTaskCancellationHandler {
            try await settled.value
        } onCancel: {
            running.stop()
        }
    }

    /// How it stands, again and again until its end; the last one is how it ended.
    ///
    /// - Parameter interval: Between two of them; at least 1 ms, which a shorter one is taken for.
    public func snapshots(every interval: Duration = .milliseconds(500)) -> Snapshots {
        Snapshots(running, every: interval)
    }
}
