import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore

/// What a run begins with: the fan-out as it was found, or a new one.
extension JobRun {
    /// A fan-out as its catalogue and its ledger together say: one that died between the freeze and the catalogue's
    /// word for it is frozen.
    static func asFound(_ record: FanOutRecord, _ installation: Installation) throws -> FanOutRecord {
        guard record.state == .freezing, try installation.ledger(of: record).isFrozen() else {
            return record
        }
        var record = record
        record.state = .running
        record.startedAt = now
        // It died before this, or just after it.
        try installation.noteStart(of: record)
        return record
    }

    /// Whether its cancellation was ordered, and it died before all of it was cancelled: then it is ended first.
    static func mustCancel(_ record: FanOutRecord, _ catalogue: FanOutCatalogue) throws -> Bool {
        try record.state != .ended && catalogue.orders(for: record.id).isCancelled
    }

    /// Whether a new run is wanted and may begin: the last one has ended, or nobody can go on with it.
    ///
    /// One that is not frozen yet is the new run that is wanted.
    ///
    /// - Throws: ``JobRunError`` with `unfinished`.
    static func beginsAnew(
        after latest: FanOutRecord,
        _ options: Options,
        _ installation: Installation
    ) throws -> Bool {
        guard options.again, latest.state.isFrozen else { return false }
        if latest.state == .ended { return true }
        let ledger = installation.ledger(of: latest)
        guard try ledger.isFrozen() else { return true }
        throw JobRunError.unfinished(latest, try ledger.progress().counts)
    }

    static func begin(
        _ job: JobFile,
        _ marks: JobMarks,
        _ installation: Installation,
        _ catalogue: FanOutCatalogue
    ) throws -> FanOutRecord {
        let previous = try catalogue.latest(named: job.name)
        var record = FanOutRecord(
            id: Hexadecimal.random(digits: 10),
            name: job.name,
            run: (previous?.run ?? 0) + 1,
            identity: previous?.identity ?? Hexadecimal.random(digits: 32),
            state: job.audience.file == nil ? .scheduled : .importing,
            audience: try audience(of: job, installation).id,
            jobFingerprint: marks.job,
            contactsFingerprint: marks.contacts,
            createdAt: now
        )
        record.plannedAt = job.schedule.start?.unixSeconds
        return record
    }

    /// The audience that a new fan-out goes to: the job's own, or a stored one, which a contact file may found.
    static func audience(
        of job: JobFile,
        _ installation: Installation
    ) throws -> AudienceCatalogue.Entry {
        let audiences = installation.audiences
        guard let name = job.audience.name else { return try audiences.add(name: nil, owner: job.name) }
        return try job.audience.file == nil ? audiences.audience(named: name) : audiences.findOrAdd(named: name)
    }
}
