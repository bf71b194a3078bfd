/// Deliveries that became final per second, over the last seconds.
struct RateMeter {
    private static let window: Duration = .seconds(3)
    private var samples: [(at: Duration, count: Int64)] = []

    /// Takes a sample and tells the rate over the window.
    mutating func rate(at elapsed: Duration, count: Int64) -> Double {
        samples.append((elapsed, count))
        while samples.count > 2, elapsed - samples[1].at > Self.window { samples.removeFirst() }
        guard let first = samples.first, elapsed > first.at else { return 0 }
        return Double(count - first.count) / ((elapsed - first.at) / .seconds(1))
    }
}
