/// What became of requests.
struct Tally: Sendable {
    private var ok = 0
    private var failed = 0
    private var latencies: [UInt32] = []  // microseconds

    mutating func add(ok isOK: Bool, microseconds: Int64) {
        if isOK { ok += 1 } else { failed += 1 }
        latencies.append(UInt32(clamping: microseconds))
    }

    mutating func add(_ other: Tally) {
        ok += other.ok
        failed += other.failed
        latencies += other.latencies
    }

    func json(seconds: Double) -> String {
        let ordered = latencies.sorted()
        func percentile(_ share: Double) -> String {
            if ordered.isEmpty { return "null" }
            return String(ordered[min(ordered.count - 1, Int(Double(ordered.count) * share / 100))])
        }
        return """
            {"sent": \(ok + failed), "ok": \(ok), "failed": \(failed), "seconds": \(seconds), \
            "p50_us": \(percentile(50)), "p99_us": \(percentile(99)), "p999_us": \(percentile(99.9))}
            """
    }
}
