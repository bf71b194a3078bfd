extension ReportPage {
    /// What happened when.
    func pace(_ survey: LedgerSurvey) -> [String: Any]? {
        let timeline = survey.timeline
        guard timeline.pace.seconds > 0 else { return nil }
        let clock = clock
        func measured(_ value: Int64?) -> String { value.map(PageNumber.duration) ?? "–" }
        let steps = timeline.steps.enumerated().filter { $1.delivered + $1.failed > 0 }.map { place, step in
            let time = timeline.start + Int64(place) * timeline.step
            let isLong = timeline.step * Int64(timeline.steps.count) > 86400
            return [
                "time": timeline.step >= 86400
                    ? clock.day(time) : (isLong ? clock.day(time) + " " : "") + clock.time(time),
                "delivered": PageNumber.count(step.delivered),
                "failed": PageNumber.count(step.failed),
                "p50": measured(step.p50), "p90": measured(step.p90), "p99": measured(step.p99),
            ]
        }
        return [
            "throughput": TimelineCharts(timeline: timeline, clock: clock).throughput,
            "each": "from, for \(PageNumber.seconds(timeline.step))",
            "steps": steps,
        ]
    }

    /// How long requests took.
    func latency(_ survey: LedgerSurvey) -> [String: Any]? {
        let latency = survey.latency
        if latency.count == 0 { return nil }
        let figures = [
            ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("p99.9", latency.p999),
            ("longest", latency.maximum),
        ]
        return [
            "percentiles": figures.map { ["title": $0.0, "value": PageNumber.duration($0.1)] },
            "overTime": TimelineCharts(timeline: survey.timeline, clock: clock).latency,
            "distribution": LatencyChart(latency: latency).markup,
            "ranges": latency.ranges.filter { $0.count > 0 }.map { range in
                [
                    "range": "\(PageNumber.duration(range.from)) – \(PageNumber.duration(range.to))",
                    "count": PageNumber.count(range.count),
                    "share": PageNumber.share(range.count, of: latency.count),
                ]
            },
        ]
    }

    /// How attempts ended, and how many were needed.
    func answers(_ survey: LedgerSurvey) -> [String: Any]? {
        if survey.answers.isEmpty { return nil }
        let total = survey.answers.reduce(0) { $0 + $1.count }
        var context: [String: Any] = [:]
        context["list"] = survey.answers.prefix(Self.mostAnswers).map { answer in
            [
                "text": answer.text,
                "tone": answer.isDelivered ? "delivered" : "dead",
                "width": Self.width(answer.count, of: total),
                "count": PageNumber.count(answer.count),
                "share": PageNumber.share(answer.count, of: total),
            ]
        }
        var notes: [String] = []
        let hidden = survey.answers.dropFirst(Self.mostAnswers)
        if !hidden.isEmpty {
            let count = hidden.reduce(0) { $0 + $1.count }
            let ways = hidden.count == 1 ? "another way" : "\(hidden.count) other ways"
            notes.append("And \(PageNumber.count(count)) in \(ways).")
        }
        if survey.uncounted > 0 {
            notes.append(
                "\(PageNumber.count(survey.uncounted)) further requests counted as no attempt: answered 429 or 503, or "
                    + "sent while the receiver was down."
            )
        }
        if survey.cutShort > 0 {
            notes.append("Of \(PageNumber.count(survey.cutShort)) accepted requests the answer was not whole.")
        }
        context["note"] = notes.isEmpty ? nil : notes.joined(separator: " ")
        context.merge(tries(survey)) { $1 }
        return context
    }

    private func tries(_ survey: LedgerSurvey) -> [String: Any] {
        let total = survey.tries.reduce(0) { $0 + $1.delivered + $1.dead }
        let last = survey.tries.last?.attempts ?? 0
        var context: [String: Any] = [:]
        context["tries"] = survey.tries.map { tries in
            let count = tries.delivered + tries.dead
            let more = tries.attempts == last && last >= OutcomePass.mostTries ? " or more" : ""
            return [
                "text": tries.attempts == 1 ? "1 attempt" : "\(tries.attempts)\(more) attempts",
                "delivered": Self.width(tries.delivered, of: total),
                "dead": Self.width(tries.dead, of: total),
                "count": PageNumber.count(count),
                "share": PageNumber.share(count, of: total),
            ]
        }
        if report["dead"] > 0 { context["triesNote"] = "Green: delivered with the last of them; red: dead after it." }
        return context
    }

    /// Why deliveries died.
    func failures(_ survey: LedgerSurvey) -> [String: Any]? {
        if survey.causes.isEmpty { return nil }
        var context: [String: Any] = ["causes": survey.causes.prefix(Self.mostCauses).map(cause)]
        let hidden = survey.causes.dropFirst(Self.mostCauses)
        if !hidden.isEmpty {
            let count = hidden.reduce(0) { $0 + $1.count }
            let causes = hidden.count == 1 ? "one further cause" : "\(hidden.count) further causes"
            context["rest"] = "And \(PageNumber.count(count)) of \(causes)."
        }
        return context
    }

    private func cause(_ cause: LedgerSurvey.Cause) -> [String: Any] {
        let after = cause.afterRetries
        let note =
            switch after {
            case 0: "Such an answer is final: they were not tried again."
            case cause.count: "Given up when no attempt, or no time, was left."
            default: "\(PageNumber.count(after)) of them given up when no attempt, or no time, was left."
            }
        return [
            "text": cause.text,
            "count": PageNumber.count(cause.count),
            "note": "\(PageNumber.share(cause.count, of: report.total)) of all. \(note)",
            "hasSamples": !cause.samples.isEmpty,
            "samples": cause.samples.map { sample in
                var entry: [String: Any] = [
                    "id": sample.id,
                    "at": clock.full(sample.at),
                    "attempts": String(sample.attempts),
                ]
                entry["email"] = sample.email
                entry["location"] = sample.location
                entry["response"] = sample.response.isEmpty ? nil : sample.response
                return entry
            },
        ]
    }

    /// Why others were not delivered.
    func setAside(_ survey: LedgerSurvey) -> [String: Any]? {
        if survey.setAside.isEmpty { return nil }
        return [
            "list": survey.setAside.prefix(Self.mostRows).map { entry in
                [
                    "name": entry.state,
                    "label": Self.label(entry.state),
                    "text": entry.text,
                    "count": PageNumber.count(entry.count),
                ]
            }
        ]
    }

    /// A share in percent, with two decimals at most.
    private static func width(_ part: Int64, of whole: Int64) -> String {
        Plot.tenths(Double(part) / Double(max(1, whole)) * 100)
    }
}
