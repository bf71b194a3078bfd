import Fanfare
import Foundation
import Logging

/// What a running fan-out looks like: five lines on a terminal, one elsewhere. Text only, no clock, no terminal.
struct ProgressView {
    /// The fan-out's name.
    let name: String
    /// What other commands need to find its data directory.
    var dataHint = ""
    /// Columns of the terminal.
    var width = 80
    /// Whether the terminal shows colours.
    var colours = false

    /// The lines that replace each other while it runs.
    func lines(_ snapshot: FanOutSnapshot, rate: Double) -> [String] {
        let counts = snapshot.progress.counts
        let share = counts.total == 0 ? 1 : Double(counts.final) / Double(counts.total)
        return [
            "\(bold(name))  \(stateText(snapshot))",
            bar(share, failed: counts.total == 0 ? 0 : Double(counts[.dead]) / Double(counts.total)),
            [
                green("delivered \(HumanText.count(counts[.delivered]))"),
                "retryable \(HumanText.count(counts[.retryable] + counts[.available]))",
                counts[.dead] > 0 ? red("dead \(HumanText.count(counts[.dead]))") : "dead 0",
                "skipped \(HumanText.count(counts[.skipped]))",
                counts[.uncertain] > 0 ? "uncertain \(HumanText.count(counts[.uncertain]))" : nil,
                "of \(HumanText.count(counts.total))",
            ].compactMap { $0 }.joined(separator: "   "),
            [
                "\(HumanText.count(Int64(rate.rounded())))/s",
                "in flight \(HumanText.count(Int64(snapshot.lane.inFlight))) of \(HumanText.count(Int64(snapshot.lane.concurrencyLimit)))",
                "p50 \(HumanText.duration(snapshot.latency.p50))",
                "p99 \(HumanText.duration(snapshot.latency.p99))",
                eta(counts, rate: rate),
            ].compactMap { $0 }.joined(separator: "   "),
        ]
    }

    /// One line with all of it, for logs and pipes.
    func plainLine(_ snapshot: FanOutSnapshot, rate: Double) -> String {
        let counts = snapshot.progress.counts
        return [
            "\(name): \(counts.final)/\(counts.total) final",
            "delivered \(counts[.delivered])", "retryable \(counts[.retryable] + counts[.available])",
            "dead \(counts[.dead])", "skipped \(counts[.skipped])", "uncertain \(counts[.uncertain])",
            "in flight \(snapshot.lane.inFlight)", "\(Int(rate.rounded()))/s",
            "p50 \(HumanText.duration(snapshot.latency.p50))", "p99 \(HumanText.duration(snapshot.latency.p99))",
            stateText(snapshot),
        ].joined(separator: ", ")
    }

    /// The same for programs.
    func details(_ snapshot: FanOutSnapshot, rate: Double) -> Logger.Metadata {
        var details: Logger.Metadata = [
            "total": .stringConvertible(snapshot.progress.counts.total),
            "final": .stringConvertible(snapshot.progress.counts.final),
            "concurrency_limit": .stringConvertible(snapshot.lane.concurrencyLimit),
            "per_second": .stringConvertible(Int(rate.rounded())),
            "p50_ms": .stringConvertible(snapshot.latency.p50.milliseconds),
            "p99_ms": .stringConvertible(snapshot.latency.p99.milliseconds),
            "state": "\(stateText(snapshot))",
            "run": .stringConvertible(snapshot.progress.run),
        ]
        for state in DeliveryState.allCases {
            details[state.name] = .stringConvertible(snapshot.progress.currentCounts[state])
        }
        // The lane's own word is newer than the last commit's.
        details["in_flight"] = .stringConvertible(snapshot.lane.inFlight)
        return details
    }

    private func stateText(_ snapshot: FanOutSnapshot) -> String {
        // One that began paused waits to be resumed, whatever is left of it.
        let isHeld = !snapshot.lane.pauses.isDisjoint(with: .orders)
        if snapshot.progress.isComplete, !isHeld { return "done" }
        if let stall = snapshot.stall { return red("cannot write the ledger: \(stall.message); trying again") }
        switch snapshot.lane.state {
        case .sending: return part(snapshot) ?? "sending"
        case .canary: return "waiting for the canary"
        case .paused:
            if snapshot.lane.pauses.contains(.everythingStopped) {
                return yellow("everything is stopped; go on with: fanfare resume-all\(dataHint)")
            }
            if snapshot.lane.pauses == .byOperator {
                return yellow("paused by operator; go on with: fanfare resume \(name.quotedForShell)\(dataHint)")
            }
            if snapshot.lane.pauses == .outsideWindow, let opening = snapshot.opening {
                return yellow("outside its window until \(opening.text)")
            }
            let isSearching = snapshot.lane.pauses.contains(.resolving)
            let why = isSearching ? snapshot.nameFailure.map { ": \($0); trying again" } ?? "" : ""
            return snapshot.lane.pauses.text + why
        case .down: return yellow("receiver is down\(cause(snapshot)); probing until it is back")
        case .probing: return yellow("receiver was down\(cause(snapshot)); probing")
        case .stopped: return red("stopping")
        }
    }

    /// What a fan-out in parts does; nil: it has none.
    private func part(_ snapshot: FanOutSnapshot) -> String? {
        guard let part = snapshot.part else { return nil }
        // Recipients go in the order of the parts: all of those that have begun are final before the next.
        let isOver = part.lastOrdinal == snapshot.progress.counts.final && snapshot.lane.inFlight == 0
        guard let nextAt = part.nextAt, isOver else { return "sending part \(part.begun) of \(part.count)" }
        let wait = Duration.seconds(max(0, nextAt - Int64(Date().timeIntervalSince1970)))
        return "part \(part.begun) of \(part.count) is done; the next begins in \(HumanText.duration(wait))"
    }

    private func cause(_ snapshot: FanOutSnapshot) -> String {
        snapshot.lastFailure.map { " (\($0.reason.text(status: $0.status)))" } ?? ""
    }

    private func bar(_ share: Double, failed: Double) -> String {
        let label = " \(HumanText.share(share))"
        let room = max(10, min(width, 100) - label.count - 2)
        let filled = min(room, Int(Double(room) * share))
        let dead = min(filled, Int((Double(room) * failed).rounded(.up)))
        return green(String(repeating: "█", count: filled - dead)) + red(String(repeating: "█", count: dead))
            + dim(String(repeating: "░", count: room - filled)) + label
    }

    private func eta(_ counts: StateCounts, rate: Double) -> String? {
        let left = Double(counts.total - counts.final)
        guard left > 0, rate >= 1 else { return nil }
        return "about \(HumanText.duration(.seconds(left / rate))) left"
    }

    private func bold(_ text: String) -> String { styled("1", text) }
    private func dim(_ text: String) -> String { styled("2", text) }
    private func red(_ text: String) -> String { styled("31", text) }
    private func green(_ text: String) -> String { styled("32", text) }
    private func yellow(_ text: String) -> String { styled("33", text) }

    private func styled(_ code: String, _ text: String) -> String {
        colours && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension PauseReasons {
    /// Why nothing is sent, in words.
    var text: String {
        if contains(.stopping) { return "finishing what is in flight" }
        if contains(.storage) { return "waiting for room to write the ledger" }
        if contains(.resolving) { return "looking up the receiver's name" }
        if contains(.everythingStopped) { return "everything is stopped" }
        if contains(.byOperator) { return "paused by operator" }
        if contains(.outsideWindow) { return "outside its window" }
        return "paused"
    }
}

extension Duration {
    /// To the tenth.
    fileprivate var milliseconds: Double { (self / .milliseconds(1) * 10).rounded() / 10 }
}
