import FanfareAudience
import FanfareDelivery
public import FanfarePayload

extension JobFile {
    /// The job as a sealed text that keeps its meaning: for the ledger of its fan-out.
    ///
    /// What is sealed is itself a job file, in JSON on one line, with every default written out and every path
    /// absolute, so that no later version can take it for another job. It is sealed as a whole, as keys and tokens
    /// stand not only where a job has secrets: also in headers, URLs and data. Secrets that were read from the
    /// environment or a file stay references.
    ///
    /// - Parameter seal: Makes a text that only its counterpart, `open`, can read.
    /// - Throws: What `seal` throws.
    public func encoded(seal: (Secret) throws -> String) throws -> String {
        try seal(Secret(JobEncoder.open.encode(self).compact))
    }

    /// Reads what ``encoded(seal:)`` wrote.
    ///
    /// Secrets are read anew from where they are referred to; the contact file need not be there any more.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - name: What to call it in errors, such as `the stored job black-friday`.
    ///   - environment: The environment, for secrets.
    ///   - open: Opens what `seal` sealed.
    /// - Throws: ``JobError`` with all problems: a variable that is gone, a seal that does not open, a damaged text.
    public static func decoded(
        _ text: String,
        name: String,
        environment: [String: String],
        open: (String) throws -> Secret
    ) throws(JobError) -> JobFile {
        try loaded(text, name: name, environment: environment, open: open).job
    }

    /// The same, with where its values stand in the stored text.
    ///
    /// - Parameters: see ``decoded(_:name:environment:open:)``.
    /// - Throws: ``JobError``.
    package static func loaded(
        _ text: String,
        name: String,
        environment: [String: String],
        open: (String) throws -> Secret
    ) throws(JobError) -> LoadedJob {
        let bytes = try SealedText.bytes(of: text, name: name, open: open)
        return try parse(bytes, file: name, folder: "", environment: environment, isStored: true)
    }
}

/// A text that was sealed as a whole.
enum SealedText {
    /// What it says.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - name: What to call it in errors.
    ///   - open: Opens what was sealed.
    /// - Throws: `JobError` when it does not open.
    static func bytes(
        of text: String,
        name: String,
        open: (String) throws -> Secret
    ) throws(JobError) -> [UInt8] {
        do {
            return try open(text).reveal()
        } catch {
            let problem = JobProblem(.secret, place: nil, message: "it is sealed and cannot be opened: \(error)")
            throw JobError([problem], in: JobSource(file: name))
        }
    }
}

/// Writes jobs as the tables of the format say.
struct JobEncoder {
    /// What stands for the value of an inline secret.
    let inline: (Secret) -> JSONValue
    /// Whether paths are written as they were in the job file.
    var keepsPaths = false
    /// Whether it is written for people: what is to be shown to nobody is ``Reading/shownSecret``.
    private(set) var isShown = false

    init(keepsPaths: Bool = false, inline: @escaping (Secret) -> JSONValue) {
        self.keepsPaths = keepsPaths
        self.inline = inline
    }

    /// One that writes secrets in the clear, for a text that is sealed as a whole.
    static var open: JobEncoder { JobEncoder { .string(String(decoding: $0.reveal(), as: UTF8.self)) } }

    /// One that writes for people.
    static var shown: JobEncoder {
        var encoder = JobEncoder { _ in .string(Reading.shownSecret) }
        encoder.isShown = true
        return encoder
    }

    func encode(_ job: JobFile) -> JSONValue {
        .members(
            (JobSection.version.name, 1),
            (JobSection.name.name, .string(job.name)),
            (JobSection.audience.name, encode(job.audience)),
            (JobSection.webhook.name, encode(job.webhook)),
            (JobSection.schedule.name, encode(job.schedule)),
            (JobSection.delivery.name, encode(job.delivery)),
            (JobSection.notify.name, encode(job.notify)),
            (JobSection.publicURL.name, job.publicURL.map { .string($0.text) })
        )
    }

    private func encode(_ schedule: Schedule) -> JSONValue {
        .members(
            (ScheduleSection.at.name, schedule.at.map { .string($0.text) }),
            (ScheduleSection.timeZone.name, .string(schedule.timeZone)),
            (ScheduleSection.recurrence.name, schedule.recurrence.map { .string($0.text) }),
            (
                ScheduleSection.localTime.name,
                schedule.localTime.map { .members((LocalTimeSection.past.name, .string($0.rawValue))) }
            ),
            (ScheduleSection.startWithin.name, .string(schedule.startWithin.jobText)),
            (ScheduleSection.window.name, schedule.window.map { encode($0) }),
            (ScheduleSection.batches.name, schedule.batches.map { encode($0) })
        )
    }

    private func encode(_ batches: Schedule.Batches) -> JSONValue {
        .members(
            (BatchesSection.count.name, .integer(batches.count)),
            (BatchesSection.delay.name, .string(batches.delay.jobText))
        )
    }

    private func encode(_ window: SendWindow) -> JSONValue {
        let days = SendWindow.Day.allCases.filter(window.days.contains)
        return .members(
            (WindowSection.days.name, .array(days.map { .string($0.rawValue) })),
            (WindowSection.from.name, .string(SendWindow.text(ofMinute: window.from))),
            (WindowSection.to.name, .string(SendWindow.text(ofMinute: window.to)))
        )
    }

    private func encode(_ settings: DeliverySettings) -> JSONValue {
        .members(
            (DeliverySection.maxInFlight.name, .integer(settings.maxInFlight)),
            (DeliverySection.concurrency.name, .string(settings.concurrency.rawValue)),
            (DeliverySection.rate.name, settings.ratePerSecond.map { .string(RateText.write($0)) }),
            (DeliverySection.timeout.name, .string(settings.timeout.jobText)),
            (DeliverySection.deadline.name, .string(settings.deadline.jobText)),
            (DeliverySection.stopAfter.name, settings.stopAfter.map { .string($0.jobText) }),
            (DeliverySection.retries.name, .array(settings.retries.map { .string($0.jobText) })),
            (DeliverySection.retryOn.name, settings.retryOn.map { .array($0.sorted().map(JSONValue.integer)) }),
            (DeliverySection.whenUncertain.name, .string(settings.whenUncertain.rawValue)),
            (DeliverySection.http.name, .string(settings.http.rawValue)),
            (
                DeliverySection.canary.name,
                settings.canary.map { canary in
                    .members(
                        (CanarySection.contacts.name, .integer(canary.contacts)),
                        (CanarySection.proceedAt.name, .string(PercentText.write(canary.proceedAt)))
                    )
                }
            )
        )
    }
}

extension JSONValue {
    /// An object of the members that have a value.
    static func members(_ members: (key: String, value: JSONValue?)...) -> JSONValue { .members(members) }

    /// The same of a list.
    static func members(_ members: [(key: String, value: JSONValue?)]) -> JSONValue {
        .object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    static func integer(_ value: Int) -> JSONValue { .number(String(value)) }
}
