import Testing

@testable import FanfareDelivery

@Suite struct OriginLimitTests {
    @Test func `lanes of one origin together stay within the largest of their limits`() {
        var origin = OriginLimit(limit: 100, rate: nil, now: 0)
        origin.started(70, now: 0)
        #expect(origin.credit(now: 0) == 30)
        origin.started(30, now: 0)
        #expect(origin.credit(now: 0) == 0 && origin.nextWake(now: 0) == nil)
        origin.ended(10)
        origin.returned(5, now: 0)
        #expect(origin.credit(now: 0) == 15)
        origin.setLimits(50, rate: nil, now: 1)
        #expect(origin.credit(now: 1) == 0, "never negative")
    }

    @Test func `their rate is shared too`() {
        var origin = OriginLimit(limit: 1000, rate: 100, now: 0)
        #expect(origin.credit(now: 0) == 5)
        origin.started(5, now: 0)
        #expect(origin.credit(now: 0) == 0 && origin.nextWake(now: 0) == 10 * millisecond)
        origin.setLimits(1000, rate: nil, now: 1)
        #expect(origin.credit(now: 1) == 995)
    }
}
