import CAllocator
public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfarePayload
import FanfareStore
import Foundation

/// One job on its way: begun or taken up again, imported, frozen, made into a plan, and settled in the catalogue.
///
/// The catalogue is committed first at each step, so that after a death at any point the next run knows what is whole:
///
/// | Death after | Catalogue says | Next run |
/// | --- | --- | --- |
/// | the record is noted, the import | importing | imports anew, the job's own audience into an empty file |
/// | `scheduled` | scheduled | waits for its time, then freezes |
/// | `freezing`, within the freeze | freezing; the ledger has no mark | freezes anew |
/// | the freeze | freezing; the ledger has the mark | counts it as running: who receives is fixed |
/// | its start was noted in the audience | the same | the same, and notes it anew |
/// | `running`, recovery, any outcome, its end | running | recovers the ledger and goes on; a complete one ends |
/// | an accepted change, before its last step | as before, with `changing` | wants it accepted once more |
/// | its end was noted for the audience's webhooks | running | ends it, and notes nothing twice |
/// | `stopped` | stopped | the same, and a canary begins anew |
/// | `ended` | ended | says so; `again` begins a new run |
///
/// A change that is accepted before the freeze takes the fan-out back to its import. Whatever ledger there is goes
/// first: dies the process before the catalogue says so too, the fan-out stands where it stood, without a ledger, and
/// the change is accepted once more. A change that is accepted after the freeze has the catalogue say `changing`
/// instead of the fingerprints from before its first step until after its last, all of which can be repeated.
public struct JobRun: Sendable {
    /// What the operator asks for.
    public struct Options: Sendable, Hashable {
        /// A new run of a fan-out that has ended, or whose ledger is missing.
        public var again = false
        /// Goes on although job or contact file changed.
        public var acceptChanges = false
        /// Where the variables are that the job as it was refers to.
        public var environment = ProcessInfo.processInfo.environment
        /// The defaults.
        public init() {}
    }

    /// The fan-out as the catalogue knows it.
    public private(set) var record: FanOutRecord
    /// Whether it had begun in an earlier process.
    public let isResumed: Bool
    /// Whether it was ended here, as the operator had ordered before an earlier process died: nothing is to be sent.
    public private(set) var isCancelled = false

    private let job: LoadedJob
    private let installation: Installation
    private let catalogue: FanOutCatalogue
    private let marks: JobMarks
    private let canaryIsOver: Bool
    /// Whether a change was accepted after the freeze and is still to be taken over: until then it must be accepted by
    /// whoever goes on.
    public private(set) var mustTakeOver = false
    /// What `fanfare set` had set and no longer holds, as a changed job was accepted.
    public private(set) var droppedChange = SettingsChange()
    /// Whether the job changed since the fan-out began, and the change is taken.
    private var takesOtherJob = false
    private var mustDropSettings = false

    /// Begins a fan-out, or takes it up again.
    ///
    /// - Throws: ``JobRunError`` when the operator must decide, `StoreError`.
    public init(_ job: LoadedJob, in installation: Installation, _ options: Options = Options()) throws {
        self.job = job
        self.installation = installation
        canaryIsOver = false
        catalogue = try installation.fanOuts()
        marks = try JobMarks(job.job, installation)
        var saved: [(FanOutRecord, FanOutOrders)] = []
        do {
            var latest = try catalogue.latest(named: job.job.name).map { try Self.asFound($0, installation) }
            if let found = latest, try Self.mustCancel(found, catalogue) {
                let ended = try installation.finishCancellation(of: found, in: catalogue)
                latest = ended
                if !options.again {
                    (record, isResumed, isCancelled) = (ended, true, true)
                    return
                }
            }
            if let latest, try !Self.beginsAnew(after: latest, options, installation) {
                (record, isResumed) = (latest, true)
                try resume(options)
                saved = [(record, try catalogue.orders(for: record.id))]
            } else {
                (record, isResumed) = (try Self.begin(job.job, marks, installation, catalogue), false)
                saved = try succeed(latest)
            }
        } catch let error as AudienceError {
            throw JobReview(job).error(for: error)
        }
        // A stored audience is there: what does not fit it is told before anything is noted.
        if record.state == .scheduled, job.job.audience.file == nil { try parts().review() }
        for (ended, _) in saved where ended.state == .ended { try installation.noteEnd(of: ended) }
        try catalogue.save(saved)
        if takesOtherJob { try dropSettings() }
        // A job that changed before its freeze may have taken another audience.
        if isResumed { try installation.removeOrphanedAudiences() }
        try installation.directory.announce(fanOut: record.id, isUnderWay: true)
    }

    /// Goes on with a fan-out that has begun, whatever has become of its job file and its contact file since.
    ///
    /// - Parameter canaryIsOver: Whether everything is sent at once although the job has a canary.
    init(
        goingOnWith record: FanOutRecord,
        _ job: LoadedJob,
        in installation: Installation,
        canaryIsOver: Bool
    ) throws {
        self.canaryIsOver = canaryIsOver
        self.job = job
        self.record = try Self.asFound(record, installation)
        self.installation = installation
        catalogue = try installation.fanOuts()
        marks = JobMarks(of: record)
        isResumed = true
        try installation.directory.announce(fanOut: record.id, isUnderWay: true)
    }

    /// Takes over from the run before what was set, as long as the job says what it did then.
    ///
    /// - Returns: What is to be saved of both runs.
    private mutating func succeed(_ latest: FanOutRecord?) throws -> [(FanOutRecord, FanOutOrders)] {
        guard let latest else { return [(record, FanOutOrders())] }
        let orders = try catalogue.orders(for: latest.id).afterEnd
        let isSameJob = latest.jobFingerprint == marks.job
        if !isSameJob { droppedChange = orders.change }
        let before = latest.state == .ended ? [] : [(latest.abandoned(at: Self.now), orders)]
        return before + [(record, isSameJob ? orders : FanOutOrders())]
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    private mutating func resume(_ options: Options) throws {
        if record.state == .ended { throw JobRunError.alreadyEnded(record) }
        if record.state.isFrozen { _ = try ledgerThatMustExist() }
        let change = JobChange(job.job, marks, since: record, installation, environment: options.environment)
        guard let change else { return }
        if record.state != .importing, !options.acceptChanges { throw JobRunError.changed(record, change.text) }
        try change.requireAcceptable(record)
        takesOtherJob = change.isJobChanged && !record.state.isFrozen
        if record.state.isFrozen {
            mustDropSettings = change.isJobChanged
            // Until all of it is taken over the catalogue knows neither the old files nor the new ones: after a death
            // the change must be accepted once more, and is taken over from its beginning.
            mustTakeOver = true
            (record.jobFingerprint, record.contactsFingerprint) = ("changing", "changing")
            return
        }
        // Contacts that are imported anew get the keys of others: no recipient of before may meet them.
        try Durability.deleteDatabase(installation.ledger(of: record).path)
        record.ledgerCommits = nil
        record.audience = try audienceBeforeFreeze()
        record.state = job.job.audience.file == nil ? .scheduled : .importing
        (record.jobFingerprint, record.contactsFingerprint) = (marks.job, marks.contacts)
        record.plannedAt = job.job.schedule.start?.unixSeconds
    }

    /// The audience of a fan-out whose job changed before the freeze: its own one, where it still wants one of its own.
    private func audienceBeforeFreeze() throws -> String {
        if job.job.audience.name == nil, try ownAudiences().contains(record.audience) { return record.audience }
        return try Self.audience(of: job.job, installation).id
    }

    /// The audiences that this job's files were imported into: nobody else's.
    private func ownAudiences() throws -> [String] {
        try installation.audiences.audiences(ownedBy: job.job.name).map(\.id)
    }

    // MARK: Steps

    /// Brings the contacts up to the job's file: imports it when that is still to be done, or takes over a change that
    /// was accepted after the freeze. Then checks the job against them.
    ///
    /// - Parameters:
    ///   - options: Limits and the rejects file; the column map is the job's.
    ///   - progress: See `Audience.importContacts`.
    /// - Returns: What became of the rows; nil when there was nothing to read.
    /// - Throws: `JobError` with all that does not fit, at its lines; `AudienceError`, `StoreError`.
    public mutating func importContacts(
        _ options: ImportOptions = ImportOptions(),
        progress: @escaping (ImportProgress) -> Bool
    ) throws -> ImportSummary? {
        do {
            if mustTakeOver { return try takeOver(options, progress) }
            guard record.state == .importing, let file = job.job.audience.file else { return nil }
            let path = installation.directory.audiencePath(record.audience)
            if job.job.audience.name == nil { try Durability.deleteDatabase(path) }
            let summary = try audience(.create).importContacts(
                from: file.resolvedPath,
                options: file.options(options),
                progress: progress
            )
            // Until the job fits its contacts it has not begun: a mended one is taken without more ado.
            try parts().review()
            // It may have changed while the job waited.
            if record.plannedAt != nil { record.contactsFingerprint = try JobMarks(job.job, installation).contacts }
            try move(to: .scheduled)
            return summary
        } catch let error as AudienceError {
            throw JobReview(job).error(for: error)
        }
    }

    /// Each step comes to the same when it is repeated; the catalogue is told last.
    private mutating func takeOver(
        _ options: ImportOptions,
        _ progress: @escaping (ImportProgress) -> Bool
    ) throws -> ImportSummary? {
        var update: Audience.Update?
        if let file = job.job.audience.file {
            update = try audience(.mustExist).updateContacts(
                from: file.resolvedPath,
                options: file.options(options),
                replacesMemberships: ownAudiences().contains(record.audience),
                progress: progress
            )
        }
        try parts().review()
        try ledgerThatMustExist().acceptChange(job: document(), present: update?.present)
        (record.jobFingerprint, record.contactsFingerprint) = (marks.job, marks.contacts)
        if mustDropSettings { try dropSettings() } else { try catalogue.save(record) }
        mustTakeOver = false
        return update?.summary
    }

    /// The audience, to be written.
    private func audience(_ mode: DatabaseFile.Mode) throws -> Audience {
        let own = try Audience(
            path: installation.directory.audiencePath(record.audience),
            id: record.audience,
            mode: mode,
            suppression: installation.suppression
        )
        // Nobody else knows of one that belongs to the job.
        guard job.job.audience.name != nil else { return own }
        return try installation.sharedWriter(of: record.audience) ?? own
    }

    /// Who accepts a changed job means what it says: nothing that was set before stands over it any longer.
    private mutating func dropSettings() throws {
        var orders = try catalogue.orders(for: record.id)
        droppedChange = orders.change
        (orders.change, orders.changedAt) = (SettingsChange(), nil)
        try catalogue.save(record, orders)
    }

    /// Ends the fan-out before this process has sent anything of it, as the operator ordered.
    ///
    /// - Throws: `StoreError`.
    public mutating func cancel() throws { try giveUp(.cancelled) }

    /// Ends it for good; nobody runs it.
    mutating func giveUp(_ reason: StopReason) throws {
        record = try installation.finishCancellation(of: record, in: catalogue, reason)
        try installation.directory.announce(fanOut: record.id, isUnderWay: false)
    }

    /// Deliveries by state; none before it is fixed who receives.
    ///
    /// - Throws: `DeliveryError` for a ledger that is damaged, `StoreError`.
    public var counts: StateCounts {
        get throws {
            if let counts = record.counts { return counts }
            return record.state.isFrozen ? try ledgerThatMustExist().progress().counts : StateCounts()
        }
    }

    /// When the job is to start; nil: at once, or it has started already.
    public var start: Schedule.Start? { record.state.isFrozen ? nil : job.job.schedule.start }

    /// Why it is not to start any more: its time came after it was planned, and is past by more than the job allows.
    ///
    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - isPlanned: Whether it was handed over for a time to come, whenever it was taken up since.
    ///   - waitedUntil: Until when somebody was there for it after its time had come, Unix seconds; nil: nobody was.
    /// - Returns: Nil: it may start, now or at its time.
    func missed(at now: Int64, isPlanned: Bool, waitedUntil: Int64?) -> StopReason? {
        guard let start, let last = job.job.schedule.lastStart else { return nil }
        // Who begins a job after its time means it to go out now.
        guard isPlanned || record.createdAt < last.unixSeconds else { return nil }
        let late = Duration.seconds(now - max(last.unixSeconds, waitedUntil ?? .min))
        guard late > job.job.schedule.startWithin else { return nil }
        return .missed(start: start.localText, late: late.shown)
    }

    /// Fixes who receives, unless that is done.
    ///
    /// - Returns: The size of the frozen set.
    public mutating func freeze() throws -> Int64 {
        if record.state.isFrozen { return try ledgerThatMustExist().progress().counts.total }
        let parts = try parts()
        try parts.review()
        try move(to: .freezing)
        let path = installation.directory.fanoutPath(record.id)
        try parts.freeze(
            Ledger.create(at: path, run: record.run),
            document: document(),
            begun: record.createdAt
        )
        record.startedAt = Self.now
        try installation.noteStart(of: record)
        try move(to: .running)
        return try ledgerThatMustExist().progress().counts.total
    }

    /// Recovers the ledger and makes the plan for the engine.
    ///
    /// - Returns: The plan, and how many deliveries the last process left open.
    public mutating func plan() throws -> (plan: FanOutPlan, unsettled: Int64) {
        // What import and freeze have left free lies in pieces that connections cannot use.
        malloc_trim(0)
        let ledger = try ledgerThatMustExist()
        if isResumed { try ledger.check() }
        let unsettled = try ledger.recover(job.job.delivery.whenUncertain)
        record.ledgerCommits = try ledger.progress().commits
        // Why it stopped stays known until it ends or stops anew: whoever takes it up after a death must know it too.
        try move(to: .running)
        let parts = try parts()
        try parts.review()
        var plan = try parts.plan(ledger, ids: installation.deliveryIDs(of: record))
        plan.startsCanaryAfresh = record.stopReason != nil
        plan.name = record.name
        if canaryIsOver { plan.settings.canary = nil }
        return (plan, unsettled)
    }

    /// Checks the job against its contacts.
    ///
    /// - Throws: `JobError` with all that does not fit.
    func requireJobFits() throws { try parts().review() }

    /// Writes into the catalogue how the run ended.
    public mutating func settle(_ end: FanOutEnd) throws {
        try installation.directory.announce(fanOut: record.id, isUnderWay: false)
        // What was under way has ended; a daemon looks at that itself.
        defer {
            if !installation.isServed { installation.finishErasures(isQuiet: !installation.directory.announcesFanOuts) }
        }
        record.ledgerCommits = max(record.ledgerCommits ?? 0, end.progress.commits)
        switch end.cause {
        // What it could not write to its ledger, it could hardly write to the catalogue.
        case .failed: return
        case .interrupted: return try catalogue.save(record)
        case .complete: record.stopReason = nil
        case .stopped(let reason):
            record.stopReason = reason.text
            if !reason.isFinal { return try move(to: .stopped) }
        }
        record.endedAt = Self.now
        record.counts = end.progress.counts
        record.state = .ended
        try installation.noteEnd(of: record)
        try catalogue.save(record, catalogue.orders(for: record.id).afterEnd)
    }

    // MARK: Inside

    private mutating func move(to state: FanOutRecord.State) throws {
        record.state = state
        try catalogue.save(record)
    }

    private func parts() throws -> JobPlan {
        return JobPlan(
            job: job,
            audience: try installation.audienceToRead(record.audience),
            links: try .links(of: job.job, to: record.audience, campaign: record.id) { try installation.pageKey() },
            suppression: installation.suppression
        )
    }

    private func document() throws -> String {
        let sealer = try installation.sealer()
        return try job.job.encoded { sealer.seal($0, for: "job") }
    }

    private func ledgerThatMustExist() throws -> Ledger {
        let ledger = installation.ledger(of: record)
        guard try ledger.isFrozen() else {
            throw JobRunError.ledgerMissing(record, ledger)
        }
        return ledger
    }
}
