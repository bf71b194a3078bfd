public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfareStore
import Foundation

/// One job on its way: begun or taken up again, imported, frozen, made into a plan, and settled in the catalogue.
///
/// The catalogue is committed first at each step, so that after a death at any point the next run knows what is whole:
///
/// | Catalogue says | Next run |
/// | --- | --- |
/// | importing | imports anew into an empty file |
/// | scheduled | waits for its time, then freezes |
/// | freezing | freezes anew, unless the ledger carries the mark |
/// | running, stopped | recovers the ledger and goes on |
/// | ended | says so; `again` begins a new run |
public struct JobRun: Sendable {
    /// What the operator asks for.
    public struct Options: Sendable, Hashable {
        /// A new run of a fan-out that has ended.
        public var again = false
        /// Goes on although job or contact file changed.
        public var acceptChanges = false
        /// The defaults.
        public init() {}
    }

    /// The fan-out as the catalogue knows it.
    public private(set) var record: FanOutRecord
    /// Whether it had begun in an earlier process.
    public let isResumed: Bool

    private let job: LoadedJob
    private let installation: Installation
    private let catalogue: FanOutCatalogue

    /// Begins a fan-out, or takes it up again.
    ///
    /// - Throws: ``JobRunError`` when the operator must decide, `StoreError`.
    public init(_ job: LoadedJob, in installation: Installation, _ options: Options = Options()) throws {
        self.job = job
        self.installation = installation
        catalogue = try installation.fanOuts()
        let marks = try JobMarks(job.job, installation)
        if let latest = try catalogue.latest(named: job.job.name), latest.state != .ended || !options.again {
            record = try Self.resume(latest, marks, options)
            isResumed = true
            if record.jobFingerprint != latest.jobFingerprint, record.state.isFrozen {
                try installation.ledger(of: record).replaceJob(document())
            }
        } else {
            record = try Self.begin(job.job, marks, installation, catalogue)
            isResumed = false
        }
        try catalogue.save(record)
    }

    private static func begin(
        _ job: JobFile, _ marks: JobMarks, _ installation: Installation, _ catalogue: FanOutCatalogue
    ) throws -> FanOutRecord {
        let previous = try catalogue.latest(named: job.name)
        return FanOutRecord(
            id: Hexadecimal.random(digits: 10),
            name: job.name,
            run: (previous?.run ?? 0) + 1,
            identity: previous?.identity ?? Hexadecimal.random(digits: 32),
            state: job.audience.file == nil ? .scheduled : .importing,
            audience: try audience(of: job, installation).id,
            jobFingerprint: marks.job,
            contactsFingerprint: marks.contacts,
            createdAt: Int64(Date().timeIntervalSince1970)
        )
    }

    /// The audience that a new fan-out goes to: the job's own, or a stored one, which a contact file may found.
    private static func audience(
        of job: JobFile, _ installation: Installation
    ) throws -> AudienceCatalogue.Entry {
        let audiences = installation.audiences
        guard let name = job.audience.name else { return try audiences.add(name: nil, owner: job.name) }
        return try job.audience.file == nil ? audiences.audience(named: name) : audiences.findOrAdd(named: name)
    }

    private static func resume(
        _ latest: FanOutRecord, _ marks: JobMarks, _ options: Options
    ) throws -> FanOutRecord {
        if latest.state == .ended { throw JobRunError.alreadyEnded(latest) }
        var record = latest
        let changed = [
            marks.job != latest.jobFingerprint ? "the job file" : nil,
            marks.contacts != latest.contactsFingerprint ? "the contact file" : nil,
        ].compactMap { $0 }
        if !changed.isEmpty && latest.state != .importing {
            guard options.acceptChanges else { throw JobRunError.changed(latest, changed) }
            if !latest.state.isFrozen && !marks.contacts.isEmpty { record.state = .importing }
        }
        record.jobFingerprint = marks.job
        record.contactsFingerprint = marks.contacts
        return record
    }

    // MARK: Steps

    /// Imports the job's contact file, when that is still to be done.
    ///
    /// - Parameters:
    ///   - options: Limits and the rejects file; the column map is the job's.
    ///   - progress: See `Audience.importContacts`.
    /// - Returns: What became of the rows; nil when there was nothing to import.
    public mutating func importContacts(
        _ options: ImportOptions = ImportOptions(),
        progress: @escaping (ImportProgress) -> Bool
    ) throws -> ImportSummary? {
        guard record.state == .importing, let file = job.job.audience.file else { return nil }
        let isOwn = job.job.audience.name == nil
        let path = installation.directory.audiencePath(record.audience)
        if isOwn { try Durability.deleteDatabase(path) }
        let audience = try Audience(path: path, id: record.audience, mode: .create)
        let summary = try audience.importContacts(
            from: file.resolvedPath, options: file.options(options), progress: progress
        )
        try move(to: .scheduled)
        return summary
    }

    /// When the job is to start; nil: at once, or it has started already.
    public var start: Schedule.Start? { record.state.isFrozen ? nil : job.job.schedule.start }

    /// Checks the webhook against the audience's fields.
    ///
    /// - Throws: `JobError` that names line and column of everything that is wrong.
    public func checkTemplate() throws { _ = try parts().template() }

    /// Fixes who receives, unless that is done.
    ///
    /// - Returns: The size of the frozen set.
    public mutating func freeze() throws -> Int64 {
        if record.state.isFrozen { return try ledgerThatMustExist().progress().counts.total }
        let parts = try parts()
        _ = try parts.template()
        try move(to: .freezing)
        let path = installation.directory.fanoutPath(record.id)
        if try !Ledger.isFrozen(at: path) {
            try parts.freeze(Ledger.create(at: path, run: record.run), document: document())
        }
        record.startedAt = Int64(Date().timeIntervalSince1970)
        try move(to: .running)
        return try ledgerThatMustExist().progress().counts.total
    }

    /// Recovers the ledger and makes the plan for the engine.
    ///
    /// - Returns: The plan, and how many deliveries the last process left open.
    public mutating func plan() throws -> (plan: FanOutPlan, unsettled: Int64) {
        let ledger = try ledgerThatMustExist()
        let unsettled = try ledger.recover(job.job.delivery.whenUncertain)
        record.stopReason = nil
        try move(to: .running)
        return (try parts().plan(ledger, ids: installation.deliveryIDs(of: record)), unsettled)
    }

    /// Writes into the catalogue how the run ended.
    public mutating func settle(_ end: FanOutEnd) throws {
        switch end.cause {
        case .interrupted, .failed: return
        case .complete: break
        case .stopped(let reason):
            record.stopReason = reason.text
            if reason != .stopAfter { return try move(to: .stopped) }
        }
        record.endedAt = Int64(Date().timeIntervalSince1970)
        record.counts = end.progress.counts
        try move(to: .ended)
    }

    // MARK: Inside

    private mutating func move(to state: FanOutRecord.State) throws {
        record.state = state
        try catalogue.save(record)
    }

    private func parts() throws -> JobPlan {
        let path = installation.directory.audiencePath(record.audience)
        return JobPlan(job: job, audience: try Audience(path: path, id: record.audience, mode: .readOnly))
    }

    private func document() throws -> String {
        let sealer = try installation.sealer()
        return try job.job.encoded { sealer.seal($0, for: "job") }
    }

    private func ledgerThatMustExist() throws -> Ledger {
        let ledger = installation.ledger(of: record)
        guard try Ledger.isFrozen(at: ledger.path) else {
            throw JobRunError(
                .ledgerMissing,
                "the ledger of \(record.name) is missing or not whole: \(ledger.path). It is never made anew, as nobody "
                    + "would know who was sent to; restore it from a backup, or begin a new run with --again"
            )
        }
        return ledger
    }
}

extension FanOutRecord.State {
    /// Whether the recipient set is fixed.
    public var isFrozen: Bool { self == .running || self == .stopped || self == .ended }
}
