import Histogram

/// Counts what happened when, in as many steps as a page can show.
struct TimelineCounter {
    private typealias Durations = Histogram<UInt32>

    /// The lengths that a clock's face suggests, in seconds; days after them.
    private static let lengths: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
    ]
    /// An hour; no request may take longer.
    private static let longest: UInt64 = 3_600_000_000

    let start: Int64
    let step: Int64
    private var steps: [LedgerSurvey.Timeline.Step]
    /// Made for the steps that have something: 14 kB each.
    private var durations: [Durations?]

    /// - Parameters: the first and the last second in which something happened.
    init(from first: Int64, to last: Int64) {
        let maximum = Int64(LedgerSurvey.Timeline.maximumSteps)
        let last = max(first, last)
        // One less than the maximum fits whatever second of a step is the first.
        let length = Self.lengths.first { (last - first) / $0 < maximum - 1 }
        step = length ?? ((last - first) / (maximum - 2) / 86400 + 1) * 86400
        start = first - ((first % step) + step) % step
        let count = Int((last - start) / step) + 1
        steps = Array(repeating: .init(), count: count)
        durations = Array(repeating: nil, count: count)
    }

    /// Clocks leap: what lies outside belongs to the nearest step.
    private func place(_ time: Int64) -> Int { max(0, min(Int((time - start) / step), steps.count - 1)) }

    mutating func countDelivered(at time: Int64, microseconds: Int64) {
        let place = place(time)
        steps[place].delivered += 1
        if durations[place] == nil { durations[place] = Self.makeDurations() }
        durations[place]?.record(min(UInt64(max(0, microseconds)), Self.longest))
    }

    mutating func countFailed(at time: Int64) { steps[place(time)].failed += 1 }

    private static func makeDurations() -> Durations {
        Durations(highestTrackableValue: longest, numberOfSignificantValueDigits: .two)
    }

    var timeline: LedgerSurvey.Timeline {
        var timeline = LedgerSurvey.Timeline(start: start, step: step, steps: steps)
        for (place, durations) in durations.enumerated() {
            guard let durations else { continue }
            timeline.steps[place].p50 = durations.percentile(50)
            timeline.steps[place].p90 = durations.percentile(90)
            timeline.steps[place].p99 = durations.percentile(99)
        }
        return timeline
    }

    var latency: LedgerSurvey.Latency {
        var all = Self.makeDurations()
        for durations in durations { durations.map { all.add($0) } }
        guard all.totalCount > 0 else { return .init() }
        return .init(
            count: Int64(all.totalCount),
            p50: all.percentile(50),
            p90: all.percentile(90),
            p99: all.percentile(99),
            p999: all.percentile(99.9),
            maximum: Int64(all.maxRecorded),
            ranges: Self.ranges(all)
        )
    }

    /// Ten for each power of ten from 100 µs, as far as there is something.
    private static func ranges(_ durations: Durations) -> [LedgerSurvey.Latency.Range] {
        let steps: [Int64] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800]
        var edges: [Int64] = [0]
        var scale: Int64 = 1
        while edges[edges.count - 1] <= Int64(longest) {
            edges += steps.map { $0 * scale }
            scale *= 10
        }
        var ranges = zip(edges, edges.dropFirst()).map { LedgerSurvey.Latency.Range(from: $0, to: $1, count: 0) }
        var place = 0
        for value in durations.recordedValues() {
            while Int64(value.value) >= ranges[place].to, place < ranges.count - 1 { place += 1 }
            ranges[place].count += Int64(value.count)
        }
        let first = ranges.firstIndex { $0.count > 0 } ?? 0
        let last = ranges.lastIndex { $0.count > 0 } ?? 0
        return Array(ranges[first...last])
    }
}

extension Histogram {
    fileprivate func percentile(_ percentile: Double) -> Int64 {
        Int64(Swift.min(valueAtPercentile(percentile), maxRecorded))
    }
}
