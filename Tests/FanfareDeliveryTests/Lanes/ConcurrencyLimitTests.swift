import Testing

@testable import FanfareDelivery

/// Adaptive concurrency against simulated receivers.
@Suite struct ConcurrencyLimitTests {
    static func settings(max: Int) -> DeliverySettings {
        var settings = DeliverySettings()
        settings.maxInFlight = max
        return settings
    }

    @Test func `ten thousand are in flight within seconds at a receiver that takes one second`() {
        let simulation = LaneSimulation(Self.settings(max: 10_000), contacts: 200_000) { _ in .ok(after: second) }
        simulation.run(until: 11 * second)
        #expect(simulation.maxInFlight == 10_000)
        #expect(simulation.lane.concurrencyLimit == 10_000)
    }

    @Test(arguments: [(10, 10), (50, 10), (50, 100), (200, 100), (1, 5)])
    func `a receiver of fixed capacity is kept busy without a heap of waiting requests`(workers: Int, service: UInt64) {
        var pool = WorkerPool(workers: workers, service: service * millisecond)
        let simulation = LaneSimulation(Self.settings(max: 10_000), contacts: 10_000_000) { pool.answer(now: $0) }
        simulation.run(until: 20 * second)
        let before = simulation.delivered
        let capacity = Double(workers) * 1000 / Double(service)
        simulation.run(until: 40 * second)
        let rate = Double(simulation.delivered - before) / 20
        #expect(rate >= 0.95 * capacity)
        #expect(simulation.lane.concurrencyLimit <= max(64, 8 * workers))
    }

    @Test(arguments: [(1000.0, 50), (100, 1), (2000, 20), (20, 200), (2, 1)])
    func `a receiver that answers 429 above a rate gets most of that rate and few more`(rate: Double, latency: UInt64) {
        var limited = RateLimited(rate, latency: latency * millisecond)
        let simulation = LaneSimulation(Self.settings(max: 2000), contacts: 10_000_000) { limited.answer(now: $0) }
        simulation.run(until: 30 * second)
        let (good, refused) = (simulation.delivered, simulation.answers[429] ?? 0)
        simulation.run(until: 90 * second)
        let share = Double(simulation.delivered - good) / 60 / rate
        let excess = Double((simulation.answers[429] ?? 0) - refused) / 60 / rate
        #expect(share >= 0.6)
        #expect(excess <= 0.3)
        #expect(simulation.dead == 0)
    }

    @Test func `contacts that time out now and then do not choke the lane`() {
        var random = SeededRandom(1)
        let simulation = LaneSimulation(Self.settings(max: 500), contacts: 10_000_000) { _ in
            random.unit() < 0.01 ? .timeout : .ok(after: 50 * millisecond)
        }
        simulation.run(until: 30 * second)
        #expect(simulation.lane.concurrencyLimit >= 250)
    }

    @Test(arguments: [0.005, 0.01, 0.02, 0.03, 0.04], 1...3)
    func `the odd 503 of a slow receiver does not choke the lane`(share: Double, seed: Int) {
        var random = SeededRandom(UInt64(seed) * 7919)
        let simulation = LaneSimulation(Self.settings(max: 400), contacts: 12_000) { _ in
            random.unit() < share ? .status(503, after: 200 * millisecond) : .ok(after: 200 * millisecond)
        }
        simulation.run(until: 60 * second)
        #expect(simulation.delivered == 12_000)
        // All at once it would take 6 s; retries and growth take their time.
        #expect(simulation.now < 25 * second)
    }

    @Test(arguments: [0.04, 0.05])
    func `a share of 503 that no load explains does not choke the lane`(share: Double) {
        var random = SeededRandom(31)
        let simulation = LaneSimulation(Self.settings(max: 200), contacts: 10_000_000) { _ in
            random.unit() < share ? .status(503, after: 5 * millisecond) : .ok(after: 20 * millisecond)
        }
        simulation.run(until: 5 * second)
        let before = simulation.delivered
        simulation.run(until: 15 * second)
        // 200 at a time would be 10,000 a second.
        #expect(simulation.delivered - before >= 10 * 5000)
    }

    @Test(arguments: 1...2)
    func `durations that vary widely do not keep it from the maximum`(seed: Int) {
        var random = SeededRandom(UInt64(seed) * 977)
        let simulation = LaneSimulation(Self.settings(max: 2000), contacts: 10_000_000) { _ in
            // One in twenty takes a hundred times as long.
            let base = random.unit() < 0.05 ? 2000.0 : 20.0
            return .ok(after: UInt64(base * (0.5 + random.unit()) * Double(millisecond)))
        }
        simulation.run(until: 10 * second)
        #expect(simulation.lane.concurrencyLimit == 2000)
    }

    @Test func `durations that rise alone are no reason to slow`() {
        let simulation = LaneSimulation(Self.settings(max: 200), contacts: 10_000_000) { now in
            .ok(after: (20 + now / (20 * millisecond)) * millisecond)
        }
        var highest = 0
        simulation.watch = { simulation in
            #expect(simulation.lane.concurrencyLimit >= highest)
            highest = simulation.lane.concurrencyLimit
        }
        simulation.run(until: 20 * second)
        #expect(highest == 200)
    }

    @Test func `room that a receiver gains while the limit is held is found by a trial`() {
        var small = WorkerPool(workers: 10, service: 10 * millisecond)
        var large = WorkerPool(workers: 100, service: 10 * millisecond)
        let simulation = LaneSimulation(Self.settings(max: 300), contacts: 10_000_000) { now in
            now < 5 * second ? small.answer(now: now) : large.answer(now: now)
        }
        simulation.run(until: 5 * second)
        #expect(simulation.lane.concurrencyLimit <= 64)
        simulation.run(until: 9 * second)
        #expect(simulation.lane.concurrencyLimit >= 128)
    }

    @Test func `it is back soon after a minute of 429`() {
        let simulation = LaneSimulation(Self.settings(max: 500), contacts: 10_000_000) { now in
            5 * second..<65 * second ~= now ? .status(429, after: 5 * millisecond) : .ok(after: 50 * millisecond)
        }
        simulation.run(until: 65 * second)
        #expect(simulation.answers[429, default: 0] < 1500)
        #expect(simulation.lane.concurrencyLimit == 1)
        simulation.run(until: 90 * second)
        #expect(simulation.lane.concurrencyLimit == 500)
    }

    @Test func `the third 429 halves a small limit, once per round`() {
        var limit = ConcurrencyLimit(.adaptive, maximum: 100, now: 0)
        limit.started(inFlight: 16, now: 1)
        for inFlight in [16, 15] { limit.ended(.slowDown, inFlight: inFlight, startedAt: 1, now: 2) }
        #expect(limit.current == 16)
        limit.ended(.slowDown, inFlight: 14, startedAt: 1, now: 2)
        #expect(limit.current == 8)
        for inFlight in (1...13).reversed() { limit.ended(.slowDown, inFlight: inFlight, startedAt: 1, now: 3) }
        #expect(limit.current == 8, "those began before it was halved")
        limit.ended(.overload, inFlight: 1, startedAt: 4, now: 5)
        #expect(limit.current == 4)
    }

    @Test func `fixed is the maximum at once, and doubles from one after an outage`() {
        var limit = ConcurrencyLimit(.fixed, maximum: 300, now: 0)
        #expect(limit.current == 300)
        for answer in 0..<300 { limit.ended(answer % 2 == 0 ? .slowDown : .good, inFlight: 300, startedAt: 1, now: 2) }
        for _ in 0..<300 { limit.ended(.overload, inFlight: 300, startedAt: 1, now: 2) }
        #expect(limit.current == 300)
        for _ in 0..<151 { limit.ended(.slowDown, inFlight: 300, startedAt: 1, now: 2) }
        #expect(limit.current == 150, "most of a round asked for less")
        limit.restart(now: 10)
        #expect(limit.current == 1)
        var now: UInt64 = 11
        for round in 1...9 {
            let many = limit.current
            limit.started(inFlight: many, now: now)
            for left in (1...many).reversed() { limit.ended(.good, inFlight: left, startedAt: now, now: now + 1) }
            #expect(limit.current == min(300, 1 << round))
            now += 2
        }
    }

    @Test func `a limit that is not used is not raised`() {
        var limit = ConcurrencyLimit(.adaptive, maximum: 1000, now: 0)
        for now in 1...1000 {
            limit.started(inFlight: 2, now: UInt64(now))
            limit.ended(.good, inFlight: 2, startedAt: UInt64(now), now: UInt64(now))
        }
        #expect(limit.current == 16)
    }

    @Test func `a new maximum and a new mode hold at once`() {
        var limit = ConcurrencyLimit(.adaptive, maximum: 1000, now: 0)
        limit.change(to: .adaptive, maximum: 4, now: 1)
        #expect(limit.current == 4)
        limit.change(to: .fixed, maximum: 700, now: 2)
        #expect(limit.current == 700)
        limit.change(to: .adaptive, maximum: 700, now: 3)
        #expect(limit.current == 16)
    }
}
