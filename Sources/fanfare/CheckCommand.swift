import ArgumentParser
import Fanfare
import Foundation

/// `fanfare check JOB`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates a job and renders every contact's request without sending.",
        discussion: """
            Says who would be skipped and why, how long the job may take, and what deserves a second look. Nothing is \
            sent and nothing is kept.

            Example:
              fanfare check black-friday.yaml
            """
    )

    @Argument(help: "The job file.", completion: Completions.jobs)
    var job: String
    @OptionGroup var network: NetworkOptions
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    private struct Result: Encodable {
        var name: String
        /// Of the contact file; nil for a stored audience.
        var contacts: Int?
        var rejected: Int?
        var recipients: Int64
        var requests: Int64
        var skipped: [String: Int64]
        /// The addresses of the first few that are skipped, by reason.
        var skipped_samples: [String: [String]]
        /// Contacts whose status does not receive.
        var left_out: [String: Int64]
        /// Contacts that are on the suppression list.
        var suppressed: Int64
        /// How long the rate alone makes it last; nil: there is none.
        var seconds_by_rate: Double?
        /// How long the requests in flight alone make it last when an answer takes 100 ms.
        var seconds_by_window: Double
        var bytes_needed: Int64
        var bytes_free: Int64?
        var start: String?
        var warnings: [String]
    }

    func run() async throws {
        try await reportingFailures {
            let loaded = try JobCheck.load(
                path: job,
                environment: ProcessInfo.processInfo.environment,
                publicURL: pages.url()
            )
            let interruption = Interruption()
            let check = try self.check(loaded, interruption)
            if output.json {
                try print(json(loaded.job.name, check))
            } else {
                print(text(loaded.job.name, check))
            }
        }
    }

    private func check(_ job: LoadedJob, _ interruption: Interruption) throws -> JobCheck {
        let policy = try network.policy()
        do {
            return try JobCheck(job, dataDirectory: data.directory, egress: policy, proxy: network.proxy()) {
                interruption.isRequested
            }
        } catch is CancellationError {
            throw ExitCode.interrupted
        }
    }

    private func json(_ name: String, _ check: JobCheck) throws -> String {
        let skipped = Dictionary(
            uniqueKeysWithValues: check.dryRun.skips.map { (String(describing: $0.key), $0.value.count) }
        )
        let samples = Dictionary(
            uniqueKeysWithValues: check.dryRun.skips.map { (String(describing: $0.key), $0.value.samples) }
        )
        let result = Result(
            name: name,
            contacts: check.imported?.created,
            rejected: check.imported?.rejected,
            recipients: check.recipients,
            requests: check.dryRun.rendered,
            skipped: skipped,
            skipped_samples: samples,
            left_out: Dictionary(uniqueKeysWithValues: check.dryRun.leftOut.map { ($0.key.rawValue, $0.value) }),
            suppressed: check.dryRun.suppressed,
            seconds_by_rate: check.pace.byRate.map { $0 / .seconds(1) },
            seconds_by_window: check.pace.byWindow / .seconds(1),
            bytes_needed: check.room.needed,
            bytes_free: check.room.free,
            start: check.start?.localText,
            warnings: check.warnings
        )
        return try JSONLine.text(result)
    }

    /// What rate and window allow; what the receiver allows nobody knows yet.
    private func duration(_ pace: JobPace) -> String {
        let window = "\(HumanText.count(pace.window, "request")) in flight"
        guard let rate = pace.rate, let byRate = pace.byRate, let slowest = pace.slowestAnswer else {
            let answer = HumanText.duration(JobPace.assumedAnswer)
            let byWindow = HumanText.duration(pace.byWindow)
            return "about \(byWindow) with \(window), if answers take \(answer); no rate is set"
        }
        let perSecond = rate == rate.rounded() ? HumanText.count(Int64(rate)) : String(rate)
        return "about \(HumanText.duration(byRate)) at \(perSecond)/s; with \(window) that needs answers within "
            + HumanText.duration(slowest)
    }

    private func room(_ room: JobRoom) -> String {
        let free = room.free.map { ", \(JobRoom.text($0)) free" } ?? ""
        return "about \(JobRoom.text(room.needed))\(free)"
    }

    private func text(_ name: String, _ check: JobCheck) -> String {
        var lines = ["\(name): valid"]
        if let summary = check.imported {
            lines.append("  contacts    \(HumanText.count(Int64(summary.created)))")
            if summary.rejected > 0 { lines.append("  rejected    \(HumanText.count(summary.rejected, "row"))") }
            lines += summary.rejects.prefix(3).map { "    \($0.text)" }
        }
        for (status, count) in check.dryRun.leftOut.sorted(by: { $0.value > $1.value }) {
            lines.append("  left out    \(HumanText.count(count)): \(status.rawValue)")
        }
        if check.dryRun.suppressed > 0 {
            lines.append("  left out    \(HumanText.count(check.dryRun.suppressed)): on the suppression list")
        }
        lines.append("  recipients  \(HumanText.count(check.recipients))")
        lines.append("  requests    \(HumanText.count(check.dryRun.rendered))")
        for (reason, skips) in check.dryRun.skips.sorted(by: { $0.value.count > $1.value.count }) {
            let samples = skips.samples.map { VisibleText.text($0) }.joined(separator: ", ")
            let more = skips.count > skips.samples.count ? ", …" : ""
            lines.append("  skipped     \(HumanText.count(skips.count)): \(reason.text) (\(samples)\(more))")
        }
        lines.append("  starts      \(check.start?.localText ?? "at once")")
        if let rule = check.schedule.recurrence { lines.append("  repeats     \(rule.text), with fanfare schedule") }
        if let zones = check.localTimes?.zones {
            let first = zones.prefix(4).map { zone in
                "\(zone.name.isEmpty ? "no known zone" : zone.name) \(HumanText.count(zone.contacts))"
            }
            let more = zones.count > 4 ? ", …" : ""
            lines.append("  zones       \(zones.count): \(first.joined(separator: ", "))\(more)")
        }
        if let window = check.schedule.window { lines.append("  sends       \(window.text)") }
        if let batches = check.schedule.batches {
            let delay = HumanText.duration(batches.delay)
            lines.append("  parts       \(batches.count), \(delay) from the start of one to that of the next")
        }
        if check.dryRun.rendered > 0 { lines.append("  takes       \(duration(check.pace))") }
        lines.append("  disk        \(room(check.room))")
        return (lines + check.warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}
