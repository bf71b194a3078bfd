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
            if let held = refusal(besideHeld: forecast.planned?.name) { return held }
            var answer = take(forecast.order)
            if answer.refusal != nil { return answer }
            answer.planned = forecast.planned
            return try await refusal(of: answer.handed?.ticket) ?? answer
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

    /// Why nothing else is planned of a name: what was planned before is held.
    private func refusal(besideHeld name: String?) -> ControlAnswer? {
        guard let name, let held = latest[name], held.isKeptBack, let obstacle = held.obstacle else { return nil }
        return ControlAnswer(
            "\(name) is planned already, and held: \(obstacle). Mend that, then: fanfare resume \(name); or end it with: "
                + "fanfare cancel \(name)",
            refusal: .invalid
        )
    }

    /// Why a job that was just taken is not kept: what the catalogue has of its name does not go with it.
    ///
    /// - Returns: Nil: nothing speaks against it, as far as that can be said by now.
    private func refusal(of ticket: String?) async throws -> ControlAnswer? {
        guard let ticket, let job = job(of: ticket) else { return nil }
        _ = try await soon { job.isOver || job.fanOut != nil || isHeld }
        guard job.hasComeToNothing, let obstacle = job.obstacle else { return nil }
        return ControlAnswer(obstacle, refusal: .invalid)
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
        var requests = check.dryRun.rendered
        if loaded.job.schedule.localTime == .skip, let past = check.localTimes?.past(at: currentUnixTime()).contacts {
            // Of those that would be sent something; who is left out for something else is in a zone too.
            let late = min(past, requests)
            requests -= late
            if late > 0 { skipped[Reason.localTimePast.text] = late }
        }
        self.init(
            name: loaded.job.name,
            start: start.localText,
            startsAt: start.unixSeconds,
            requests: requests,
            skipped: skipped,
            secondsByRate: Self.seconds(check),
            repeats: loaded.job.schedule.recurrence?.text,
            variables: loaded.variables.subtracting(["TZ"]).sorted(),
            warnings: check.warnings
        )
    }

    /// How long it takes at its rate, and with its parts; nil: neither says.
    private static func seconds(_ check: JobCheck) -> Double? {
        let parts = check.schedule.batches?.length
        guard check.pace.byRate != nil || parts != nil else { return nil }
        return ((check.pace.byRate ?? .zero) + (parts ?? .zero)) / .seconds(1)
    }
}
