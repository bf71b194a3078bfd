public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
public import FanfarePayload
public import FanfareTransport

/// Tries a job without sending or keeping anything: imports, selects and renders everybody in a folder of its own.
public struct JobCheck: Sendable {
    /// What the import made of the contact file; nil for a stored audience.
    public private(set) var imported: ImportSummary?
    /// Contacts that the selection names.
    public var recipients: Int64 { dryRun.recipients }
    /// What came of rendering them.
    public private(set) var dryRun: DryRun
    /// When the job starts; nil: at once.
    public var start: Schedule.Start? { schedule.start }
    /// When the job starts, and in which parts and at which times it sends.
    public private(set) var schedule: Schedule
    /// When contacts are due that go by their own clocks; nil: all at the same moment.
    public private(set) var localTimes: LocalTimes?
    /// How long it may take.
    public private(set) var pace: JobPace
    /// The room it needs in the data directory, and what there is.
    public private(set) var room: JobRoom
    /// What deserves a second look, one sentence each.
    public private(set) var warnings: [String]

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
        var wish = JobDraft.Wish()
        wish.options = options
        // Everybody is read from the first to the last: nobody is looked for.
        wish.options.buildsIndexes = false
        wish.isCancelled = isCancelled
        var uncleared: [String] = []
        let note: (String) -> Void = { uncleared.append($0) }
        self = try JobDraft.with(job, dataDirectory: dataDirectory, wish, uncleared: note) { draft in
            try JobCheck(job.job, draft, dataDirectory, egress, proxy, isCancelled)
        }
        warnings += uncleared
    }

    private init(
        _ job: JobFile,
        _ draft: JobDraft,
        _ dataDirectory: String,
        _ egress: EgressPolicy,
        _ proxy: ForwardProxy?,
        _ isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        imported = draft.imported
        dryRun = try DryRun(
            draft.plan,
            part: job.audience.selection.part,
            context: draft.context,
            isCancelled: isCancelled
        )
        schedule = job.schedule
        pace = JobPace(recipients: dryRun.rendered, job.delivery)
        let importedFile = draft.imported == nil ? nil : draft.plan.audience.path
        room = JobRoom(recipients: dryRun.recipients, importedFile: importedFile, dataDirectory: dataDirectory)
        warnings = pace.warnings + room.warnings + Self.warnings(of: job.webhook) + Self.warnings(of: job.delivery)
        if recipients == 0 { warnings.append("nobody would receive it") }
        warnings += Self.warnings(of: start) + Self.warnings(of: job.schedule, pace)
        warnings += Self.warnings(of: job.schedule.batches, job.delivery)
        localTimes = try LocalTimes(job.schedule, draft.plan.audience, job.audience.selection, draft.context)
        warnings += localTimes?.warnings(at: draft.context.now) ?? []
        if let proxy = proxy ?? draft.plan.endpoint.proxy {
            warnings.append("requests go through the proxy \(proxy), which decides what addresses may be reached")
        } else if let address = try draft.plan.endpoint.hostAddress, !egress.permits(address) {
            warnings.append(
                "\(address) is no public address: a run is blocked unless --allow-network \(address) opens it"
            )
        }
        if let url = job.notify?.url, let address = try EndpointSettings(url: url).hostAddress,
            !egress.permits(address)
        {
            warnings.append(
                "\(address), of notify.url, is no public address: notifications are blocked unless "
                    + "--allow-network \(address) opens it"
            )
        }
    }

    /// Reads a job file; what is wrong with it is told together with what the other modules have against the rest.
    ///
    /// - Parameters:
    ///   - path: See `JobFile.load(path:environment:)`, as of the next.
    ///   - environment: The environment.
    ///   - publicURL: Where hosted pages are reached, in place of what the job says; nil: as it says.
    /// - Throws: `JobError`.
    public static func load(
        path: String,
        environment: [String: String],
        publicURL: PublicURL? = nil
    ) throws(JobError) -> LoadedJob {
        try load(JobText(path: path), environment: environment, publicURL: publicURL)
    }

    /// Reads the text of a job file in the same way.
    ///
    /// - Throws: `JobError`.
    public static func load(
        _ text: JobText,
        environment: [String: String],
        publicURL: PublicURL? = nil
    ) throws(JobError) -> LoadedJob {
        do throws(JobError) {
            return try text.job(environment: environment).reaching(pagesAt: publicURL)
        } catch {
            guard let readable = error.readable else { throw error }
            let review = JobReview(LoadedJob(job: readable, source: error.source).reaching(pagesAt: publicURL))
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
}
