@testable import FanfareDelivery

let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000_000_000

/// A small generator with a seed (SplitMix64), so that every run of a test is the same.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 1
        return RetryPolicy.random(seed: 0x5EED, attempt: state)
    }

    /// 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// What a simulated receiver does with one request.
struct Answer {
    var ending: AttemptEnding
    var after: UInt64

    static func ok(after: UInt64) -> Answer { Answer(ending: .answered(200), after: after) }
    static func status(_ status: UInt16, after: UInt64) -> Answer { Answer(ending: .answered(status), after: after) }
    static let timeout = Answer(
        ending: AttemptEnding(result: .timedOut, anythingWritten: true, wholeRequestSent: true),
        after: 10 * second
    )
    static let refused = Answer(ending: AttemptEnding(result: .connectFailed), after: millisecond / 2)
}

/// A receiver with so many workers that each take so long; requests wait for one in order.
struct WorkerPool {
    private var busyUntil: [UInt64]
    private var next = 0
    var service: UInt64

    init(workers: Int, service: UInt64) {
        busyUntil = Array(repeating: 0, count: workers)
        self.service = service
    }

    mutating func answer(now: UInt64) -> Answer {
        let done = max(now, busyUntil[next]) + service
        busyUntil[next] = done
        next = (next + 1) % busyUntil.count
        return .ok(after: done - now)
    }
}

/// A receiver that answers 429 above a rate, after a burst of a quarter of a second, at least 5.
struct RateLimited {
    let rate: Double
    let latency: UInt64
    private var level: Double
    private var filledAt: UInt64 = 0

    init(_ rate: Double, latency: UInt64) {
        self.rate = rate
        self.latency = latency
        level = max(5, rate / 4)
    }

    mutating func answer(now: UInt64) -> Answer {
        level = min(max(5, rate / 4), level + Double(now - filledAt) / 1e9 * rate)
        filledAt = now
        if level < 1 { return .status(429, after: latency) }
        level -= 1
        return .ok(after: latency)
    }
}
