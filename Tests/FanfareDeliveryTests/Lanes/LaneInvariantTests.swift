import Testing

@testable import FanfareDelivery

/// A lane under seeded random use, beside a model that is written the slow way.
@Suite struct LaneInvariantTests {
    struct Model {
        var lane: Lane
        var random: SeededRandom
        var settings: DeliverySettings
        var now: UInt64 = 1
        var flights: [UInt64] = []
        var permits: Double
        var lastTime: UInt64 = 0
        var asked = AnswerRules(DeliverySettings())

        init(seed: UInt64) {
            random = SeededRandom(seed &* 7919)
            settings = Model.settings(&random)
            lane = Lane(settings, now: now)
            permits = Double(RateLimit(settings.ratePerSecond, now: 0).burst)
        }

        static func settings(_ random: inout SeededRandom) -> DeliverySettings {
            var settings = DeliverySettings()
            settings.maxInFlight = Int.random(in: 1...200, using: &random)
            settings.concurrency = Bool.random(using: &random) ? .adaptive : .fixed
            settings.ratePerSecond = Bool.random(using: &random) ? nil : 0.5 + random.unit() * 5000
            return settings
        }

        mutating func step() {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: advance(UInt64(random.unit() * 3e9))
            case 1: lane.pause(.storage, now: now)
            case 2, 3: lane.resume(.storage, now: now)
            case 4 where random.unit() < 0.1: change()
            case 4...9: start()
            case 10 where !flights.isEmpty: giveBack()
            case 11...17: end()
            default: advance(UInt64(random.unit() * 2e7))
            }
            check()
        }

        mutating func advance(_ pause: UInt64) {
            now += pause
            guard let rate = settings.ratePerSecond else { return }
            let burst = Double(RateLimit(rate, now: 0).burst)
            permits = min(burst, permits + Double(pause) / 1e9 * rate)
        }

        mutating func change() {
            settings = Self.settings(&random)
            lane.change(to: settings, now: now)
            permits = Double(RateLimit(settings.ratePerSecond, now: 0).burst)
        }

        mutating func start() {
            let credit = lane.credit(now: now)
            let count = Int.random(in: 0...min(credit, 256), using: &random)
            lane.started(count, fresh: count, now: now)
            flights += Array(repeating: now, count: count)
            if settings.ratePerSecond != nil { permits -= Double(count) }
            #expect(permits >= -0.01, "rate × t + burst")
            if count > 0 { #expect(flights.count <= settings.maxInFlight) }
        }

        mutating func giveBack() {
            flights.removeLast()
            lane.returned(1, fresh: 1, now: now)
            if let rate = settings.ratePerSecond { permits = min(Double(RateLimit(rate, now: 0).burst), permits + 1) }
        }

        mutating func end() {
            for _ in 0..<Int.random(in: 0...20, using: &random) where !flights.isEmpty {
                let index = Int.random(in: 0..<flights.count, using: &random)
                let startedAt = flights.remove(at: index)
                let ill = now / (20 * second) % 2 == 1
                let statuses: [UInt16] = ill ? [503, 500, 0, 0, 200] : [200, 200, 200, 200, 200, 429, 404, 500, 0]
                let status = statuses.randomElement(using: &random) ?? 200
                let ending = status == 0 ? AttemptEnding(result: .timedOut) : AttemptEnding.answered(status)
                let verdict = asked.verdict(ending, breakerClosed: lane.breakerIsClosed)
                lane.ended(ending, verdict, final: !verdict.isLater, startedAt: startedAt, now: now)
            }
        }

        mutating func check() {
            let credit = lane.credit(now: now)
            #expect(credit >= 0)
            #expect(lane.inFlight == flights.count)
            #expect((1...settings.maxInFlight).contains(lane.concurrencyLimit))
            if !lane.pauses.isEmpty { #expect(credit == 0) }
            if !lane.breakerIsClosed { #expect(credit <= 1) }
            let time = lane.laneTime(now: now)
            #expect(time >= lastTime && time <= now)
            lastTime = time
            checkWake(credit: credit)
        }

        /// What time alone will bring, it brings at the moment named.
        func checkWake(credit: Int) {
            var copy = lane
            guard let wake = copy.nextWake(now: now) else { return #expect(credit == 0) }
            #expect(wake >= now)
            #expect(copy.credit(now: wake) > 0 || copy.mustStop(now: wake) != nil)
        }
    }

    @Test(arguments: 1...12)
    func `limits, rate and time hold whatever happens`(seed: Int) {
        var model = Model(seed: UInt64(seed))
        for _ in 0..<2000 { model.step() }
    }

    @Test func `an idle lane can be brought back to full speed after any history`() {
        for seed in UInt64(1)...10 {
            var model = Model(seed: seed &+ 100)
            for _ in 0..<2000 { model.step() }
            model.lane.resume(.storage, now: model.now)
            model.lane.change(
                to: LaneTests.settings {
                    $0.maxInFlight = 100; $0.concurrency = .adaptive
                },
                now: model.now
            )
            LaneTests.end(&model.lane, model.flights.count, .answered(200), from: 0, now: model.now)
            for _ in 0..<20_000 where model.lane.concurrencyLimit < 100 {
                let start = model.now
                let count = model.lane.credit(now: start)
                model.lane.started(count, fresh: 0, now: start)
                model.now += 10 * millisecond
                LaneTests.end(&model.lane, count, .answered(200), from: start, now: model.now)
            }
            #expect(model.lane.concurrencyLimit == 100, "seed \(seed)")
        }
    }
}
