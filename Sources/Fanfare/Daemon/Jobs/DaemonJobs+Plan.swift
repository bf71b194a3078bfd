import FanfareAudience
import FanfareControl
import FanfareDelivery
import FanfareJob

/// Jobs that are planned: handed over for a time to come, and not followed.
extension DaemonJobs {
    /// Keeps a job for its time, when a check finds nothing wrong with it, and says what it would do now.
    func plan(_ order: RunOrder) async -> ControlAnswer {
        do {
            let forecast = try await forecast(order)
            var answer = take(forecast.order)
            if answer.refusal == nil { answer.planned = forecast.planned }
            return answer
        } catch let error as JobError {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch let error as AudienceError where error.code != .storage {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch let error as JobRunError {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch {
            return ControlAnswer("the job was not planned: \(error)", refusal: .failed)
        }
    }

    /// Checks a job that is to be planned as `fanfare check` does, and keeps nothing.
    ///
    /// - Throws: As `JobCheck` does.
    func forecast(_ order: RunOrder) async throws -> JobForecast {
        var order = order
        let loaded = try order.job()
        if let series = loaded.series {
            order.series = RunSeries(rule: series.rule, begins: series.begins, time: series.first)
        }
        let wanted = order
        let check = try await OwnThread.run { [installation, configuration] isCancelled in
            try JobCheck(
                loaded,
                dataDirectory: installation.directory.path,
                options: wanted.importing,
                egress: wanted.egress(configuration),
                proxy: wanted.proxy(configuration),
                isCancelled: isCancelled
            )
        }
        return JobForecast(
            order: order,
            planned: PlannedRun(loaded, check),
            zones: check.localTimes?.zones ?? [],
            lastStart: loaded.job.schedule.lastStart
        )
    }
}

/// What a job would do that is to be planned.
struct JobForecast: Sendable {
    /// The order, as it is to be taken.
    let order: RunOrder
    /// What the planner should know; nil: the job has no time.
    let planned: PlannedRun?
    /// When contacts are due that go by their own clocks; none: all at the same moment.
    let zones: [LocalTimes.Zone]
    /// When the last contacts are due; nil: the job has no time.
    let lastStart: Schedule.Start?
}

extension PlannedRun {
    fileprivate init?(_ loaded: LoadedJob, _ check: JobCheck) {
        guard let start = check.start else { return nil }
        var skipped = Dictionary(uniqueKeysWithValues: check.dryRun.skips.map { ($0.key.text, $0.value.count) })
        for (status, count) in check.dryRun.leftOut { skipped[status.rawValue] = count }
        if check.dryRun.suppressed > 0 { skipped["on the suppression list"] = check.dryRun.suppressed }
        self.init(
            name: loaded.job.name,
            start: start.localText,
            startsAt: start.unixSeconds,
            requests: check.dryRun.rendered,
            skipped: skipped,
            secondsByRate: check.pace.byRate.map { $0 / .seconds(1) },
            repeats: loaded.job.schedule.recurrence?.text,
            variables: loaded.variables.subtracting(["TZ"]).sorted(),
            warnings: check.warnings
        )
    }
}
