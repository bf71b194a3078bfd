import Testing

@testable import FanfareDelivery

@Suite struct LaneTests {
    static let ok = AttemptEnding.answered(200)

    static func settings(_ change: (inout DeliverySettings) -> Void = { _ in }) -> DeliverySettings {
        var settings = DeliverySettings()
        settings.maxInFlight = 10
        settings.concurrency = .fixed
        change(&settings)
        return settings
    }

    /// Ends so many attempts alike.
    static func end(_ lane: inout Lane, _ count: Int = 1, _ ending: AttemptEnding, from start: UInt64, now: UInt64) {
        let rules = AnswerRules(DeliverySettings())
        for _ in 0..<count {
            let verdict = rules.verdict(ending, breakerClosed: lane.breakerIsClosed)
            lane.ended(ending, verdict, final: !verdict.isLater, startedAt: start, now: now)
        }
    }

    @Test func `credit is what concurrency leaves, and comes back with each ending`() {
        var lane = Lane(Self.settings(), now: 0)
        #expect(lane.credit(now: 0) == 10)
        lane.started(7, fresh: 7, now: 0)
        #expect(lane.credit(now: 0) == 3 && lane.inFlight == 7)
        lane.returned(2, fresh: 2, now: 1)
        #expect(lane.credit(now: 1) == 5)
        Self.end(&lane, 5, Self.ok, from: 0, now: 2)
        #expect(lane.credit(now: 2) == 10 && lane.inFlight == 0)
    }

    @Test func `the rate gives permits with time, and takes back what was not sent`() {
        var lane = Lane(Self.settings { $0.ratePerSecond = 40 }, now: 0)
        #expect(lane.credit(now: 0) == 2)
        lane.started(2, fresh: 2, now: 0)
        #expect(lane.credit(now: 0) == 0 && lane.nextWake(now: 0) == 25 * millisecond)
        #expect(lane.credit(now: 25 * millisecond) == 1)
        lane.returned(1, fresh: 1, now: 25 * millisecond)
        #expect(lane.credit(now: 25 * millisecond) == 2)
    }

    @Test func `paused it gives nothing, wakes for nothing, and its time stands still`() {
        var lane = Lane(Self.settings { $0.stopAfter = .seconds(10) }, storedTime: 3 * second, now: 0)
        #expect(lane.nextWake(now: 0) == 0)
        lane.pause(.resolving, now: second)
        lane.pause(.storage, now: second)
        lane.resume(.resolving, now: 2 * second)
        #expect(lane.credit(now: 2 * second) == 0 && lane.nextWake(now: 2 * second) == nil && lane.isHalted)
        #expect(lane.laneTime(now: 7200 * second) == 4 * second)
        lane.resume(.storage, now: 7200 * second)
        #expect(lane.credit(now: 7200 * second) == 10 && !lane.isHalted)
        #expect(lane.laneTime(now: 7203 * second) == 7 * second)
    }

    @Test func `stop_after counts lane time of all processes, and wakes the lane`() {
        var lane = Lane(Self.settings { $0.stopAfter = .seconds(10) }, storedTime: 4 * second, now: 0)
        lane.started(10, fresh: 10, now: 0)
        #expect(lane.nextWake(now: second) == 6 * second, "no credit, but the end")
        #expect(lane.mustStop(now: 6 * second - 1) == nil)
        #expect(lane.mustStop(now: 6 * second) == .stopAfter)
        Self.end(&lane, 10, Self.ok, from: 0, now: 6 * second)
        #expect(lane.credit(now: 6 * second) == 0 && lane.snapshot(now: 6 * second).state == .stopped)
    }

    @Test func `settings change while it runs`() {
        var lane = Lane(Self.settings(), now: 0)
        lane.started(10, fresh: 10, now: 0)
        lane.change(to: Self.settings { $0.maxInFlight = 4 }, now: 1)
        #expect(lane.credit(now: 1) == 0, "what is in flight goes on")
        Self.end(&lane, 7, Self.ok, from: 0, now: 2)
        #expect(lane.credit(now: 2) == 1)
        lane.change(
            to: Self.settings {
                $0.maxInFlight = 50; $0.ratePerSecond = 100; $0.stopAfter = .seconds(1)
            },
            now: 3
        )
        #expect(lane.ratePerSecond == 100 && lane.concurrencyLimit == 50 && lane.inFlight == 3)
        #expect(lane.mustStop(now: 2 * second) == .stopAfter)
        lane.change(to: Self.settings(), now: 4)
        #expect(lane.mustStop(now: 2 * second) == nil && lane.ratePerSecond == nil)
    }

    @Test func `while the breaker is open time stands still, and a probe may go beside what hangs`() {
        var lane = Lane(Self.settings { $0.maxInFlight = 100 }, now: 0)
        lane.started(60, fresh: 60, now: 0)
        Self.end(&lane, 20, AttemptEnding(result: .connectFailed), from: 0, now: second)
        #expect(!lane.breakerIsClosed && lane.isHalted)
        #expect(lane.snapshot(now: second).state == .down && lane.snapshot(now: second).nextProbe == 2 * second)
        #expect(lane.credit(now: second) == 0 && lane.nextWake(now: second) == 2 * second)
        #expect(lane.laneTime(now: 2 * second) == second)
        #expect(lane.credit(now: 2 * second) == 1 && lane.snapshot(now: 2 * second).state == .probing)
        lane.started(1, fresh: 1, now: 3 * second)
        #expect(lane.laneTime(now: 9 * second) == 2 * second, "it ran while the probe was waited for")
        #expect(lane.credit(now: 9 * second) == 0 && lane.nextWake(now: 9 * second) == nil && !lane.isHalted)
        Self.end(&lane, 1, Self.ok, from: 3 * second, now: 9 * second)
        #expect(lane.credit(now: 9 * second) == 1)
        for now in [UInt64(10), 11] {
            lane.started(1, fresh: 1, now: now * second)
            Self.end(&lane, 1, Self.ok, from: now * second, now: now * second)
        }
        #expect(lane.breakerIsClosed && lane.concurrencyLimit == 1)
        #expect(lane.credit(now: 11 * second) == 0, "40 from before still hang: no flood")
    }

    @Test func `the snapshot says what people want to know`() {
        var lane = Lane(
            Self.settings { $0.ratePerSecond = 1.5 },
            canary: Canary(.init(contacts: 1, proceedAt: 1)),
            now: 0
        )
        lane.started(1, fresh: 1, now: 0)
        let waiting = lane.snapshot(now: 0)
        #expect(
            waiting.state == .canary && waiting.inFlight == 1 && waiting.rate == 1.5 && waiting.concurrencyLimit == 10
        )
        Self.end(&lane, 1, Self.ok, from: 0, now: 1)
        #expect(lane.snapshot(now: 1).state == .sending)
        lane.pause(.storage, now: 2)
        #expect(lane.snapshot(now: 2).state == .paused && lane.snapshot(now: 2).pauses == .storage)
    }
}
