import Testing

@testable import FanfareDelivery

@Suite struct AnswerRulesTests {
    /// The rule of the design, written down the slow way.
    static func expected(_ status: UInt16, retryOn: Set<Int>?, hold: Bool, closed: Bool) -> Verdict {
        if 200...299 ~= status { return .delivered }
        let later =
            retryOn.map { $0.contains(Int(status)) } ?? (status >= 500 || [408, 409, 425, 429].contains(status))
        if !later { return .never(.status) }
        if hold, retryOn == nil, ![408, 425, 429, 503].contains(status) { return .uncertain(.status) }
        let counted = closed && status != 429 && status != 503
        return .later(counted: counted, wait: closed ? .backoff : .untilLaneSends, .status)
    }

    @Test(arguments: [nil, [500, 429], [503], [404, 502, 302], []] as [Set<Int>?], [false, true])
    func `every status means what its class says`(retryOn: Set<Int>?, hold: Bool) {
        var settings = DeliverySettings()
        settings.retryOn = retryOn
        settings.whenUncertain = hold ? .hold : .resend
        let rules = AnswerRules(settings)
        for status in UInt16(200)...999 {
            for closed in [true, false] {
                let verdict = rules.verdict(.answered(status), breakerClosed: closed)
                #expect(verdict == Self.expected(status, retryOn: retryOn, hold: hold, closed: closed), "\(status)")
            }
        }
    }

    @Test func `a probe of a delivery that failed before counts where only such are left`() {
        let rules = AnswerRules(DeliverySettings())
        func verdict(_ ending: AttemptEnding) -> Verdict {
            rules.verdict(ending, breakerClosed: false, countsProbes: true)
        }
        #expect(verdict(.answered(500)) == .later(counted: true, wait: .backoff, .status))
        #expect(verdict(.answered(502)) == .later(counted: true, wait: .backoff, .status))
        #expect(verdict(.answered(503)) == .later(counted: false, wait: .backoff, .status))
        #expect(verdict(.answered(429)) == .later(counted: false, wait: .backoff, .status))
        let hung = AttemptEnding(result: .timedOut, anythingWritten: true, wholeRequestSent: true)
        #expect(verdict(hung) == .later(counted: true, wait: .backoff, .timeout))
        let refused = AttemptEnding(result: .connectFailed)
        #expect(verdict(refused) == .later(counted: false, wait: .untilLaneSends, .connect))
    }
}
