import ArgumentParser
import Fanfare
import Foundation

/// `fanfare prune`.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forgets the deliveries of fan-outs that ended long ago, and says what room that made.",
        discussion: """
            Their counts are kept: `status` still shows them, and `run` still knows that they were sent. The contacts \
            that a job brought with it go with its last fan-out; stored audiences stay. A fan-out that has not ended \
            is never touched.

            Examples:
              fanfare prune --dry-run
              fanfare prune --older-than 30d
              fanfare prune --name black-friday
              fanfare prune --retention
            """
    )

    @Option(
        help: ArgumentHelp(
            "Only what ended so long ago, for example 30d or 12h. (default: 90d; with --name whenever it ended)",
            valueName: "duration"
        ),
        transform: { text in
            guard let duration = DurationText.read(text) else {
                throw ValidationError("\"\(text)\" is no duration; write for example 90d or 12h")
            }
            return duration
        }
    )
    var olderThan: Duration?
    @Option(help: ArgumentHelp("Only the fan-outs of this name, all runs.", valueName: "name"))
    var name: String?
    @Flag(help: "Only say what would be forgotten.")
    var dryRun = false
    @Flag(help: "Forget what is older than fanfare retention says, webhooks of audiences too.")
    var retention = false
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if retention, olderThan != nil || name != nil || dryRun {
            throw ValidationError("--retention goes with none of --older-than, --name and --dry-run")
        }
    }

    func run() async throws {
        try await reportingFailures {
            if retention { return try applyRetention() }
            let installation = try dryRun ? Installation.read(data.directory) : owned
            let age = olderThan ?? (name == nil ? .seconds(90 * 86_400) : nil)
            // One that ended in this second is older than 0s.
            let before = age.map { Int64(Date().timeIntervalSince1970) - Int64($0 / .seconds(1)) + 1 }
            let pruning = try installation.pruning(named: name, endedBefore: before)
            if !dryRun { try installation.prune(pruning) }
            let result = PruneResult(pruning, isDone: !dryRun)
            print(output.json ? try JSONLine.text(result) : result.text)
        }
    }

    private func applyRetention() throws {
        let outcome = try Installation.own(data.directory).applyRetention()
        if output.json { return print(try JSONLine.text(outcome)) }
        if outcome.isEmpty { return print("Nothing to forget: nothing is older than it is to be kept.") }
        print(
            "Forgot the deliveries of \(HumanText.count(outcome.fanOuts, "fan-out")), "
                + "\(HumanText.count(outcome.answers, "answer")), \(HumanText.count(outcome.events, "webhook")) and the "
                + "bodies of \(HumanText.count(outcome.bodies, "webhook")). Counts are kept."
        )
    }

    private var owned: Installation {
        get throws {
            guard let name else { return try Installation.own(data.directory) }
            return try Installation.own(data.directory, toChange: name)
        }
    }
}

/// What `prune` did or would do.
private struct PruneResult: Encodable {
    private struct Entry: Encodable {
        var name: String
        var run: Int64
        var deliveries: Int64?
        var ended: String?
    }

    private let pruned: [Entry]
    private let audiences: Int
    private let bytes: Int64
    private let dry_run: Bool
    private let reason: String?

    init(_ pruning: Pruning, isDone: Bool) {
        pruned = pruning.fanOuts.map { record in
            Entry(
                name: record.name,
                run: record.run,
                deliveries: record.counts?.total,
                ended: record.endedAt.map { Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) }
            )
        }
        audiences = pruning.audiences
        bytes = pruning.bytes
        dry_run = !isDone
        reason = pruning.obstacle
    }

    var text: String {
        if pruned.isEmpty { return "Nothing to forget: \(reason ?? "no fan-out ended that long ago")." }
        let lines = pruned.map { entry in
            let run = entry.run > 1 ? ", run \(entry.run)" : ""
            let size = entry.deliveries.map { ", " + HumanText.count($0, "delivery", plural: "deliveries") } ?? ""
            return "  \(entry.name)\(run)\(size)" + (entry.ended.map { ", ended \($0)" } ?? "")
        }
        let what = HumanText.count(pruned.count, "fan-out")
        let contacts = audiences == 0 ? "" : ", and the contacts of \(HumanText.count(audiences, "job run"))"
        let size = HumanText.size(bytes)
        let title =
            dry_run
            ? "Would forget the deliveries of \(what)\(contacts): \(size)."
            : "Forgot the deliveries of \(what)\(contacts): \(size) are free again. Their counts are kept."
        return ([title] + lines).joined(separator: "\n")
    }
}
