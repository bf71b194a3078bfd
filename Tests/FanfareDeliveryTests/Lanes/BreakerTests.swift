import Testing

@testable import FanfareDelivery

@Suite struct BreakerTests {
    /// Opened at 100.
    static func opened() -> Breaker {
        var breaker = Breaker()
        for _ in 0..<Breaker.leastResults { _ = breaker.ended(.down, startedAt: 0, now: 100) }
        return breaker
    }

    @Test func `it opens when most of the last results failed, not before there are twenty`() {
        var breaker = Breaker()
        for _ in 1..<Breaker.leastResults { #expect(breaker.ended(.down, startedAt: 0, now: 100) == .none) }
        #expect(breaker.isClosed && breaker.credit(now: 100) == Int.max)
        #expect(breaker.ended(.down, startedAt: 0, now: 100) == .opened)
        #expect(breaker.state(now: 100) == .open && breaker.credit(now: 100) == 0)
    }

    @Test func `half of the results failing leaves it closed, more opens it`() {
        var breaker = Breaker()
        for _ in 0..<200 {
            #expect(breaker.ended(.up, startedAt: 0, now: 1) == .none)
            #expect(breaker.ended(.down, startedAt: 0, now: 1) == .none)
        }
        #expect(breaker.ended(.down, startedAt: 0, now: 1) == .opened)
    }

    @Test func `twenty failures in a row open it whatever went well before`() {
        var breaker = Breaker()
        for _ in 0..<1000 { _ = breaker.ended(.up, startedAt: 0, now: 1) }
        for _ in 1..<20 { #expect(breaker.ended(.down, startedAt: 0, now: 1) == .none) }
        #expect(breaker.ended(.down, startedAt: 0, now: 1) == .opened)
    }

    @Test func `results that say nothing neither open nor save it`() {
        var breaker = Breaker()
        for _ in 0..<19 {
            _ = breaker.ended(.down, startedAt: 0, now: 1)
            #expect(breaker.ended(.none, startedAt: 0, now: 1) == .none)
        }
        #expect(breaker.ended(.down, startedAt: 0, now: 1) == .opened)
    }

    @Test func `errors to deliveries that failed before do not open it`() {
        var breaker = Breaker()
        for _ in 0..<1000 { #expect(breaker.ended(.failing, startedAt: 0, now: 1) == .none) }
        #expect(breaker.isClosed)
        for _ in 0..<20 { _ = breaker.ended(.down, startedAt: 0, now: 1) }
        #expect(!breaker.isClosed)
    }

    @Test func `a probe that was taken back frees its place, an older attempt does not`() {
        var breaker = Self.opened()
        let probe = 100 + second
        breaker.started()
        breaker.recalled(startedAt: 50)
        #expect(breaker.isProbeInFlight && breaker.credit(now: probe) == 0)
        breaker.recalled(startedAt: probe)
        #expect(breaker.credit(now: probe) == 1)
    }

    @Test func `probes go one at a time, after pauses that grow to 30 s`() {
        var breaker = Self.opened()
        var now: UInt64 = 100
        for pause in [1, 2, 4, 8, 16, 30, 30] as [UInt64] {
            #expect(breaker.nextProbe == now + pause * second)
            #expect(breaker.credit(now: breaker.nextProbe - 1) == 0)
            now = breaker.nextProbe
            #expect(breaker.credit(now: now) == 1 && breaker.state(now: now) == .probing)
            breaker.started()
            #expect(breaker.credit(now: now + 5) == 0 && breaker.isProbeInFlight)
            now += 10
            #expect(breaker.ended(.down, startedAt: now - 10, now: now) == .none)
        }
    }

    @Test func `three answered probes close it, a failed one begins anew`() {
        var breaker = Self.opened()
        var now = breaker.nextProbe
        let results: [ReceiverSign.Health] = [.up, .up, .down, .up, .none, .up, .up]
        for (index, health) in results.enumerated() {
            now = max(now + 1, breaker.nextProbe)
            #expect(breaker.credit(now: now) == 1)
            breaker.started()
            let change = breaker.ended(health, startedAt: now, now: now)
            #expect(change == (index == results.count - 1 ? .closed : .none))
        }
        #expect(breaker.isClosed)
    }

    @Test func `attempts begun before it opened are not taken for probes`() {
        var breaker = Self.opened()
        let next = breaker.nextProbe
        for _ in 0..<50 {
            #expect(breaker.ended(.up, startedAt: 99, now: 200) == .none)
            #expect(breaker.ended(.down, startedAt: 99, now: 200) == .none)
        }
        #expect(!breaker.isClosed && breaker.nextProbe == next)
    }

    @Test func `a probe that is given back frees its place`() {
        var breaker = Self.opened()
        breaker.started()
        breaker.gaveBack()
        #expect(breaker.credit(now: breaker.nextProbe) == 1)
    }

    @Test func `a relapse gets the next longer pause, a failure after 64 results the first`() {
        for (results, pause) in [(0, 2), (40, 2), (64, 1)] as [(Int, UInt64)] {
            var breaker = Self.opened()
            let now = breaker.nextProbe
            for _ in 0..<3 {
                breaker.started()
                _ = breaker.ended(.up, startedAt: now, now: now)
            }
            for _ in 0..<results { _ = breaker.ended(.up, startedAt: now, now: now) }
            for _ in 0..<20 { _ = breaker.ended(.down, startedAt: now, now: now) }
            #expect(breaker.nextProbe == now + pause * second, "after \(results)")
        }
    }
}
