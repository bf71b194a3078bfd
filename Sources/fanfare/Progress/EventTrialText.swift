import Fanfare

/// What came of `webhook test`, as a person reads it.
struct EventTrialText {
    let trial: EventTrial

    var page: String {
        var lines = ["POST \(VisibleText.text(trial.url))"]
        lines.append(row("event", "\(trial.event) of \(AudienceWebhooks.testAddress), who does not exist"))
        lines.append(row("webhook-id", "\(trial.id), known to no ledger"))
        if let address = trial.address { lines.append(row("address", address)) }
        if let version = trial.httpVersion { lines.append(row("http", version)) }
        if let version = trial.tlsVersion { lines.append(row("tls", VisibleText.text(version))) }
        lines.append(row("took", timings))
        lines.append("")
        lines += answer
        lines.append(verdict)
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 13 - name.count)) + value
    }

    private var timings: String {
        let times = trial.durations
        let parts: [(String, Int64?)] = [
            ("name", times.name), ("connected", times.connect), ("TLS", times.tls), ("first byte", times.firstByte),
            ("total", times.total),
        ]
        let shown = parts.compactMap { name, time in
            time.map { "\(name) \(HumanText.duration(.microseconds($0)))" }
        }
        return shown.isEmpty ? "-" : shown.joined(separator: ", ")
    }

    private var answer: [String] {
        let headers = trial.headers.split(whereSeparator: \.isNewline).map { VisibleText.text(String($0)) }
        guard !headers.isEmpty else { return [] }
        var lines = headers + [""]
        let body = VisibleText.text(trial.body)
        if !body.isEmpty { lines += [body.hasSuffix("\n") ? String(body.dropLast()) : body, ""] }
        if trial.isBodyCut { lines += ["(cut off: the body goes on)", ""] }
        return lines
    }

    private var verdict: String {
        if trial.isAccepted { return "accepted: status \(trial.status ?? 200)" }
        let fate = trial.wouldRepeat ? "An event is sent again then" : "An event is not sent again then"
        return "not accepted: \(VisibleText.text(trial.reason ?? "unknown")). \(fate)"
    }
}
