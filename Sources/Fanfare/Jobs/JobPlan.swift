import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareTransport
import Foundation

/// What a job makes of an audience: the parts of a plan that `run` and `check` share.
struct JobPlan {
    let job: LoadedJob
    let audience: Audience
    /// What its links to hosted pages are made of.
    let links: PageLinks.Supply
    /// Whom nothing is sent to; nil: nobody is left out.
    var suppression: SuppressionList?

    /// The zone of the job's schedule and dates.
    private var timeZone: TimeZone { TimeZone(identifier: job.job.schedule.timeZone) ?? .gmt }

    /// What segments mean now.
    var context: SegmentContext { SegmentContext(timeZone: timeZone) }

    /// Checks settings, webhook and selection against the audience.
    ///
    /// - Throws: `JobError` that names line and column of everything that is wrong.
    func review() throws { try JobReview(job).require(audience, context) }

    /// Fixes the recipient set in a new ledger.
    ///
    /// - Parameter begun: When the fan-out was begun: Unix seconds.
    func freeze(_ ledger: Ledger, document: String, begun: Int64) throws {
        let selection = try audience.selectionSQL(
            job.job.audience.selection,
            schema: AudienceAttachment.schema,
            context: context
        )
        try ledger.freeze(
            audienceFile: audience.path,
            selection: selection,
            job: document,
            suppression: suppression,
            waves: try waves(begun: begun, now: Int64(Date().timeIntervalSince1970))
        )
    }

    private func waves(begun: Int64, now: Int64) throws -> WavePlan? {
        let schedule = job.job.schedule
        if let localTime = try LocalTimes(schedule, audience, job.job.audience.selection, context) {
            return .zones(localTime.plan(begun: begun, now: now))
        }
        return schedule.batches.map { $0.plan(from: now) }
    }

    /// The plan over a frozen ledger, of a job that was reviewed.
    func plan(_ ledger: Ledger, ids: DeliveryIDSeries) throws -> FanOutPlan {
        let template = try RequestTemplate.compile(job.job.webhook, fields: audience.fields(), links: links)
        let zone = timeZone
        var endpoint = EndpointSettings(template)
        endpoint.apply(job.job.webhook)
        endpoint.offersHTTP2 = job.job.delivery.http == .http2
        var plan = FanOutPlan(
            ledger: ledger,
            audience: audience,
            template: template,
            endpoint: endpoint,
            settings: job.job.delivery,
            statuses: job.job.audience.selection.statuses,
            ids: ids,
            utcOffset: { zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval($0))) }
        )
        // Read now: a list that cannot be is told before anything is sent.
        _ = try suppression?.addresses()
        plan.suppression = suppression
        plan.holdout = job.job.holdout
        plan.window = job.job.schedule.window
        return plan
    }
}

extension JobAudience.Import {
    /// How the file is read: the job's column map over what else was chosen.
    func options(_ base: ImportOptions) -> ImportOptions {
        var options = base
        for column in columns { options.columns[column.header] = ColumnSpec(column) }
        return options
    }
}

extension ColumnSpec {
    /// What a job says of a column.
    init(_ column: JobAudience.Column) {
        switch column.role {
        case .field:
            self.init(tag: column.tag, kind: column.kind, dateFormat: column.dateFormat?.rawValue ?? "")
        case .group: self = .group
        case .ignored: self = .ignored
        }
    }
}
