import FanfareDelivery
import FanfareJob
import FanfarePayload

/// What changed in a job and its contact file since its fan-out began.
struct JobChange {
    let isJobChanged: Bool
    let areContactsChanged: Bool
    /// The keys of the job file that differ, where the job as it was is still known: since the freeze.
    let keys: [String]

    /// - Returns: Nil when nothing changed.
    init?(
        _ job: JobFile,
        _ marks: JobMarks,
        since record: FanOutRecord,
        _ installation: Installation,
        environment: [String: String]
    ) {
        isJobChanged = marks.job != record.jobFingerprint
        areContactsChanged = marks.contacts != record.contactsFingerprint
        guard isJobChanged || areContactsChanged else { return nil }
        keys = isJobChanged && record.state.isFrozen ? Self.keys(job, record, installation, environment) : []
    }

    /// One sentence's subject: `the job file (webhook.url, delivery.rate) and the contact file`.
    var text: String {
        var parts: [String] = []
        if isJobChanged {
            let shown = keys.prefix(8).joined(separator: ", ") + (keys.count > 8 ? ", …" : "")
            parts.append(shown.isEmpty ? "the job file" : "the job file (\(shown))")
        }
        if areContactsChanged { parts.append("the contact file") }
        return parts.joined(separator: " and ")
    }

    /// Refuses a change of what is fixed together with who receives.
    ///
    /// - Throws: ``JobRunError`` with `changed`.
    func requireAcceptable(_ record: FanOutRecord) throws(JobRunError) {
        for part in ["schedule.batches", "schedule.local_time"] where keys.contains(where: { $0.hasPrefix(part) }) {
            throw JobRunError(
                .changed,
                "\(part) changed since \(record.name) began, and its parts were fixed with who receives. Write it "
                    + "as it was, or end the fan-out with: fanfare cancel NAME"
            )
        }
    }

    /// Empty when the stored job cannot be read, for example because a variable it refers to is gone: then it is known
    /// that it changed, and not where.
    private static func keys(
        _ job: JobFile,
        _ record: FanOutRecord,
        _ installation: Installation,
        _ environment: [String: String]
    ) -> [String] {
        do {
            let sealer = try installation.sealer()
            let text = try installation.ledger(of: record).job()
            let name = "the stored job \(record.name)"
            let before = try JobFile.decoded(text, name: name, environment: environment) {
                try sealer.open($0, for: "job")
            }
            // The stored job has its paths absolute.
            var job = job
            if let path = job.audience.file?.resolvedPath { job.audience.file?.path = path }
            return job.changes(from: before)
        } catch {
            return []
        }
    }
}
