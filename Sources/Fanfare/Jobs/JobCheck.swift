public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfarePayload
import FanfareStore
public import FanfareTransport
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
    ///   - dataDirectory: Where stored audiences are; need not exist for a job with a contact file, and is not made.
    ///   - options: Limits of the import.
    ///   - egress: Where a run may connect to.
    ///   - proxy: What a run connects through in place of the job's own proxy.
    ///   - isCancelled: Asked now and then; nothing is left behind when it says so.
    /// - Throws: `JobError` with every problem of the webhook, `AudienceError`, ``JobRunError``, `StoreError`,
    ///   `CancellationError`.
    public init(
        _ job: LoadedJob,
        dataDirectory: String,
        options: ImportOptions = ImportOptions(),
        egress: EgressPolicy = EgressPolicy(),
        proxy: ForwardProxy? = nil,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        let scratch = try ScratchFolder(for: dataDirectory)
        let endpoint: EndpointSettings
        do {
            (imported, dryRun, endpoint) = try Self.tried(job, scratch.directory, dataDirectory, options, isCancelled)
        } catch {
            // The next owner of the data directory removes what is left; this error is what the operator must know.
            do { try scratch.remove() } catch {}
            if (error as? AudienceError)?.code == .cancelled { throw CancellationError() }
            throw error
        }
        recipients = dryRun.rendered + dryRun.skips.values.reduce(0) { $0 + $1.count }
        start = job.job.schedule.start
        var warnings = Self.warnings(job.job, recipients: recipients, start: start)
        if let proxy = proxy ?? endpoint.proxy {
            warnings.append("requests go through the proxy \(proxy), which decides what addresses may be reached")
        } else if let address = try endpoint.hostAddress, !egress.permits(address) {
            warnings.append(
                "\(address) is no public address: a run is blocked unless --allow-network \(address) opens it"
            )
        }
        do {
            try scratch.remove()
        } catch {
            warnings.append("\(scratch.directory.path), a copy of the contacts, could not be removed: \(error)")
        }
        self.warnings = warnings
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
    /// - Parameters: see ``init(_:dataDirectory:options:egress:proxy:isCancelled:)``.
    /// - Throws: `JobError`.
    public static func refuseFaulty(
        _ job: LoadedJob,
        dataDirectory: String,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        let problems = JobReview(job).withoutContacts
        if problems.isEmpty { return }
        do {
            _ = try JobCheck(job, dataDirectory: dataDirectory, isCancelled: isCancelled)
        } catch let error as JobError {
            throw error
        } catch {
            // What is known to be wrong comes first; a run of the mended job will meet this error again.
        }
        throw JobError(problems, in: job.source)
    }

    /// Imports, freezes and renders in a folder of its own.
    private static func tried(
        _ job: LoadedJob,
        _ folder: DataDirectory,
        _ dataDirectory: String,
        _ options: ImportOptions,
        _ isCancelled: @escaping @Sendable () -> Bool
    ) throws -> (ImportSummary?, DryRun, EndpointSettings) {
        let audience: Audience
        let imported: ImportSummary?
        do {
            (audience, imported) = try contacts(of: job.job, folder, dataDirectory, options, isCancelled)
        } catch let error as AudienceError {
            throw JobReview(job).error(for: error)
        }
        let parts = JobPlan(job: job, audience: audience)
        try parts.review()
        let ledger = try Ledger.create(at: folder.fanoutPath("check"), run: 1)
        try parts.freeze(ledger, document: "")
        let ids = DeliveryIDSeries(installation: "check", fanOut: job.job.name, run: 1)
        let plan = try parts.plan(ledger, ids: ids)
        return (imported, try DryRun(plan, isCancelled: isCancelled), plan.endpoint)
    }

    private static func contacts(
        of job: JobFile,
        _ folder: DataDirectory,
        _ dataDirectory: String,
        _ options: ImportOptions,
        _ isCancelled: @escaping () -> Bool
    ) throws -> (Audience, ImportSummary?) {
        guard let file = job.audience.file else { return (try stored(job.audience.name ?? "", dataDirectory), nil) }
        let audience = try Audience(path: folder.audiencePath("check"), id: "check", mode: .createNew)
        let summary = try audience.importContacts(from: file.resolvedPath, options: file.options(options)) { _ in
            !isCancelled()
        }
        return (audience, summary)
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
        if !job.webhook.tls.verifies {
            warnings.append("webhook.tls.verify is false: anybody on the way can read the requests and answer them")
        }
        if job.delivery.http == .http2, job.delivery.whenUncertain == .hold {
            warnings.append(
                "over HTTP/2 a receiver that ends a connection leaves requests open on it: with when_uncertain: hold "
                    + "they are held as uncertain"
            )
        }
        if recipients == 0 { warnings.append("nobody would receive it") }
        if let note = start?.note { warnings.append(note) }
        if let start, start.unixSeconds < Int64(Date().timeIntervalSince1970) {
            warnings.append("its time, \(start.localText), has passed: it would start at once")
        }
        return warnings
    }
}
