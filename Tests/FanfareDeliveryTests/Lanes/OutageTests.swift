import Testing

@testable import FanfareDelivery

/// Receivers that go away and come back.
@Suite struct OutageTests {
    @Test(arguments: [DeliverySettings.Concurrency.adaptive, .fixed], [DeliverySettings.WhenUncertain.resend, .hold])
    func `closed for 30 s, then 503 for 20 s, then 429 for 20 s`(
        concurrency: DeliverySettings.Concurrency,
        whenUncertain: DeliverySettings.WhenUncertain
    ) {
        var settings = DeliverySettings()
        settings.maxInFlight = 500
        settings.concurrency = concurrency
        settings.whenUncertain = whenUncertain
        var pool = WorkerPool(workers: 100, service: 50 * millisecond)
        let simulation = LaneSimulation(settings, contacts: 60_000) { now in
            switch now / second {
            case 5..<35: .refused
            case 35..<55: .status(503, after: 2 * millisecond)
            case 55..<75: .status(429, after: 2 * millisecond)
            default: pool.answer(now: now)
            }
        }
        var wasClosed = true
        var openings: [UInt64] = []
        simulation.watch = { simulation in
            let closed = simulation.lane.breakerIsClosed
            if wasClosed, !closed { openings.append(simulation.now) }
            wasClosed = closed
        }
        simulation.run(until: 120 * second)
        #expect(simulation.delivered == 60_000)
        #expect(simulation.dead == 0)

        let opened = openings.first ?? 0
        #expect(5 * second...6 * second ~= opened)
        let counted = simulation.deliveries.filter { ($0.history?.attempts ?? 0) > 1 }
        #expect(counted.allSatisfy { $0.lastCountedAt <= opened })
        #expect(counted.count <= 2 * Breaker.window)
        #expect(simulation.deliveries.allSatisfy { ($0.history?.attempts ?? 0) <= 2 })

        let starts = simulation.startsPerTenth
        #expect(starts[60..<550].reduce(0, +) <= 12, "single probes with growing pauses")
        #expect(starts[550..<750].reduce(0, +) <= 30, "a wall of 429 is met with ever fewer")
        #expect(simulation.answers[429, default: 0] > 5)
        #expect(starts[750..<760].max() ?? 0 <= 100, "slow start again")
    }

    @Test(arguments: [AttemptEnding.answered(500), Answer.timeout.ending], [0, 500, 960])
    func `contacts that a receiver never takes die, and the others get theirs`(ending: AttemptEnding, from: Int) {
        var settings = DeliverySettings()
        settings.maxInFlight = 100
        settings.retries = [.seconds(1), .seconds(1), .seconds(1)]
        let simulation = LaneSimulation(settings, contacts: 1000) { _ in .ok(after: 20 * millisecond) }
        simulation.receiver = { _, contact in
            from..<from + 40 ~= contact ? Answer(ending: ending, after: 30 * millisecond) : .ok(after: 20 * millisecond)
        }
        simulation.run(until: 2 * 3600 * second)
        #expect(simulation.delivered == 960)
        #expect(simulation.dead == 40)
    }

    @Test func `an outage of two hours costs nothing but time`() {
        var settings = DeliverySettings()
        settings.maxInFlight = 100
        settings.deadline = .seconds(800)
        let simulation = LaneSimulation(settings, contacts: 20_000) { now in
            5 * second..<7205 * second ~= now ? .timeout : .ok(after: 20 * millisecond)
        }
        simulation.run(until: 10_000 * second)
        #expect(simulation.delivered == 20_000)
        #expect(simulation.lane.laneTime(now: simulation.now) < 300 * second)
    }

    @Test func `the last few deliveries of a fan-out live through an outage too`() {
        var settings = DeliverySettings()
        settings.deadline = .seconds(800)
        let simulation = LaneSimulation(settings, contacts: 10) { now in
            now < 3600 * second ? .refused : .ok(after: millisecond)
        }
        simulation.run(until: 7200 * second)
        #expect(simulation.delivered == 10)
        #expect(simulation.deliveries.allSatisfy { ($0.history?.attempts ?? 0) <= 3 })
    }

    @Test func `a receiver too small for 16 in flight is not closed and reopened for ever`() {
        var settings = DeliverySettings()
        settings.timeout = .seconds(5)
        // Two workers of one second: 16 in flight would all time out.
        var pool = WorkerPool(workers: 2, service: second)
        let simulation = LaneSimulation(settings, contacts: 200) { now in
            let answer = pool.answer(now: now)
            return answer.after <= 5 * second
                ? answer : Answer(ending: AttemptEnding(result: .timedOut, wholeRequestSent: true), after: 5 * second)
        }
        simulation.run(until: 400 * second)
        #expect(simulation.delivered == 200)
    }

    @Test func `a tenth of answers failing does not open it, a wall of 503 does`() {
        var random = SeededRandom(3)
        var settings = DeliverySettings()
        settings.maxInFlight = 50
        let some = LaneSimulation(settings, contacts: 100_000) { _ in
            .status(random.unit() < 0.1 ? 500 : 200, after: 10 * millisecond)
        }
        some.watch = { #expect($0.lane.breakerIsClosed) }
        some.run(until: 10 * second)
        #expect(some.delivered > 30_000)
        let wall = LaneSimulation(settings, contacts: 100) { _ in .status(503, after: 10 * millisecond) }
        wall.run(until: 10 * second)
        #expect(!wall.lane.breakerIsClosed)
        #expect(wall.deliveries.allSatisfy { $0.history?.attempts == 0 })
    }
}
