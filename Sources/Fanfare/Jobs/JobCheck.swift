public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfarePayload
import FanfareStore
import Foundation

/// Tries a job without sending or keeping anything: imports, selects and renders everybody in a folder of its own.
public struct JobCheck: Sendable {
    /// What the import made of the contact file; nil for a stored audience.
    public let imported: ImportSummary?
    /// Contacts that the selection names.
    public let recipients: Int64
    /// What came of rendering them.
    public let dryRun: DryRun
    /// When the job starts; nil: at once.
    public let start: Schedule.Start?
    /// What deserves a second look, one sentence each.
    public let warnings: [String]

    /// Checks a job.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - dataDirectory: Where stored audiences are; need not exist for a job with a contact file.
    ///   - options: Limits of the import.
    /// - Throws: `JobError` with every problem of the webhook, `AudienceError`, ``JobRunError``, `StoreError`.
    public init(_ job: LoadedJob, dataDirectory: String, options: ImportOptions = ImportOptions()) throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
            "fanfare-check-\(UUID().uuidString)"
        )
        let folder = try DataDirectory(path: scratch.path, access: .own)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let audience: Audience
        do {
            (audience, imported) = try Self.contacts(of: job.job, folder, dataDirectory, options)
        } catch let error as AudienceError {
            throw JobReview(job).error(for: error)
        }
        let parts = JobPlan(job: job, audience: audience)
        try parts.review()
        let ledger = try Ledger.create(at: folder.fanoutPath("check"), run: 1)
        try parts.freeze(ledger, document: "")
        let ids = DeliveryIDSeries(installation: "check", fanOut: job.job.name, run: 1)
        dryRun = try DryRun(try parts.plan(ledger, ids: ids))
        recipients = try ledger.progress().counts.total
        start = job.job.schedule.start
        warnings = Self.warnings(job.job, recipients: recipients, start: start)
    }

    /// Reads a job file; what is wrong with it is told together with what the other modules have against the rest.
    ///
    /// - Parameters: see `JobFile.load(path:environment:)`.
    /// - Throws: `JobError`.
    public static func load(path: String, environment: [String: String]) throws(JobError) -> LoadedJob {
        do throws(JobError) {
            return try JobFile.load(path: path, environment: environment)
        } catch {
            guard let readable = error.readable else { throw error }
            let review = JobReview(LoadedJob(job: readable, source: error.source))
            // Settings are held against each other: beside a default that stands for a faulty one they prove nothing.
            let isSettled = !error.problems.contains { $0.path.first == "delivery" }
            let more = isSettled ? review.withoutContacts : review.webhookWithoutContacts
            throw JobError(error.problems + more, in: error.source, readable: readable)
        }
    }

    /// Refuses a job with which something is wrong that can be told before its contacts are known; then with all else
    /// that is wrong with it too.
    ///
    /// - Parameters: see ``init(_:dataDirectory:options:)``.
    /// - Throws: `JobError`.
    public static func refuseFaulty(_ job: LoadedJob, dataDirectory: String) throws {
        let problems = JobReview(job).withoutContacts
        if problems.isEmpty { return }
        do {
            _ = try JobCheck(job, dataDirectory: dataDirectory)
        } catch let error as JobError {
            throw error
        } catch {
            // What is known to be wrong comes first; a run of the mended job will meet this error again.
        }
        throw JobError(problems, in: job.source)
    }

    private static func contacts(
        of job: JobFile,
        _ folder: DataDirectory,
        _ dataDirectory: String,
        _ options: ImportOptions
    ) throws -> (Audience, ImportSummary?) {
        guard let file = job.audience.file else { return (try stored(job.audience.name ?? "", dataDirectory), nil) }
        let audience = try Audience(path: folder.audiencePath("check"), id: "check", mode: .createNew)
        return (audience, try audience.importContacts(from: file.resolvedPath, options: file.options(options)))
    }

    private static func stored(_ name: String, _ dataDirectory: String) throws -> Audience {
        let installation = try Installation.read(dataDirectory)
        let record = try installation.audiences.audience(named: name)
        return try Audience(path: installation.directory.audiencePath(record.id), id: record.id, mode: .readOnly)
    }

    private static func warnings(_ job: JobFile, recipients: Int64, start: Schedule.Start?) -> [String] {
        var warnings: [String] = []
        if let rate = job.delivery.ratePerSecond {
            let needed = Duration.seconds(Double(recipients) / rate)
            if let stop = job.delivery.stopAfter, needed > stop {
                warnings.append("at \(rate) requests a second the job takes longer than its stop_after")
            } else if needed > job.delivery.deadline {
                warnings.append("at \(rate) requests a second the job takes longer than the deadline of one delivery")
            }
        }
        if recipients == 0 { warnings.append("nobody would receive it") }
        if let note = start?.note { warnings.append(note) }
        if let start, start.unixSeconds < Int64(Date().timeIntervalSince1970) {
            warnings.append("its time, \(start.localText), has passed: it would start at once")
        }
        return warnings
    }
}
