import ArgumentParser
import Fanfare
import Foundation

/// `fanfare check JOB`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates a job and renders every contact's request without sending.",
        discussion: "Example:\n  fanfare check black-friday.yaml"
    )

    @Argument(help: "The job file.", completion: Completions.jobs)
    var job: String
    @OptionGroup var network: NetworkOptions
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
        var start: String?
        var warnings: [String]
    }

    func run() async throws {
        try await reportingFailures {
            let loaded = try JobCheck.load(path: job, environment: ProcessInfo.processInfo.environment)
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
        let result = Result(
            name: name,
            contacts: check.imported?.created,
            rejected: check.imported?.rejected,
            recipients: check.recipients,
            requests: check.dryRun.rendered,
            skipped: skipped,
            start: check.start?.localText,
            warnings: check.warnings
        )
        return try JSONLine.text(result)
    }

    private func text(_ name: String, _ check: JobCheck) -> String {
        var lines = ["\(name): valid"]
        if let summary = check.imported {
            lines.append("  contacts    \(HumanText.count(Int64(summary.created)))")
            if summary.rejected > 0 { lines.append("  rejected    \(HumanText.count(summary.rejected, "row"))") }
            lines += summary.rejects.prefix(3).map { "    \($0.text)" }
        }
        lines.append("  recipients  \(HumanText.count(check.recipients))")
        lines.append("  requests    \(HumanText.count(check.dryRun.rendered))")
        for (reason, skips) in check.dryRun.skips.sorted(by: { $0.value.count > $1.value.count }) {
            lines.append("  skipped     \(HumanText.count(skips.count)): \(reason.text)")
        }
        lines.append("  starts      \(check.start?.localText ?? "at once")")
        return (lines + check.warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}
