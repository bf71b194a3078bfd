import Fanfare
import Foundation

/// A report for a terminal.
struct ReportText {
    private static let mostRows = 8

    private let report: FanOutReport
    private let hint: String

    /// - Parameter hint: What other commands need to find its data directory.
    init(_ report: FanOutReport, hint: String) {
        self.report = report
        self.hint = hint
    }

    var text: String {
        var parts = [headline + "\n" + counts]
        if let survey = report.survey {
            parts += [pace(survey), answers(survey), causes(survey), setAside(survey)].compactMap(\.self)
        }
        if let changes { parts.append(changes) }
        if report.state == .pruned { parts.append("  Its ledger is gone, as after prune: only the counts are left.") }
        parts.append("  As a page with charts: fanfare report \(report.name.quotedForShell) --html FILE\(hint)")
        return parts.joined(separator: "\n\n")
    }

    private var headline: String {
        let run = report.run > 1 ? ", run \(report.run)" : ""
        let reason = report.stopReason.map { " (\($0))" } ?? ""
        let asOf = report.state.isFinal ? "" : ", as of \(Self.time(report.asOf))"
        return "\(report.name)\(run): \(report.state.title)\(reason)\(asOf)"
    }

    private var counts: String {
        if report.total == 0 {
            return report.state == .waiting ? "  who receives is not chosen yet" : "  nobody to send to"
        }
        let states: [DeliveryState] = [
            .delivered, .dead, .skipped, .uncertain, .cancelled, .retryable, .inFlight, .available, .scheduled,
        ]
        let shown = states.filter { report[$0.name] > 0 }
        let rows = shown.map { state in
            (state.name, report[state.name], HumanText.share(Double(report[state.name]) / Double(report.total)))
        }
        return table(rows + [("total", report.total, "")])
    }

    private func pace(_ survey: LedgerSurvey) -> String? {
        let requests = survey.attempts + survey.uncounted
        if requests == 0 { return unanswered }
        let pace = survey.timeline.pace
        var text = "  \(HumanText.count(requests, "request")) in \(HumanText.duration(.seconds(pace.seconds)))"
        text += ", \(HumanText.count(Int64(pace.mean.rounded()))) delivered/s"
        if pace.peak > pace.mean { text += " (at most \(HumanText.count(Int64(pace.peak.rounded())))/s)" }
        if survey.uncounted > 0 {
            text += "\n  \(HumanText.count(survey.uncounted)) of them counted as no attempt (429, 503, receiver down)"
        }
        if let unsettled = report.mayHaveBeenSent {
            text += "\n  up to \(HumanText.count(unsettled)) of the scheduled may have been sent when it died"
        }
        if let start = report.startedAt { text += "\n  began \(Self.time(start))" }
        if let end = report.endedAt { text += ", ended \(Self.time(end))" }
        let latency = survey.latency
        if latency.count > 0 {
            let parts = [
                ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("p99.9", latency.p999),
                ("longest", latency.maximum),
            ]
            text +=
                "\n  accepted within: "
                + parts.map { "\($0) \(HumanText.duration(.microseconds($1)))" }.joined(separator: ", ")
        }
        return text
    }

    /// Without an answer nobody knows what a death, or a request that is still under way, has come to.
    private var unanswered: String {
        if report.unanswered == 0 { return "  No request was sent." }
        return "  No answer was recorded; \(HumanText.count(report.unanswered, "request")) may have been sent."
    }

    private func answers(_ survey: LedgerSurvey) -> String? {
        if survey.answers.isEmpty { return nil }
        return section("How attempts ended", survey.answers.map { ($0.text, $0.count) })
            + "\n\n  Attempts needed\n"
            + table(survey.tries.map { ("  \($0.attempts)", $0.delivered + $0.dead, "") })
    }

    private func causes(_ survey: LedgerSurvey) -> String? {
        if survey.causes.isEmpty { return nil }
        var lines = ["  Dead, by cause"]
        for cause in survey.causes.prefix(Self.mostRows) {
            lines.append("    \(HumanText.count(cause.count))  \(cause.text)")
            lines += cause.samples.map { sample in
                let who = sample.email ?? sample.id
                let moved = sample.location.map { "the receiver has moved to \($0): " } ?? ""
                let said = sample.response.isEmpty ? "no text" : sample.response
                return "      \(who): \(moved)\(said)"
            }
        }
        let hidden = survey.causes.dropFirst(Self.mostRows)
        if !hidden.isEmpty {
            let count = HumanText.count(hidden.reduce(0) { $0 + $1.count })
            lines.append("    and \(count) of \(HumanText.count(hidden.count, "further cause"))")
        }
        return lines.joined(separator: "\n")
    }

    private func setAside(_ survey: LedgerSurvey) -> String? {
        if survey.setAside.isEmpty { return nil }
        let rows = survey.setAside.map { ("\($0.state): \($0.text)", $0.count) }
        return section("Not delivered for other reasons", rows)
    }

    /// What the operator has set, and what the job says.
    private var changes: String? {
        let lines = report.settings.compactMap { setting in
            setting.set.map { set in
                let when = setting.setAt.map { " on \(Self.time($0))" } ?? ""
                return "    \(setting.key) \(set), as set\(when); the job says \(setting.value)"
            }
        }
        return lines.isEmpty ? nil : (["  Set by the operator"] + lines).joined(separator: "\n")
    }

    private func section(_ title: String, _ rows: [(String, Int64)]) -> String {
        var text = "  \(title)\n" + table(rows.prefix(Self.mostRows).map { ("  \($0.0)", $0.1, "") })
        let hidden = rows.dropFirst(Self.mostRows)
        if !hidden.isEmpty {
            let count = HumanText.count(hidden.reduce(0) { $0 + $1.1 })
            text += "\n    and \(count) in \(HumanText.count(hidden.count, "other way"))"
        }
        return text
    }

    /// Names at the left, numbers and shares at the right of their columns.
    private func table(_ rows: [(name: String, count: Int64, share: String)]) -> String {
        let names = rows.map(\.name.count).max() ?? 0
        let counts = rows.map { HumanText.count($0.count).count }.max() ?? 0
        return rows.map { row in
            let count = HumanText.count(row.count)
            let gap = String(repeating: " ", count: names - row.name.count + 2 + counts - count.count)
            let share = row.share.isEmpty ? "" : String(repeating: " ", count: max(1, 9 - row.share.count)) + row.share
            return "  \(row.name)\(gap)\(count)\(share)"
        }
        .joined(separator: "\n")
    }

    private static func time(_ time: Int64) -> String {
        let style = Date.ISO8601FormatStyle(timeZone: .current).year().month().day().dateTimeSeparator(.space)
            .time(includingFractionalSeconds: false)
        return Date(timeIntervalSince1970: TimeInterval(time)).formatted(style)
    }
}
