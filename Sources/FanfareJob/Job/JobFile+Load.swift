public import FanfarePayload

/// A job and the file it came from.
public struct LoadedJob: Sendable {
    /// What the file says.
    public let job: JobFile
    /// Where its values stand: for what other modules find wrong with them.
    public let source: JobSource
    /// The environment variables that it was read with, whether they were set or not.
    public let variables: Set<String>

    /// - Parameters: see the properties of the same names.
    package init(job: JobFile, source: JobSource, variables: Set<String> = []) {
        self.job = job
        self.source = source
        self.variables = variables
    }

    /// The same job, with hosted pages that are reached elsewhere than it says.
    ///
    /// - Parameter publicURL: Where they are; nil: where the job says.
    public func reaching(pagesAt publicURL: PublicURL?) -> LoadedJob {
        guard let publicURL else { return self }
        var job = job
        job.publicURL = publicURL
        return LoadedJob(job: job, source: source, variables: variables)
    }
}

extension LoadedJob {
    /// One time of a job that comes again: a job that goes once, then.
    ///
    /// - Parameter time: The time, as `2026-11-27 09:00`.
    /// - Returns: Nil when it is none.
    package func once(at time: String) -> LoadedJob? {
        guard let time = Schedule.LocalTime(time) else { return nil }
        var job = job
        (job.schedule.at, job.schedule.recurrence) = (time, nil)
        return LoadedJob(job: job, source: source, variables: variables)
    }

    /// The first time at which a job comes that comes again, and with which rule from when on; nil: it goes once.
    package var series: (rule: String, begins: String, first: String)? {
        let schedule = job.schedule
        guard let rule = schedule.recurrence, let at = schedule.at, let first = schedule.firstTime else { return nil }
        return (rule.text, at.text, first.text)
    }
}

extension Recurrence {
    /// The time after one of a series.
    ///
    /// - Parameters: As ``LoadedJob/series`` has them.
    /// - Returns: Nil when that was the last, or they are none.
    package static func next(after time: String, rule: String, begins: String) -> String? {
        guard let time = Schedule.LocalTime(time), let begins = Schedule.LocalTime(begins) else { return nil }
        // What was read from a job file once reads again.
        return (try? Recurrence(rule))?.next(after: time, from: begins)?.text
    }
}

/// The text of a job file, with what it takes to read it elsewhere as it would be read here.
public struct JobText: Sendable, Hashable {
    /// The file's bytes, UTF-8.
    public let bytes: [UInt8]
    /// What to call it in errors: its path as it was given.
    public let file: String
    /// Where relative paths start, from the root.
    public let folder: String

    /// - Parameters: see the properties of the same names.
    public init(_ bytes: [UInt8], file: String, folder: String) {
        (self.bytes, self.file, self.folder) = (bytes, file, folder)
    }

    /// Reads a file.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``JobError`` when it cannot be read.
    public init(path: String) throws(JobError) {
        do throws(FileContents.Fault) {
            bytes = try FileContents.read(path, maximumBytes: SourceText.maximumBytes)
        } catch {
            let problem = JobProblem(.unreadableFile, place: nil, message: error.reason)
            throw JobError([problem], in: JobSource(file: path))
        }
        file = path
        folder = FileContents.absolute(FileContents.folder(of: path))
    }

    /// Reads the job that it says.
    ///
    /// - Parameter environment: The environment, for `{env: NAME}` and `TZ`.
    /// - Throws: ``JobError`` with all problems of the text.
    public func job(environment: [String: String]) throws(JobError) -> LoadedJob {
        try JobFile.parse(bytes, file: file, folder: folder, environment: environment)
    }
}

extension JobFile {
    /// Reads a job file: YAML 1.2, of which JSON is a part.
    ///
    /// Secrets are read from where the file says they are, and the contact file must be there. Relative paths start
    /// from the job file's folder.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - environment: The environment, for `{env: NAME}` and `TZ`.
    /// - Throws: ``JobError`` with all problems of the file.
    public static func load(path: String, environment: [String: String]) throws(JobError) -> LoadedJob {
        try JobText(path: path).job(environment: environment)
    }

    /// Reads a job from text.
    ///
    /// - Parameters:
    ///   - text: The file's bytes, UTF-8.
    ///   - file: What to call it in errors.
    ///   - folder: Where relative paths start; empty: the current folder.
    ///   - environment: The environment, for `{env: NAME}` and `TZ`.
    /// - Throws: ``JobError`` with all problems of the text.
    public static func parse(
        _ text: [UInt8],
        file: String,
        folder: String,
        environment: [String: String]
    ) throws(JobError) -> LoadedJob {
        try parse(text, file: file, folder: folder, environment: environment, isStored: false)
    }

    static func parse(
        _ text: [UInt8],
        file: String,
        folder: String,
        environment: [String: String],
        isStored: Bool
    ) throws(JobError) -> LoadedJob {
        let reading = Reading(environment: environment, folder: folder, isStored: isStored)
        let read = try JobSection.format.outcome(of: text, file: file, reading)
        guard let job = read.value, read.problems.isEmpty else {
            throw JobError(read.problems, in: read.source, readable: read.value)
        }
        return LoadedJob(job: job, source: read.source, variables: read.variables)
    }
}
