extension ReportPage {
    /// The states in the order in which a page shows them, and what they mean to a person.
    private static let states: [(name: String, label: String, means: String)] = [
        ("delivered", "delivered", "accepted by the receiver"),
        ("dead", "dead", "given up: refused, or out of attempts or time"),
        ("skipped", "skipped", "the contact may not, or cannot, be addressed"),
        ("uncertain", "uncertain", "may or may not have arrived; held"),
        ("cancelled", "cancelled", "stopped on purpose before it was sent"),
        ("retryable", "retryable", "failed, waiting to be tried again"),
        ("in_flight", "in flight", "handed out to be sent, no outcome yet"),
        ("available", "available", "to be sent again, or given back unsent"),
        ("scheduled", "scheduled", "not sent yet"),
    ]

    static func label(_ state: String) -> String { states.first { $0.name == state }?.label ?? state }

    /// The bar of states, its legend, and the figures beneath.
    var outcome: [String: Any] {
        let shown = Self.states.filter { report[$0.name] > 0 }
        var context: [String: Any] = [
            "isEmpty": report.total == 0,
            "emptyText": report.state == .waiting ? "Who receives is not chosen yet." : "There was nobody to send to.",
            "total": PageNumber.count(report.total),
            "states": shown.map { state in
                [
                    "name": state.name,
                    "label": state.label,
                    "means": state.means + (state.name == "scheduled" ? unsettled : ""),
                    "weight": String(report[state.name]),
                    "count": PageNumber.count(report[state.name]),
                    "share": PageNumber.share(report[state.name], of: report.total),
                ]
            },
            "stackSummary": shown.map { "\(PageNumber.count(report[$0.name])) \($0.label)" }.joined(separator: ", "),
        ]
        if let survey = report.survey, survey.attempts + survey.uncounted > 0 {
            context["figures"] = ["list": figures(survey)]
        } else if report.unanswered > 0 {
            let requests = report.unanswered == 1 ? "request" : "requests"
            context["unanswered"] =
                "No answer was recorded; \(PageNumber.count(report.unanswered)) \(requests) may have been sent."
        }
        return context
    }

    private var unsettled: String {
        report.mayHaveBeenSent.map { ", but up to \(PageNumber.count($0)) may have been when it died" } ?? ""
    }

    private func figures(_ survey: LedgerSurvey) -> [[String: Any]] {
        var list: [[String: Any]] = []
        func add(_ title: String, _ value: String, _ note: String?) {
            var entry: [String: Any] = ["title": title, "value": value]
            entry["note"] = note
            list.append(entry)
        }
        let pace = survey.timeline.pace
        let isShort = pace.seconds < 60
        add(
            "Duration",
            PageNumber.seconds(pace.seconds),
            isShort || survey.laneSeconds >= pace.seconds * 9 / 10
                ? nil : "of which it sent for \(PageNumber.seconds(survey.laneSeconds))"
        )
        add(
            "Throughput",
            "\(PageNumber.rate(pace.mean))\u{202F}/\u{202F}s",
            pace.peak > pace.mean ? "at most \(PageNumber.rate(pace.peak)) delivered per second" : nil
        )
        add(
            "Requests",
            PageNumber.count(survey.attempts + survey.uncounted),
            survey.uncounted > 0
                ? "\(PageNumber.count(survey.uncounted)) counted as no attempt" : "all counted as attempts"
        )
        let retried = survey.tries.dropFirst().reduce(0) { $0 + $1.delivered }
        add(
            "Delivered by a retry",
            PageNumber.count(retried),
            "\(PageNumber.share(retried, of: report["delivered"])) of the delivered"
        )
        if survey.latency.count > 0 {
            add(
                "Latency, p50",
                PageNumber.duration(survey.latency.p50),
                "p99 \(PageNumber.duration(survey.latency.p99))"
            )
        }
        return list
    }
}

extension LedgerSurvey.Timeline {
    /// How fast deliveries were accepted, in whole seconds from the first step with something in it to the last.
    public var pace: (seconds: Int64, mean: Double, peak: Double) {
        let busy = steps.indices.filter { steps[$0].delivered + steps[$0].failed > 0 }
        guard let first = busy.first, let last = busy.last else { return (0, 0, 0) }
        let seconds = Int64(last - first + 1) * step
        let delivered = steps.reduce(0) { $0 + $1.delivered }
        let peak = steps.map { Double($0.delivered) / Double(step) }.max() ?? 0
        return (seconds, Double(delivered) / Double(seconds), peak)
    }
}
