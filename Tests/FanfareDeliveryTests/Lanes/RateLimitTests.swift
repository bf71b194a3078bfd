import Testing

@testable import FanfareDelivery

@Suite struct RateLimitTests {
    @Test func `without a rate there is no limit and nothing to wait for`() {
        var limit = RateLimit(nil, now: 0)
        limit.take(1_000_000, now: 0)
        #expect(limit.available(now: 0) == Int.max && limit.nextPermit(now: 7) == 7 && limit.rate == nil)
    }

    @Test(arguments: [(0.001, 1), (0.5, 1), (19, 1), (40, 2), (1000, 50), (1_000_000, 5000)] as [(Double, Int)])
    func `the burst is what 50 ms bring, at least one`(rate: Double, burst: Int) {
        var limit = RateLimit(rate, now: 0)
        #expect(limit.burst == burst && limit.available(now: 0) == burst)
        #expect(limit.available(now: 3_600_000_000_000_000) == burst, "a long rest saves up no more")
    }

    @Test(arguments: [0.3, 1, 7.77, 333.333, 5000, 30_000, 123_456.789])
    func `it gives exactly the rate over a long time, taken as soon as each permit is there`(rate: Double) {
        var limit = RateLimit(rate, now: 0)
        limit.take(limit.burst, now: 0)
        var now: UInt64 = 0
        for taken in 1...20_000 {
            let next = limit.nextPermit(now: now)
            #expect(next > now)
            if next - 1 > now { #expect(limit.available(now: next - 1) == 0) }
            now = next
            #expect(limit.available(now: now) == 1)
            limit.take(1, now: now)
            // Waking at whole nanoseconds, it may be late by less than one.
            if taken == 20_000 { #expect(abs(Double(now) / 1e9 * rate - 20_000) <= max(1e-3, rate / 1e9) + 0.002) }
        }
    }

    @Test(arguments: 1...6)
    func `over any window it gives no more than the rate and one burst`(seed: Int) {
        var random = SeededRandom(UInt64(seed))
        let rate = [0.7, 12.5, 480, 9_999.9, 77_777, 400_000][seed - 1]
        var limit = RateLimit(rate, now: 0)
        var level = Double(limit.burst)
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            let pause = UInt64(random.unit() * random.unit() * 3 / rate * 1e9 * Double(limit.burst))
            now += pause
            level = min(Double(limit.burst), level + Double(pause) / 1e9 * rate)
            let count = Int.random(in: 0...limit.available(now: now), using: &random)
            limit.take(count, now: now)
            level -= Double(count)
            #expect(level >= -1e-6)
            if random.unit() < 0.1, count > 0 {
                limit.giveBack(1, now: now)
                level = min(Double(limit.burst), level + 1)
            }
        }
    }

    @Test func `a new rate holds from its moment on`() {
        var limit = RateLimit(1000, now: 0)
        limit.take(50, now: 0)
        limit.change(to: 100, now: second)
        #expect(limit.available(now: second) == 5, "no more than its burst is kept")
        limit.take(5, now: second)
        #expect(limit.nextPermit(now: second) == second + 10 * millisecond)
        limit.change(to: nil, now: second)
        #expect(limit.available(now: second) == Int.max)
        limit.change(to: 10, now: 2 * second)
        #expect(limit.available(now: 2 * second) == 0, "an unlimited time saves up nothing")
    }
}
