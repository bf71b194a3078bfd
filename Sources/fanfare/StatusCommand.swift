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

    @Argument(help: "The name of a fan-out; all without it.", completion: Completions.fanOuts)
    var name: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let records = try installation.fanOutRecords(named: name)
            let restored = try installation.restoration()
            if let restored, restored.holdsWebhooks {
                Terminal.standardError.line(
                    "note: restored from a backup of \(HumanText.moment(restored.madeAt)); no webhook of an audience is "
                        + "sent until fanfare webhook resume --uncertain resend|leave\(data.hint)"
                )
            }
            if let stop = try installation.pulledStop() {
                Terminal.standardError.line("note: everything is \(stop); go on with: fanfare resume-all\(data.hint)")
            }
            let erasures = try installation.erasuresUnderWay()
            if erasures > 0 {
                let contacts = HumanText.count(erasures, "contact")
                Terminal.standardError.line("note: \(contacts) being erased: not yet forgotten in every file")
            }
            let underWay = try installation.directory.owner()?.fanOuts ?? []
            let answer = liveStatus()
            if restored?.holdsWebhooks != true { data.note(pauseIn: answer) }
            if records.isEmpty, !output.json { return print("No fan-outs yet. Begin with: fanfare run JOB") }
            let live = answer?.fanOuts ?? []
            var areAllReadable = true
            for record in records {
                var result: RunResult
                do {
                    result = try installation.result(of: record, isUnderWay: underWay.contains(record.id))
                } catch {
                    areAllReadable = false
                    Terminal.standardError.line("fanfare: \(record.name): \(error)")
                    result = RunResult(unreadable: record, error)
                }
                result.follow(try installation.orders(for: record), live.first { $0.id == record.id })
                print(output.json ? try result.json : StatusText(result, isFrozen: record.state.isFrozen).text)
            }
            if !areAllReadable { throw ExitCode.agentError }
        }
    }

    /// What the process that owns the data directory says of itself. Without it the ledgers are still worth showing.
    private func liveStatus() -> ControlAnswer? {
        do {
            return try ControlLink(dataDirectory: data.directory).liveStatus()
        } catch {
            Terminal.standardError.line("warning: the process that runs it does not say how it stands: \(error)")
            return nil
        }
    }
}

extension RunResult {
    /// A fan-out whose ledger cannot be read, which hides no other: its counts are the catalogue's, which has them from
    /// its end on.
    fileprivate init(unreadable record: FanOutRecord, _ error: any Error) {
        let isDamaged = (error as? DeliveryError)?.code == .ledgerDamaged
        self.init(
            name: record.name,
            run: record.run,
            state: isDamaged ? "ledger damaged" : "ledger unreadable",
            counts: record.counts ?? StateCounts()
        )
        reason = String(describing: error)
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
            let unsettled = isUnderWay ? 0 : progress.unsettledBeyondClaimed
            if unsettled > 0 { result.may_have_been_sent = unsettled }
        } else {
            let isMissing = record.state.isFrozen && record.state != .ended
            let state = isMissing ? "ledger missing" : record.state.rawValue
            result = RunResult(name: record.name, run: record.run, state: state, counts: record.counts ?? StateCounts())
        }
        if record.state != .running { result.reason = record.stopReason }
        if !record.state.isFrozen { result.starts_at = record.plannedAt }
        // What is planned is imported at its time.
        if record.isPlanned(at: Int64(Date().timeIntervalSince1970)) { result.state = "scheduled" }
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
        // What is wrong with a ledger stands among the errors.
        let reason = hasLedger ? result.reason.map { " (\($0))" } ?? "" : ""
        let run = result.run > 1 ? ", run \(result.run)" : ""
        let pruned = result.pruned_at.map { ", pruned on \($0)" } ?? ""
        return "\(result.name)\(run): \(state)\(reason)\(pruned)\n  "
            + (shown.isEmpty
                ? nothing
                : shown.joined(separator: ", ") + " (of \(HumanText.count(result.total)))")
            + lines.map { "\n  " + $0 }.joined()
    }

    /// Whether its ledger, where it has begun one, is there and whole.
    private var hasLedger: Bool { !result.state.hasPrefix("ledger ") }

    private var nothing: String {
        if !hasLedger { return "what became of its deliveries is not known" }
        return isFrozen ? "nobody to send to" : "who receives is not chosen yet"
    }

    private var state: String { result.state + (result.paused == nil ? "" : ", paused by operator") }

    /// What the process that runs it says, and what was set.
    private var lines: [String] {
        var lines: [String] = []
        if let unsettled = result.may_have_been_sent {
            lines.append(
                "up to \(HumanText.count(unsettled)) of the scheduled may have been sent when it died: run settles them"
            )
        }
        if let start = result.starts_at {
            let left = Duration.seconds(max(0, start - Int64(Date().timeIntervalSince1970)))
            lines.append(
                left > .zero
                    ? "starts on \(HumanText.moment(start)), in \(HumanText.duration(left))"
                    : "its time was \(HumanText.moment(start))"
            )
        }
        if let ordered = result.cancel_ordered {
            let who = result.live == nil ? "the next run ends it" : "the process that runs it ends it"
            lines.append("cancel ordered on \(HumanText.moment(ordered)); \(who)")
        }
        if let live = result.live, let detail = live.detail, live.state == LiveStatus.held {
            lines += ["held: \(detail)", "mend that, then: fanfare resume \(result.name.quotedForShell)"]
        } else if let live = result.live, let detail = live.detail, live.state == LiveStatus.waiting {
            lines.append("waits: \(detail)")
        } else if let live = result.live, live.state != LiveStatus.preparing {
            let rate = "\(HumanText.count(Int64(live.perSecond.rounded())))/s"
            lines.append(
                [
                    result.paused == nil ? live.state + (live.detail.map { " (\($0))" } ?? "") : nil,
                    live.rateLimit.map { "\(rate) (at most \(HumanText.rate($0)))" } ?? rate,
                    "in flight \(HumanText.count(Int64(live.inFlight))) of "
                        + HumanText.count(Int64(live.concurrencyLimit)),
                    live.requests == 0 ? nil : "p50 \(HumanText.duration(.seconds(live.p50Milliseconds / 1000)))",
                    live.requests == 0 ? nil : "p99 \(HumanText.duration(.seconds(live.p99Milliseconds / 1000)))",
                    live.secondsLeft.map { "about \(HumanText.duration(.seconds($0))) left" },
                ].compactMap { $0 }.joined(separator: ", ")
            )
        }
        if let change = result.set, !change.isEmpty {
            let settings = change.applied(to: DeliverySettings())
            lines.append(
                "set by the operator: "
                    + change.keys.map { "\($0.rawValue) \($0.text(in: settings))" }.joined(separator: ", ")
            )
        }
        return lines
    }
}
