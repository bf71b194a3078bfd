/// How many requests took how long.
struct LatencyChart {
    let latency: LedgerSurvey.Latency

    var markup: String {
        let ranges = latency.ranges
        guard let first = ranges.first, let last = ranges.last else { return "" }
        let across = LogarithmicScale(from: Double(max(first.from, 50)), to: Double(last.to))
        let highest = ranges.map(\.count).max() ?? 0
        let up = LinearScale(maximum: Double(highest), isWhole: true)
        var marks = ""
        var hints = ""
        for range in ranges where range.count > 0 {
            let left = across.place(Double(max(range.from, 50)))
            let right = across.place(Double(range.to))
            // What is there is seen: a thousandth of the height would be less than a pixel.
            let top = max(up.place(Double(range.count)), 0.006)
            let gap = (right - left) * 0.04
            marks += Plot.bar("neutral", from: left + gap, to: right - gap, bottom: 0, top: top)
            hints += Plot.hint(
                "\(PageNumber.duration(range.from)) to \(PageNumber.duration(range.to)): "
                    + PageNumber.count(range.count),
                from: left,
                to: right
            )
        }
        for (style, value) in [("p50", latency.p50), ("p99", latency.p99)] {
            let x = Plot.x(across.place(Double(value)))
            marks += "<line class=\"mark \(style)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"220\"/>"
        }
        return Plot(
            summary: "How many accepted requests took how long: half at most \(PageNumber.duration(latency.p50)).",
            unit: "requests",
            vertical: up.marks.map { Tick(place: up.place($0), label: PageNumber.count(Int64($0))) },
            horizontal: across.marks.map { Tick(place: across.place($0), label: PageNumber.duration(Int64($0))) },
            marks: marks + hints
        ).markup
    }
}
