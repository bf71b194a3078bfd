import Foundation

/// Where an axis has its marks, and what stands beside them.
struct Tick {
    /// Its place on the axis, 0 … 1.
    var place: Double
    /// What stands beside it.
    var label: String
}

/// Turns values into places on an axis, 0 … 1.
protocol AxisScale {
    /// Where a value lies.
    func place(_ value: Double) -> Double
    /// The values that get a mark.
    var marks: [Double] { get }
}

/// From zero to a round number above the largest value.
struct LinearScale: AxisScale {
    private let top: Double
    private let step: Double

    /// - Parameters:
    ///   - maximum: The largest value; nothing above it is needed.
    ///   - isWhole: Whether there is nothing between two whole numbers.
    init(maximum: Double, isWhole: Bool = false) {
        let rough = max(maximum, isWhole ? 4 : .leastNormalMagnitude) / 4
        let power = pow(10, (log10(rough)).rounded(.down))
        let nice = [1, 2, 2.5, 5, 10].first { $0 * power >= rough * (1 - 1e-9) } ?? 10
        step = isWhole ? max(1, (nice * power).rounded(.up)) : nice * power
        top = step * max(1, (maximum / step * (1 - 1e-9)).rounded(.up))
    }

    func place(_ value: Double) -> Double { min(1, max(0, value / top)) }

    var marks: [Double] { (0...Int((top / step).rounded())).map { Double($0) * step } }
}

/// Powers of ten at equal distances: for values that differ by more than people can see at one scale.
struct LogarithmicScale: AxisScale {
    private let bottom: Double
    private let top: Double

    /// - Parameters: the smallest and the largest value, above 0.
    init(from smallest: Double, to largest: Double) {
        let smallest = log10(max(smallest, .leastNormalMagnitude))
        let largest = max(log10(largest), smallest)
        // A little room on both sides, and never less than a third of a power of ten.
        bottom = smallest - max(0.02, (0.34 - (largest - smallest)) / 2)
        top = largest + max(0.02, (0.34 - (largest - smallest)) / 2)
    }

    func place(_ value: Double) -> Double {
        value <= 0 ? 0 : min(1, max(0, (log10(value) - bottom) / (top - bottom)))
    }

    var marks: [Double] {
        let powers = Int(bottom.rounded(.down))...Int(top.rounded(.up))
        // More marks the fewer powers of ten there are.
        let factors: [Double] = top - bottom < 1.2 ? [1, 2, 3, 5, 7] : top - bottom < 2.6 ? [1, 2, 5] : [1]
        return powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
            .filter { (bottom...top).contains(log10($0)) }
    }
}

/// A time line.
struct TimeAxis {
    private static let lengths: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
    ]
    let start: Int64
    let end: Int64
    let clock: PageClock
    /// About so many marks.
    var mostTicks: Int64 = 6

    func place(_ time: Int64) -> Double { Double(time - start) / Double(max(1, end - start)) }

    /// At full minutes, hours or days of the clock on the wall.
    var ticks: [Tick] {
        let span = end - start
        let step =
            Self.lengths.first { span / $0 <= mostTicks } ?? (span / mostTicks / 86400 + 1) * 86400
        let offset = clock.offset(at: start)
        let first = start + (step - ((start + offset) % step + step) % step) % step
        return stride(from: first, through: end, by: Int64.Stride(step)).map { time in
            Tick(place: place(time), label: label(time, step: step, isLong: span > 86400))
        }
    }

    private func label(_ time: Int64, step: Int64, isLong: Bool) -> String {
        if step >= 86400 { return clock.day(time) }
        let text = step < 60 ? clock.time(time) : clock.minute(time)
        return isLong ? "\(clock.day(time)) \(text)" : text
    }
}
