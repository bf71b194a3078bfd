/// The charts of what happened when.
struct TimelineCharts {
    let timeline: LedgerSurvey.Timeline
    let clock: PageClock

    private typealias Step = LedgerSurvey.Timeline.Step

    private func axis(ticks: Int64) -> TimeAxis {
        TimeAxis(
            start: timeline.start,
            end: timeline.start + timeline.step * Int64(timeline.steps.count),
            clock: clock,
            mostTicks: ticks
        )
    }

    private func edges(_ place: Int) -> (left: Double, right: Double) {
        let count = Double(max(1, timeline.steps.count))
        return (Double(place) / count, Double(place + 1) / count)
    }

    private func time(_ place: Int) -> String {
        let time = timeline.start + Int64(place) * timeline.step
        return timeline.step < 86400 ? clock.time(time) : clock.day(time)
    }

    /// Deliveries accepted and attempts failed, per second, one upon the other.
    var throughput: String {
        let length = Double(timeline.step)
        let highest = timeline.steps.map { Double($0.delivered + $0.failed) / length }.max() ?? 0
        let scale = LinearScale(maximum: highest, isWhole: timeline.step == 1)
        var marks = ""
        var hints = ""
        for (place, step) in timeline.steps.enumerated() where step.delivered + step.failed > 0 {
            let (left, right) = edges(place)
            let delivered = scale.place(Double(step.delivered) / length)
            let both = scale.place(Double(step.delivered + step.failed) / length)
            // A hair of overlap: no background shines through between neighbours.
            let end = min(1, right + 0.0004)
            // The failed stand behind: where the two meet rounding could leave a gap.
            if step.failed > 0 { marks += Plot.bar("bad", from: left, to: end, bottom: 0, top: both) }
            if step.delivered > 0 { marks += Plot.bar("good", from: left, to: end, bottom: 0, top: delivered) }
            hints += Plot.hint(
                "\(time(place)): \(PageNumber.rate(Double(step.delivered) / length)) delivered/s, "
                    + "\(PageNumber.rate(Double(step.failed) / length)) failed/s",
                from: left,
                to: right
            )
        }
        return Plot(
            summary: "Deliveries and failed attempts per second over time, at most \(PageNumber.rate(highest)).",
            unit: "per second",
            vertical: scale.marks.map { Tick(place: scale.place($0), label: PageNumber.rate($0)) },
            horizontal: axis(ticks: 6).ticks,
            marks: marks + hints
        ).markup
    }

    /// Percentiles of what accepted requests took.
    var latency: String {
        let values = timeline.steps.flatMap { [$0.p50, $0.p99] }.compactMap(\.self).map { max(1, Double($0)) }
        let scale = LogarithmicScale(from: values.min() ?? 1, to: values.max() ?? 1)
        let lines: [(style: String, value: KeyPath<Step, Int64?>)] = [
            ("p99", \.p99), ("p90", \.p90), ("p50", \.p50),
        ]
        var marks = ""
        for line in lines {
            marks += "<path class=\"line \(line.style)\" d=\"\(path(line.value, scale))\"/>"
        }
        for (place, step) in timeline.steps.enumerated() {
            guard let p50 = step.p50, let p90 = step.p90, let p99 = step.p99 else { continue }
            let (left, right) = edges(place)
            let texts = [p50, p90, p99].map(PageNumber.duration)
            marks += Plot.hint(
                "\(time(place)): p50 \(texts[0]), p90 \(texts[1]), p99 \(texts[2])",
                from: left,
                to: right
            )
        }
        return Plot(
            summary: "How long accepted requests took over time: half, nine in ten, and 99 in 100 of them.",
            unit: "logarithmic",
            vertical: scale.marks.map { Tick(place: scale.place($0), label: PageNumber.duration(Int64($0))) },
            horizontal: axis(ticks: 3).ticks,
            marks: marks
        ).markup
    }

    /// Steps, broken where nothing was measured.
    private func path(_ value: KeyPath<Step, Int64?>, _ scale: LogarithmicScale) -> String {
        var path = ""
        var isDrawing = false
        for (place, step) in timeline.steps.enumerated() {
            guard let value = step[keyPath: value] else {
                isDrawing = false
                continue
            }
            let (left, right) = edges(place)
            let y = Plot.y(scale.place(Double(max(1, value))))
            path += isDrawing ? "V\(y)H\(Plot.x(right))" : "M\(Plot.x(left)) \(y)H\(Plot.x(right))"
            isDrawing = true
        }
        return path
    }
}
