import Testing

@testable import FanfareDelivery

@Suite struct LaneTimeTests {
    @Test func `it counts only while it runs, and goes on from what was stored`() {
        var time = LaneTime(stored: 5)
        #expect(time.nanoseconds(now: 100) == 5)
        time.run(true, now: 100)
        time.run(true, now: 120)
        #expect(time.nanoseconds(now: 130) == 35)
        time.run(false, now: 150)
        time.run(false, now: 1_000)
        #expect(time.nanoseconds(now: 2_000) == 55)
        time.run(true, now: 3_000)
        #expect(time.nanoseconds(now: 3_001) == 56)
    }

    @Test func `a now that goes back takes nothing away`() {
        var time = LaneTime()
        time.run(true, now: 1_000)
        #expect(time.nanoseconds(now: 500) == 0)
        time.run(false, now: 500)
        #expect(time.nanoseconds(now: 2_000) == 0)
    }
}
