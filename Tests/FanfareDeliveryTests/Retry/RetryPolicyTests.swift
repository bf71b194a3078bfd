import Testing

@testable import FanfareDelivery

@Suite struct RetryPolicyTests {
    static let failed = Verdict.later(counted: true, wait: .backoff, .status)
    static let policy = RetryPolicy(DeliverySettings())

    @Test func `waits grow as configured, with a fifth of jitter either way, then the delivery is dead`() {
        for (attempts, wait) in [5, 30, 120, 600].enumerated() {
            var least = Int64.max
            var most = Int64.min
            for seed in UInt64(0)..<2000 {
                let history = RetryPolicy.History(attempts: attempts, firstAt: 0)
                let decision = Self.policy.decide(Self.failed, history: history, laneTime: 1000 * second, seed: seed)
                guard case .retry(let dueAt) = decision else { Issue.record("\(decision)"); return }
                least = min(least, dueAt - 1000)
                most = max(most, dueAt - 1000)
            }
            let range = Double(wait) * 0.8...(Double(wait) * 1.2 + 1)
            #expect(range.contains(Double(least)) && range.contains(Double(most)))
            #expect(Double(most - least) >= Double(wait) * 0.35 - 1, "it spreads")
        }
        let last = RetryPolicy.History(attempts: 4, firstAt: 0)
        #expect(Self.policy.decide(Self.failed, history: last, laneTime: second, seed: 1) == .dead(.attemptsUsedUp))
        #expect(Self.policy.maxAttempts == 5)
    }

    @Test func `the same delivery always waits the same`() {
        let history = RetryPolicy.History(attempts: 2, firstAt: 0)
        let first = Self.policy.decide(Self.failed, history: history, laneTime: 7, seed: 42)
        #expect(Self.policy.decide(Self.failed, history: history, laneTime: 7, seed: 42) == first)
        let others = (0..<50).map { Self.policy.decide(Self.failed, history: history, laneTime: 7, seed: $0) }
        #expect(Set(others).count > 10)
    }

    @Test func `final verdicts stay final`() {
        let history = RetryPolicy.History(firstAt: 0)
        #expect(Self.policy.decide(.delivered, history: history, laneTime: 0, seed: 0) == .delivered)
        #expect(Self.policy.decide(.never(.policy), history: history, laneTime: 0, seed: 0) == .dead(.policy))
        #expect(Self.policy.decide(.uncertain(.lost), history: history, laneTime: 0, seed: 0) == .uncertain(.lost))
    }

    @Test func `Retry-After is waited for, and clamped so that an attempt may end by the deadline`() {
        let history = RetryPolicy.History(firstAt: 100)
        func due(_ seconds: Int32, counted: Bool, at time: UInt64) -> RetryPolicy.Decision {
            let verdict = Verdict.later(counted: counted, wait: .retryAfter(seconds), .status)
            return Self.policy.decide(verdict, history: history, laneTime: time, seed: 9)
        }
        #expect(due(77, counted: false, at: 200 * second) == .retry(dueAt: 277))
        #expect(due(77, counted: true, at: 200 * second) == .retry(dueAt: 277))
        #expect(due(90_000, counted: false, at: 200 * second) == .retry(dueAt: 3690))
        #expect(due(Int32.max, counted: true, at: 200 * second) == .retry(dueAt: 3690))
        #expect(due(5, counted: false, at: 3690 * second) == .dead(.deadline))
        guard case .retry(let early) = due(1, counted: true, at: 200 * second) else { Issue.record("dead"); return }
        #expect(early >= 204, "a counted attempt is not spent sooner than the policy says")
    }

    @Test func `uncounted attempts back off too, up to a minute, and use up nothing`() {
        let verdict = Verdict.later(counted: false, wait: .backoff, .status)
        for (uncounted, wait) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (1_000_000, 60)] as [(Int, Double)] {
            let history = RetryPolicy.History(attempts: 4, uncounted: uncounted, firstAt: 0)
            guard case .retry(let due) = Self.policy.decide(verdict, history: history, laneTime: 0, seed: 3) else {
                Issue.record("dead")
                return
            }
            #expect((0.8 * wait)...(1.2 * wait + 1) ~= Double(due))
            #expect(history.after(verdict) == .init(attempts: 4, uncounted: uncounted + 1, firstAt: 0))
        }
    }

    @Test func `a request of which nothing was sent goes again at once, but not for ever`() {
        let verdict = Verdict.later(counted: false, wait: .atOnce, .staleConnection)
        for uncounted in 0..<3 {
            let history = RetryPolicy.History(uncounted: uncounted, firstAt: 0)
            let decision = Self.policy.decide(verdict, history: history, laneTime: 5 * second + 1, seed: 3)
            #expect(decision == .retry(dueAt: 5), "due in the second that has begun")
        }
        let history = RetryPolicy.History(uncounted: 3, firstAt: 0)
        let later = Self.policy.decide(verdict, history: history, laneTime: 5 * second, seed: 3)
        #expect(
            later == .retry(dueAt: 12) || later == .retry(dueAt: 13) || later == .retry(dueAt: 14)
                || later == .retry(dueAt: 15)
        )
    }

    @Test func `while the breaker is not closed a delivery is due at once`() {
        let verdict = Verdict.later(counted: false, wait: .untilLaneSends, .connect)
        let history = RetryPolicy.History(uncounted: 500, firstAt: 0)
        #expect(Self.policy.decide(verdict, history: history, laneTime: 9 * second + 5, seed: 3) == .retry(dueAt: 9))
    }

    @Test func `a delivery past its deadline is not sent any more`() {
        #expect(!Self.policy.isPastDeadline(firstAt: 10, laneTime: 3610 * second))
        #expect(Self.policy.isPastDeadline(firstAt: 10, laneTime: 3610 * second + 1))
    }

    @Test func `without retries the first failure is the last`() {
        var settings = DeliverySettings()
        settings.retries = []
        let policy = RetryPolicy(settings)
        let history = RetryPolicy.History(firstAt: 0)
        #expect(policy.decide(Self.failed, history: history, laneTime: 0, seed: 0) == .dead(.attemptsUsedUp))
        let uncounted = Verdict.later(counted: false, wait: .backoff, .status)
        #expect(!policy.decide(uncounted, history: history, laneTime: 0, seed: 0).isFinal)
    }
}
