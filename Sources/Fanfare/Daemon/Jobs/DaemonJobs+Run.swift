import FanfareAudience
import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareStore
import FanfareTransport
import Foundation
import Logging
import NIOConcurrencyHelpers

/// How one job is run, from its order to its end.
extension DaemonJobs {
    /// The operator ordered an earlier process to cancel it, and that was carried out here.
    private struct Cancelled: Error {}

    /// Runs a job to its end, whatever that is, and forgets its order when nothing is left to be gone on with.
    func run(_ job: DaemonJob) async {
        var logger = configuration.logger
        logger[metadataKey: "fanout"] = "\(job.name)"
        logger.info("job taken")
        let end: HandedEnd
        var hasNoPlace = false
        do {
            end = try await execute(job)
        } catch {
            job.fails(error)
            // Of its name there is another, or an earlier one that it does not go with: nobody can mend the order.
            hasNoPlace = error is JobRunError && job.fanOut == nil && job.isNew
            end = HandedEnd(Self.cause(of: error))
        }
        switch end.cause {
        case .complete, .stopped: logger.info("job over")
        case .interrupted: logger.info("job left; the next start goes on with it")
        // What is wrong may repeat what a file says of a contact.
        case .refused: logger.error("job refused")
        case .failed(let message):
            logger.error("job failed; the next start goes on with it", metadata: ["error": "\(message)"])
        }
        var next: DaemonJob?
        do {
            switch end.cause {
            // Somebody may mend it, a variable of this process perhaps, and start it again.
            case .refused where job.order.isPlanned && !hasNoPlace: break
            case .complete, .stopped, .refused: next = try succeed(job, end.cause)
            case .interrupted, .failed: break
            }
        } catch {
            // It is found ended at the next start, and forgotten then.
            logger.error("an order that is carried out could not be forgotten", metadata: ["error": "\(error)"])
        }
        // Before it is over: of a series one is always under way.
        if let next { begin(next) }
        job.ended(end)
        changed(job)
    }

    private static func cause(of error: any Error) -> HandedEnd.Cause {
        switch error {
        case is CancellationError: .interrupted
        case is Cancelled: .stopped(.cancelled)
        case let error as JobError: .refused(error.description)
        case let error as JobRunError: .refused("fanfare: \(error)")
        case let error as AudienceError where error.code != .storage: .refused("fanfare: \(error)")
        default: .failed("\(error)")
        }
    }

    private func execute(_ job: DaemonJob) async throws -> HandedEnd {
        try await waitUntilReleased(job)
        let options = try job.order.runOptions(
            configuration,
            origins,
            rejects: Installation.rejectsPath(ofJob: job.name, in: installation.directory.path)
        )
        let proxy = try job.order.proxy(configuration)
        let taken = try await OwnThread.run { _ in try self.takeUp(job, options) }
        job.isTakenUp(taken)
        var latest = taken
        do {
            // What is planned, for weeks perhaps, has the contacts of its time.
            if job.order.isPlanned { try await waitForStart(job, taken, options) }
            latest = try await importContacts(job, taken, options)
            if !job.order.isPlanned { try await waitForStart(job, latest, options) }
            try await takeTurn(job)
        } catch {
            return try await leave(job, latest, error)
        }
        defer { passOn(job) }
        let prepared = latest
        let started: StartedJob
        do {
            started = try await OwnThread.run { _ in try StartedJob(prepared, options, proxy: proxy) }
        } catch {
            return try await leave(job, prepared, error)
        }
        job.sends(started)
        changed(job, begun: started.run.record.id)
        let end = try await started.running.end(telling: prepared.notifier) { end in
            try await OwnThread.run { _ in try self.settle(started, end) }
        }
        return HandedEnd(Self.cause(of: end.cause), HandedSnapshot(end.snapshot))
    }

    private static func cause(of cause: FanOutEnd.Cause) -> HandedEnd.Cause {
        switch cause {
        case .complete: .complete
        case .interrupted: .interrupted
        case .stopped(let reason): .stopped(reason)
        case .failed(let error): .failed("\(error)")
        }
    }

    /// Takes up the fan-out of a job. Blocks.
    private func takeUp(_ job: DaemonJob, _ options: FanOutRun.Options) throws -> TakenJob {
        if case .new(let loaded) = job.source {
            try JobCheck.refuseFaulty(loaded, dataDirectory: installation.directory.path) { job.isStopped }
        }
        return try installation.takingUp.withLock {
            let (loaded, run) = try takenUp(job)
            try store.note(run.record.id, ticket: job.ticket)
            let limit = OpenFileLimit.raised().shared(by: Self.atOnce)
            return TakenJob(
                run,
                try OrderDesk(for: run, loaded.job.delivery, limit, loops: options.engine.loops, at: desk),
                try loaded.job.notify.map {
                    try Notifier($0, egress: options.engine.egress, logger: options.engine.logger)
                }
            )
        }
    }

    private func takenUp(_ job: DaemonJob) throws -> (LoadedJob, JobRun) {
        let record: FanOutRecord
        switch job.source {
        case .new(let loaded): return (loaded, try JobRun(loaded, in: installation, job.order.options))
        case .retry(let wish):
            let retry = try JobRetry(
                of: wish.name,
                wish.filter,
                in: installation,
                environment: job.order.variables
            )
            return (retry.job, try retry.begin())
        case .known(let known): record = known
        }
        let catalogue = try installation.fanOuts()
        if try catalogue.orders(for: record.id).isCancelled {
            _ = try installation.finishCancellation(of: record, in: catalogue)
            throw Cancelled()
        }
        // A change that was accepted and not taken over whole is taken over from its beginning.
        if record.jobFingerprint == "changing" {
            let loaded = try job.order.job()
            var options = job.order.options
            (options.again, options.acceptChanges) = (false, true)
            return (loaded, try JobRun(loaded, in: installation, options))
        }
        let loaded = try loaded(job, record)
        return (loaded, try JobRun(goingOnWith: record, loaded, in: installation, canaryIsOver: false))
    }

    /// The job as its ledger has it once who receives is fixed, else as it was handed over.
    private func loaded(_ job: DaemonJob, _ record: FanOutRecord) throws -> LoadedJob {
        let ledger = installation.ledger(of: record)
        let isFrozen = try record.state.isFrozen || (record.state == .freezing && ledger.isFrozen())
        guard isFrozen else { return try job.order.job() }
        let sealer = try installation.sealer()
        let name = "the stored job \(record.name)"
        return try JobFile.loaded(ledger.job(), name: name, environment: job.order.variables) {
            try sealer.open($0, for: "job")
        }
    }

    private func importContacts(
        _ job: DaemonJob,
        _ taken: TakenJob,
        _ options: FanOutRun.Options
    ) async throws -> TakenJob {
        var options = options
        options.onImport = { job.imports($0) }
        let importing = options
        let imported = try await OwnThread.run { _ in
            var imported = taken
            try imported.importContacts(importing) { job.isStopped }
            return imported
        }
        job.isImported(imported)
        return imported
    }

    /// Nothing is sent of it, and that is told.
    private func leave(_ job: DaemonJob, _ taken: TakenJob, _ error: any Error) async throws -> HandedEnd {
        let (left, cause) = try await OwnThread.run { [installation] _ in
            var left = taken
            let id = left.run.record.id
            let cause = try left.leave(error)
            left.orders.desk.release()
            try installation.directory.announce(fanOut: id, isUnderWay: false)
            return (left, cause)
        }
        await left.notifier?.finish(unsent: cause, left.run)
        guard case .failed(let error) = cause else { return HandedEnd(Self.cause(of: cause)) }
        job.fails(error)
        return HandedEnd(Self.cause(of: error))
    }

    /// Ends the loops, tells the catalogue, and lets go of all. Blocks.
    private func settle(_ started: StartedJob, _ end: FanOutEnd) throws {
        started.orders.desk.ended()
        defer { started.orders.desk.release() }
        started.engine.close()
        var run = started.run
        try run.settle(end)
    }
}
