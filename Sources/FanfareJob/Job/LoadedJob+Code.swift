public import FanfareAudience
public import FanfareDelivery
public import FanfarePayload
public import Foundation

extension LoadedJob {
    /// A job that a program has put together, checked as a job file is.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - environment: Where secrets are that it refers to by `Secret.Origin.environment`.
    /// - Throws: ``JobError`` with all problems; they name keys as a job file has them, and no lines.
    public init(
        _ job: JobFile,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(JobError) {
        let source = JobSource(file: "the job \(job.name.shown)")
        do {
            // What cannot be written into a job file, or reads as something else, cannot be run either: it could not
            // be taken up again from its ledger.
            _ = try JobFile.decoded(
                try job.encoded { String(decoding: $0.reveal(), as: UTF8.self) },
                name: source.file,
                environment: environment
            ) { Secret($0) }
        } catch let error as JobError {
            let problems = error.problems.map { problem in
                var problem = problem
                problem.place = nil
                return problem
            }
            throw JobError(problems, in: source)
        } catch {
            throw JobError([JobProblem(.badValue, place: nil, message: "\(error)")], in: source)
        }
        self.init(job: job, source: source)
    }
}

extension JobFile {
    /// Reads a job file, with this process's environment; see ``load(path:environment:)``.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``JobError`` with all problems of the file.
    public static func load(path: String) throws(JobError) -> LoadedJob {
        try load(path: path, environment: ProcessInfo.processInfo.environment)
    }

    /// A job in a program: see ``LoadedJob/init(_:environment:)``.
    ///
    /// - Parameters:
    ///   - name: The identity of its fan-out: unique, stable, 1 … 100 characters.
    ///   - audience: The name of a stored audience.
    ///   - selection: Which of its contacts receive; everyone who is subscribed unless given.
    ///   - webhook: Where it goes and what it carries.
    ///   - schedule: When it goes; at once unless given.
    ///   - delivery: How fast it goes, how it is repeated and given up.
    public init(
        name: String,
        toAudience audience: String,
        selection: RecipientSelection = RecipientSelection(),
        webhook: WebhookDefinition,
        schedule: Schedule = Schedule(timeZone: "UTC"),
        delivery: DeliverySettings = DeliverySettings()
    ) {
        self.init(
            name: name,
            audience: JobAudience(file: nil, name: audience, selection: selection),
            webhook: webhook,
            schedule: schedule,
            delivery: delivery
        )
    }
}

extension JobAudience.Import {
    /// A contact file.
    ///
    /// - Parameters:
    ///   - path: The file; a relative path starts from the current folder.
    ///   - columns: What its columns become, where that is not plain from their headers.
    public init(_ path: String, columns: [JobAudience.Column] = []) {
        self.init(path: path, resolvedPath: FileContents.absolute(path), columns: columns)
    }
}
