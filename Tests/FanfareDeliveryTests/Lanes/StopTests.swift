import Testing

@testable import FanfareDelivery

/// What ends a run early: the first answers and the canary.
@Suite struct StopTests {
    static func feed(_ endings: [AttemptEnding]) -> FirstAnswers {
        var first = FirstAnswers()
        let rules = AnswerRules(DeliverySettings())
        for ending in endings { first.ended(ending, rules.verdict(ending, breakerClosed: true)) }
        return first
    }

    @Test func `twenty answers that all say never stop a run`() {
        let unauthorized = Array(repeating: AttemptEnding.answered(401), count: 20)
        #expect(Self.feed(Array(unauthorized.dropLast())).stop == nil)
        #expect(Self.feed(unauthorized).stop == .firstAnswers(count: 20, reason: .status, status: 401))
        #expect(Self.feed(unauthorized).samples.count == 20)
        #expect(Self.feed(unauthorized + [.answered(200)]).stop != nil, "it stays so")
        let blocked = Array(repeating: AttemptEnding(result: .blockedByPolicy), count: 20)
        #expect(Self.feed(blocked).stop == .firstAnswers(count: 20, reason: .policy, status: 0))
    }

    @Test(arguments: [200, 500, 409] as [UInt16])
    func `one other answer among them clears it for good`(status: UInt16) {
        for place in 0..<20 {
            var endings = Array(repeating: AttemptEnding.answered(404), count: 40)
            endings[place] = .answered(status)
            #expect(Self.feed(endings).stop == nil)
        }
    }

    @Test func `what is no answer about the message says nothing either way`() {
        var endings = Array(repeating: AttemptEnding.answered(404), count: 19)
        endings += [
            .answered(429), .answered(503), AttemptEnding(result: .timedOut), AttemptEnding(result: .connectFailed),
        ]
        #expect(Self.feed(endings).stop == nil)
        #expect(Self.feed(endings + [.answered(404)]).stop != nil)
    }

    @Test func `a run that an earlier process cleared is not stopped`() {
        var first = FirstAnswers(cleared: true)
        for _ in 0..<30 { first.ended(.answered(404), .never(.status)) }
        #expect(first.stop == nil)
    }

    @Test(arguments: [(100, 0.99, 99), (100, 1, 100), (7, 0.5, 4), (1, 0.01, 1), (10, 0, 0), (1000, 0.999, 999)])
    func `a canary's share is whole contacts, rounded up`(contacts: Int, share: Double, needed: Int) {
        #expect(Canary(.init(contacts: contacts, proceedAt: share)).needed == needed)
    }

    @Test func `it holds back the rest until enough are delivered`() {
        var lane = Lane(DeliverySettings(), canary: Canary(.init(contacts: 10, proceedAt: 0.8)), now: 0)
        #expect(lane.freshCredit == 10)
        lane.started(10, fresh: 10, now: 0)
        #expect(lane.freshCredit == 0)
        lane.returned(2, fresh: 2, now: 0)
        #expect(lane.freshCredit == 2, "skipped contacts are replaced")
        lane.started(2, fresh: 2, now: 0)
        LaneTests.end(&lane, 7, .answered(200), from: 0, now: 1)
        LaneTests.end(&lane, 1, .answered(500), from: 0, now: 1)
        #expect(lane.freshCredit == 0 && lane.mustStop(now: 1) == nil)
        lane.started(1, fresh: 0, now: 2)
        #expect(lane.freshCredit == 0, "a retry is no further contact")
        LaneTests.end(&lane, 1, .answered(200), from: 2, now: 3)
        #expect(lane.freshCredit == Int.max)
    }

    @Test func `it stops as soon as too few can still be delivered`() {
        var lane = Lane(DeliverySettings(), canary: Canary(.init(contacts: 10, proceedAt: 0.8)), now: 0)
        lane.started(10, fresh: 10, now: 0)
        LaneTests.end(&lane, 1, .answered(200), from: 0, now: 1)
        LaneTests.end(&lane, 2, .answered(404), from: 0, now: 1)
        #expect(lane.mustStop(now: 1) == nil)
        lane.endedUnsent()
        #expect(lane.mustStop(now: 1) == .canary(delivered: 1, failed: 3, needed: 8, contacts: 10))
        #expect(lane.mustStop(now: 1)?.reason == .canary)
        #expect(lane.credit(now: 1) == 0)
    }

    @Test func `one that begins anew meets no more of what was reopened than it needs`() {
        let reopened = 40
        let canary = Canary(.init(contacts: 4, proceedAt: 0.75), begun: reopened)
        var lane = Lane(DeliverySettings(), canary: canary, now: 0)
        #expect(lane.freshCredit == 0)
        #expect(lane.credit(now: 0) == 4)
        lane.started(4, fresh: 0, now: 0)
        #expect(lane.credit(now: 0) == 0)
        #expect(lane.nextWake(now: 0) == nil, "only an answer can bring more")
        LaneTests.end(&lane, 1, .answered(404), from: 0, now: 1)
        #expect(lane.credit(now: 1) == 0, "what ended is not replaced")
        LaneTests.end(&lane, 3, .answered(200), from: 0, now: 2)
        #expect(lane.credit(now: 2) > 4)
        #expect(lane.freshCredit == Int.max)
    }

    @Test func `a canary goes on where an earlier process left it`() {
        let canary = Canary(.init(contacts: 10, proceedAt: 1), begun: 6, delivered: 5, failed: 0)
        #expect(canary.freshCredit == 4 && !canary.hasPassed)
        #expect(Canary(.init(contacts: 10, proceedAt: 0.5), begun: 6, delivered: 5).freshCredit == Int.max)
    }
}
