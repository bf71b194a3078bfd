import ArgumentParser
import Fanfare
import Foundation

/// `fanfare status [NAME]`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows where fan-outs stand, beside a running agent or without one.",
        discussion: """
            With --json it prints one object a line, so nothing where there are no fan-outs.

            Examples:
              fanfare status
              fanfare status black-friday --json
            """
    )

    @Argument(help: "The name of a fan-out; all without it.")
    var name: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let records = try installation.fanOutRecords(named: name)
            let underWay = try installation.directory.owner()?.fanOuts ?? []
            if records.isEmpty, !output.json { return print("No fan-outs yet. Begin with: fanfare run JOB") }
            for record in records {
                let result = try installation.result(of: record, isUnderWay: underWay.contains(record.id))
                print(output.json ? try result.json : StatusText(result, isFrozen: record.state.isFrozen).text)
            }
        }
    }
}

extension Installation {
    /// Where a fan-out stands: from its ledger while there is one, else from the catalogue.
    func result(of record: FanOutRecord, isUnderWay: Bool) throws -> RunResult {
        var result: RunResult
        let ledger = ledger(of: record)
        if record.state.isFrozen, record.prunedAt == nil, Durability.fileExists(ledger.path) {
            let progress = try ledger.progress()
            let state = record.state == .running && !isUnderWay ? "interrupted" : record.state.rawValue
            result = RunResult(name: record.name, run: record.run, state: state, progress: progress)
        } else {
            let isMissing = record.state.isFrozen && record.state != .ended
            let state = isMissing ? "ledger missing" : record.state.rawValue
            result = RunResult(name: record.name, run: record.run, state: state, counts: record.counts ?? StateCounts())
        }
        if record.state != .running { result.reason = record.stopReason }
        result.pruned_at = record.prunedAt.map { Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) }
        return result
    }
}

/// One fan-out's state for a person.
struct StatusText {
    private let result: RunResult
    private let isFrozen: Bool

    /// - Parameter isFrozen: Whether it is settled who receives.
    init(_ result: RunResult, isFrozen: Bool) {
        self.result = result
        self.isFrozen = isFrozen
    }

    var text: String {
        let order: [DeliveryState] = [
            .delivered, .dead, .skipped, .uncertain, .cancelled, .retryable, .available, .inFlight, .scheduled,
        ]
        let shown = order.compactMap { state in
            result.counts[state.name].flatMap { $0 > 0 ? "\(state.name) \(HumanText.count($0))" : nil }
        }
        let reason = result.reason.map { " (\($0))" } ?? ""
        let run = result.run > 1 ? ", run \(result.run)" : ""
        let pruned = result.pruned_at.map { ", pruned on \($0)" } ?? ""
        return "\(result.name)\(run): \(result.state)\(reason)\(pruned)\n  "
            + (shown.isEmpty
                ? (isFrozen ? "nobody to send to" : "who receives is not chosen yet")
                : shown.joined(separator: ", ") + " (of \(HumanText.count(result.total)))")
    }
}
