import FanfareAudience
import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareStore
import FanfareTransport
import Foundation
import Logging
import NIOConcurrencyHelpers

/// The jobs that a daemon runs for other processes. Any thread.
///
/// An order is kept, sealed, before it is confirmed, and until its fan-out has ended or was stopped by a rule:
///
/// | Death after | The next start |
/// | --- | --- |
/// | the order is kept | takes it up as if it had just come |
/// | its fan-out is noted, the freeze | goes on where the catalogue says: imports anew, waits, freezes |
/// | the freeze | goes on with the job as the ledger has it, with the variables that were handed over |
/// | its end, before the order is forgotten | finds the fan-out ended, and forgets it |
/// | the order is kept, before it is refused for what the catalogue has of its name | refuses and forgets it |
/// | its time came, while it waits for its turn | does not call it late for the time up to the last note of that |
///
/// Each has an engine of its own, so that none waits for another's loop; lanes of one origin keep to their limits
/// together. ``atOnce`` send at a time, whoever came first; further ones are imported and then wait. Who rests meanwhile
/// takes up no turn, so that more may send when several go on at once.
final class DaemonJobs: Sendable {
    /// Fan-outs that send at a time.
    static let atOnce = 8
    /// Jobs that are over and still told of: whoever handed one over asks again within moments.
    private static let remembered = 64
    /// Between two notes that a job waits for its turn: so much is lost of that at a death.
    private static let heartbeat: Duration = .seconds(60)
    /// How long who follows a job is waited for at the end.
    private static let farewell: Duration = .seconds(2)

    private struct State {
        var jobs: [DaemonJob] = []
        var tasks: [String: Task<Void, Never>] = [:]
        /// Those that are ready to send, in the order in which they came.
        var queue: [String] = []
        /// Those that had their turn, and are not over.
        var senders: [DaemonJob] = []
        var isHeld = true
        var isEnding = false
        /// Told of a job that has begun to send, or is over: its name, and the fan-out that has begun.
        var onChange: (@Sendable (_ name: String, _ begun: String?) -> Void)?
    }

    let installation: Installation
    let configuration: Daemon.Configuration
    let desk: ControlDesk
    let origins = OriginTable()
    let store: HandedJobs
    private let lookout = Lookout(every: .milliseconds(200))
    private let state = NIOLockedValueBox(State())

    /// Nothing is taken up until ``release()``.
    ///
    /// - Parameters:
    ///   - installation: Owned by this process.
    ///   - desk: Where orders for fan-outs come.
    ///   - configuration: How the daemon is set up.
    /// - Throws: `StoreError`, `PayloadError`.
    init(_ installation: Installation, _ desk: ControlDesk, _ configuration: Daemon.Configuration) throws {
        (self.installation, self.desk, self.configuration) = (installation, desk, configuration)
        store = try HandedJobs(installation)
    }

    /// Those that have not ended.
    var unfinished: [DaemonJob] { state.withLockedValue { $0.jobs }.filter { !$0.isOver } }
    /// Their fan-outs that send.
    var running: [RunningFanOut] { state.withLockedValue { $0.jobs }.compactMap(\.running) }

    /// The latest job of each name that this process knows of: it may be over.
    var latest: [String: DaemonJob] {
        Dictionary(state.withLockedValue { $0.jobs }.map { ($0.name, $0) }) { earlier, later in
            // What was refused at once hides nothing that is kept back.
            later.hasComeToNothing && earlier.isKeptBack ? earlier : later
        }
    }

    /// From now on somebody is told of each job that begins to send, and of each that is over. It must not block.
    ///
    /// - Parameter tell: Given the job's name, and the id of its fan-out where that has begun to send.
    func onChange(_ tell: @escaping @Sendable (_ name: String, _ begun: String?) -> Void) {
        state.withLockedValue { $0.onChange = tell }
    }

    /// Tells that a job has begun to send, or is over.
    func changed(_ job: DaemonJob, begun: String? = nil) { state.withLockedValue { $0.onChange }?(job.name, begun) }

    /// The job of a ticket; nil: it is not remembered.
    func job(of ticket: String) -> DaemonJob? {
        state.withLockedValue { state in state.jobs.first { $0.ticket == ticket } }
    }

    /// Forgets a job that is over, and its order.
    ///
    /// - Throws: `StoreError`.
    func drop(_ job: DaemonJob) throws {
        try store.remove(job.ticket)
        remove(job)
    }

    /// Tells of a job that is over no more; its order stays as it is.
    func remove(_ job: DaemonJob) { state.withLockedValue { state in state.jobs.removeAll { $0 === job } } }

    /// Whether nothing may be taken up now.
    var isHeld: Bool { state.withLockedValue { $0.isHeld } }

    /// What runs a job; nil: it has come to its end.
    func task(of job: DaemonJob) -> Task<Void, Never>? {
        let ticket = job.ticket
        return state.withLockedValue { $0.tasks[ticket] }
    }

    // MARK: Orders

    /// Begins a job, or tells of the one that is under way.
    func take(_ order: RunOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("run needs a job", refusal: .malformed) }
        if state.withLockedValue({ $0.isEnding }) { return ControlAnswer("fanfare serve is ending", refusal: .ending) }
        do {
            let ticket = Hexadecimal.random(digits: 32)
            let job = try job(order, ticket: ticket)
            if let obstacle = job.obstacleToPlan(at: Int64(Date().timeIntervalSince1970)) {
                return ControlAnswer(obstacle, refusal: .invalid)
            }
            if let known = unfinished(named: job.name) { return answer(known, insteadOf: job) }
            try store.add(order, ticket: ticket)
            begin(job)
            return ControlAnswer("", handed: job.followed())
        } catch let error as JobError {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch let error as JobRunError {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch {
            return ControlAnswer("the job was not taken: \(error)", refusal: .failed)
        }
    }

    /// A job whose fan-out nobody has taken up yet.
    func job(_ order: RunOrder, ticket: String) throws -> DaemonJob {
        if let retry = order.retry {
            let mark = try installation.fanOutRecord(named: retry.name).jobFingerprint
            return DaemonJob(ticket: ticket, name: retry.name, order: order, .retry(retry), fingerprint: mark)
        }
        let loaded = try order.job()
        let mark = loaded.job.fingerprint(key: try installation.directory.sealingKey())
        return DaemonJob(ticket: ticket, name: loaded.job.name, order: order, .new(loaded), fingerprint: mark)
    }

    /// Whoever asks for what is under way is shown that, unless it is something else that is wanted.
    private func answer(_ known: DaemonJob, insteadOf job: DaemonJob) -> ControlAnswer {
        let order = job.order
        guard known.fingerprint == job.fingerprint, order.retry == nil, !order.again, !order.acceptsChanges else {
            return ControlAnswer(
                "\(job.name) is under way in fanfare serve, as its job file was then. Wait for its end, or end it with: "
                    + "fanfare cancel NAME",
                refusal: .invalid
            )
        }
        return ControlAnswer("\(job.name) is under way in fanfare serve already", handed: known.followed())
    }

    /// Tells how a job stands.
    func status(of ticket: String?) -> ControlAnswer {
        guard let ticket, let found = job(of: ticket) else {
            return ControlAnswer("no job has that ticket", refusal: .unknown)
        }
        return ControlAnswer("", handed: found.followed())
    }

    private func unfinished(named name: String) -> DaemonJob? {
        state.withLockedValue { $0.jobs }.first { $0.name == name && !$0.isOver }
    }

    // MARK: Start and end

    /// Goes on with what an earlier process was handed.
    ///
    /// - Throws: `StoreError`.
    func goOn() throws {
        let (entries, unreadable) = try store.all()
        for ticket in unreadable {
            configuration.logger.error("a job that was handed over cannot be read any more")
            try store.remove(ticket)
        }
        let records = try installation.fanOutRecords(named: nil)
        for entry in entries {
            let record = records.first { $0.id == entry.fanOut }
            if let job = try job(of: entry, record) ?? succeed(entry, record) { begin(job) }
        }
    }

    /// - Returns: Nil for one that has ended, was stopped by a rule, or cannot be begun any more, which is logged.
    func job(of entry: HandedJobs.Entry, _ record: FanOutRecord?) throws -> DaemonJob? {
        let (ticket, order) = (entry.ticket, entry.order)
        if let record {
            guard record.state != .ended, record.state != .stopped else { return nil }
            return DaemonJob(
                ticket: ticket,
                name: record.name,
                order: order,
                .known(record),
                fingerprint: record.jobFingerprint,
                waitedUntil: entry.waitedUntil
            )
        }
        do {
            return try job(order, ticket: ticket)
        } catch let error where error is JobError || error is JobRunError {
            configuration.logger.error(
                "what was handed over cannot be begun any more",
                metadata: ["order": "\(order)"]
            )
            return nil
        }
    }

    /// Takes up what was held.
    func release() { state.withLockedValue { $0.isHeld = false } }

    /// Leaves all as it stands, in good order, and takes no more. Returns when nothing is in flight.
    func stop() async {
        let (jobs, tasks) = state.withLockedValue { state in
            state.isEnding = true
            return (state.jobs, Array(state.tasks.values))
        }
        for job in jobs { job.stop() }
        for task in tasks { await task.value }
        // Whoever shows one of them asks several times a second, and would wait for an owner that has gone.
        let end = ContinuousClock.now + Self.farewell
        while ContinuousClock.now < end, jobs.contains(where: \.isFollowed) {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    func begin(_ job: DaemonJob) {
        let ticket = job.ticket
        state.withLockedValue { state in
            state.jobs.append(job)
            let over = state.jobs.filter { $0.isOver && !$0.isKeptBack }
            for old in over.dropLast(Self.remembered) { state.jobs.removeAll { $0 === old } }
            if state.isEnding { job.stop() }
            state.tasks[ticket] = Task {
                await self.run(job)
                self.state.withLockedValue { $0.tasks[ticket] = nil }
            }
        }
    }

    // MARK: Turns

    /// Waits while nothing may be taken up.
    func waitUntilReleased(_ job: DaemonJob) async throws {
        if isHeld {
            job.waits("fanfare serve began with sending paused; go on with: fanfare webhook resume")
        }
        try await wait(for: job) { [self] in !isHeld }
        job.waits(nil)
    }

    /// Waits for the job's time, by the wall clock, which may be set meanwhile.
    ///
    /// - Throws: ``MissedStart`` when it is too late for it.
    func waitForStart(_ job: DaemonJob, _ taken: TakenJob, _ options: FanOutRun.Options) async throws {
        guard options.waitsForSchedule, let start = taken.run.start else { return job.waits(for: nil) }
        job.waits(for: start)
        try await wait(for: job) { Int64(Date().timeIntervalSince1970) >= start.unixSeconds }
        // Also where the clock has leapt over it, as after a sleep of the machine.
        let now = Int64(Date().timeIntervalSince1970)
        let missed = taken.run.missed(at: now, isPlanned: job.order.isPlanned, waitedUntil: job.waitedUntil)
        if let missed { throw MissedStart(reason: missed) }
        job.waits(for: nil)
    }

    /// Waits until it may send, and notes that it does; ``passOn(_:)`` when it does no longer.
    func takeTurn(_ job: DaemonJob) async throws {
        let ticket = job.ticket
        state.withLockedValue { $0.queue.append(ticket) }
        defer { state.withLockedValue { state in state.queue.removeAll { $0 == ticket } } }
        while !isTurn(of: ticket) {
            job.waits("\(Self.atOnce) fan-outs send already")
            noteWaiting(job)
            let next = ContinuousClock.now + Self.heartbeat
            do {
                try await wait(for: job) { [self] in isTurn(of: ticket) || ContinuousClock.now >= next }
            } catch {
                // Until now it has waited.
                noteWaiting(job)
                throw error
            }
        }
        try job.requireWanted()
        state.withLockedValue { $0.senders.append(job) }
        job.waits(nil)
    }

    /// Whether the first of those that are ready may send, and is this one. Who has its turn and rests, for a window, a
    /// batch, a repetition or an order, keeps nobody waiting, and goes on beside whoever sends then.
    private func isTurn(of ticket: String) -> Bool {
        let senders = state.withLockedValue { $0.queue.first == ticket ? $0.senders : nil }
        guard let senders else { return false }
        return senders.count { !$0.isAtRest } < Self.atOnce
    }

    private func noteWaiting(_ job: DaemonJob) {
        do {
            try store.noteWaiting(job.ticket, at: Int64(Date().timeIntervalSince1970))
        } catch {
            // It waits all the same; a restart may find that it has missed its time.
            configuration.logger.warning(
                "that a job waits for its turn cannot be noted",
                metadata: ["fanout": "\(job.name)", "error": "\(error)"]
            )
        }
    }

    /// One that has sent does so no longer.
    func passOn(_ job: DaemonJob) { state.withLockedValue { state in state.senders.removeAll { $0 === job } } }

    /// - Throws: `CancellationError` when the job is wanted no longer.
    private func wait(for job: DaemonJob, until isMet: @escaping @Sendable () -> Bool) async throws {
        await lookout.wait { !job.isWanted || isMet() }
        try job.requireWanted()
    }
}
