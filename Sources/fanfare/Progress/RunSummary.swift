import Fanfare

/// What a person reads when a run is over.
struct RunSummary {
    let name: String
    /// The command that goes on with the job.
    let resumption: String
    /// The same when what stopped the job was mended.
    let resumptionOfMended: String
    /// What other commands need to find its data directory.
    let dataHint: String
    /// What else commands that deliver need.
    let engineHint: String
    var colours = false

    func text(_ end: FanOutEnd, dead: [DeadSample]) -> String {
        if end.progress.counts.total == 0, case .complete = end.cause {
            return styled("1;32", "\(name): done, nobody to send to")
        }
        let parts = [headline(end), ""] + table(end.progress.counts) + ["", pace(end)]
        return (parts + examples(dead) + advice(end)).joined(separator: "\n")
    }

    /// Of one that was cancelled before this process has sent anything.
    func text(cancelled counts: StateCounts) -> String {
        let lists = lists(counts)
        return ([cancelled, ""] + table(counts) + (lists.isEmpty ? [] : [""] + lists)).joined(separator: "\n")
    }

    private var cancelled: String { styled("1;33", "\(name): \(StopReason.cancelled.text)") }

    private func headline(_ end: FanOutEnd) -> String {
        switch end.cause {
        case .complete:
            let counts = end.progress.counts
            return counts[.dead] + counts[.uncertain] == 0
                ? styled("1;32", "\(name): done") : styled("1;33", "\(name): done, not all delivered")
        case .interrupted: return styled("1;33", "\(name): interrupted; nothing is lost")
        case .stopped(.cancelled): return cancelled
        case .stopped(let reason): return styled("1;31", "\(name): stopped: \(reason.text)")
        case .failed(let error): return styled("1;31", "\(name): failed: \(error)")
        }
    }

    private func table(_ counts: StateCounts) -> [String] {
        let states: [DeliveryState] = [
            .delivered, .dead, .skipped, .uncertain, .cancelled, .retryable, .available, .scheduled,
        ]
        let rows =
            states.filter { counts[$0] > 0 || $0 == .delivered || $0 == .dead }
            .map { ($0.name, counts[$0]) } + [("total", counts.total)]
        let width = HumanText.count(counts.total).count
        return rows.map { name, number in
            let count = HumanText.count(number)
            let pad = String(repeating: " ", count: 12 - name.count + width - count.count)
            let share = number == 0 || name == "total" ? "" : HumanText.share(Double(number) / Double(counts.total))
            return "  \(name)\(pad)\(count)"
                + (share.isEmpty ? "" : String(repeating: " ", count: 9 - share.count) + share)
        }
    }

    private func pace(_ end: FanOutEnd) -> String {
        let snapshot = end.snapshot
        if snapshot.attempts == 0 {
            let counts = end.progress.currentCounts
            return counts[.uncertain] + counts[.inFlight] > 0
                ? "  This process recorded no answer." : "  No request was sent."
        }
        let seconds = max(snapshot.elapsed / .seconds(1), 0.001)
        let rate = HumanText.count(Int64((Double(snapshot.attempts) / seconds).rounded()))
        let loss = snapshot.http2Loss.map { "\n  \($0.text)" } ?? ""
        return
            "  \(HumanText.count(snapshot.attempts, "request")) in \(HumanText.duration(snapshot.elapsed)), \(rate)/s, "
            + "p50 \(HumanText.duration(snapshot.latency.p50)), p99 \(HumanText.duration(snapshot.latency.p99))" + loss
    }

    private func examples(_ dead: [DeadSample]) -> [String] {
        if dead.isEmpty { return [] }
        return ["", "  What the receiver said, for example:"]
            + dead.map { sample in
                "    \(sample.email ?? "(erased)"): \(sample.reasonText ?? "unknown")"
                    + (sample.response.isEmpty ? "" : ": \(sample.response)")
            }
    }

    private func advice(_ end: FanOutEnd) -> [String] {
        let counts = end.progress.counts
        var lines: [String] = []
        if case .interrupted = end.cause { lines.append("  Go on with: \(resumption)") }
        if case .failed = end.cause {
            lines.append("  Nothing is lost. Mend the cause, then go on with: \(resumption)")
        }
        if case .stopped(let reason) = end.cause, !reason.isFinal {
            lines.append("  Mend the cause, then go on with: \(resumptionOfMended)")
        }
        lines += lists(counts)
        if case .complete = end.cause, counts[.dead] > 0 {
            lines.append("  Send them again: fanfare retry \(name.quotedForShell)\(dataHint)\(engineHint)")
        }
        return lines.isEmpty ? [] : [""] + lines
    }

    private func lists(_ counts: StateCounts) -> [String] {
        [DeliveryState.dead, .uncertain, .cancelled].filter { counts[$0] > 0 }.map { state in
            "  See them: fanfare deliveries \(name.quotedForShell) --state \(state.name)\(dataHint)"
        }
    }

    private func styled(_ code: String, _ text: String) -> String {
        colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
