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
        print("capacity", workers, service, "limit", simulation.lane.concurrencyLimit, "max", simulation.maxInFlight, "rate", rate / capacity)
        #expect(rate >= 0.95 * capacity)
        #expect(simulation.lane.concurrencyLimit <= max(64, 8 * workers))
    }

    @Test(arguments: [(1000.0, 50), (100, 1), (5000, 20), (20, 200), (2, 1)])
    func `a receiver that answers 429 above a rate gets most of that rate and few more`(rate: Double, latency: UInt64) {
        var limited = RateLimited(rate, latency: latency * millisecond)
        let simulation = LaneSimulation(Self.settings(max: 2000), contacts: 10_000_000) { limited.answer(now: $0) }
        simulation.run(until: 30 * second)
        let (good, refused) = (simulation.delivered, simulation.answers[429] ?? 0)
        simulation.run(until: 90 * second)
        let share = Double(simulation.delivered - good) / 60 / rate
        let excess = Double((simulation.answers[429] ?? 0) - refused) / 60 / rate
        print("429 above", rate, latency, "share", share, "excess", excess, "limit", simulation.lane.concurrencyLimit)
        #expect(share >= 0.6)
        #expect(excess <= 0.3)
        #expect(simulation.dead == 0)
    }

    @Test func `contacts that time out now and then do not choke the lane`() {
        var random = SeededRandom(1)
        let simulation = LaneSimulation(Self.settings(max: 1000), contacts: 10_000_000) { _ in
            random.unit() < 0.01 ? .timeout : .ok(after: 50 * millisecond)
        }
        simulation.run(until: 60 * second)
        print("timeouts: limit", simulation.lane.concurrencyLimit, "delivered", simulation.delivered)
        #expect(simulation.lane.concurrencyLimit >= 500)
    }

    @Test(arguments: 1...4)
    func `durations that vary widely do not keep it from the maximum`(seed: Int) {
        var random = SeededRandom(UInt64(seed) * 977)
        let simulation = LaneSimulation(Self.settings(max: 2000), contacts: 10_000_000) { _ in
            // One in twenty takes a hundred times as long.
            let base = random.unit() < 0.05 ? 2000.0 : 20.0
            return .ok(after: UInt64(base * (0.5 + random.unit()) * Double(millisecond)))
        }
        simulation.run(until: 15 * second)
        print("varying: limit", simulation.lane.concurrencyLimit, "delivered", simulation.delivered)
        #expect(simulation.lane.concurrencyLimit == 2000)
    }
}
