import Testing

@testable import FanfareDelivery

/// Endings without a whole answer, under both settings of `when_uncertain`.
@Suite struct TransportEndingTests {
    static func verdict(_ ending: AttemptEnding, hold: Bool, closed: Bool = true, retryOn: Set<Int>? = nil) -> Verdict {
        var settings = DeliverySettings()
        settings.whenUncertain = hold ? .hold : .resend
        settings.retryOn = retryOn
        return AnswerRules(settings).verdict(ending, breakerClosed: closed)
    }

    static let reasons: [AttemptEnding.Result: Reason] = [
        .ok: .malformed, .resolveFailed: .resolve, .connectFailed: .connect, .tlsFailed: .tls, .timedOut: .timeout,
        .connectionLost: .lost, .malformedResponse: .malformed, .headersTooLong: .headersTooLong,
        .other: .transport,
        .agentLacks: .agentLacks,
    ]

    @Test(arguments: AttemptEnding.Result.allCases, [false, true])
    func `without a status it is sent again, unless it may have arrived and is held`(
        result: AttemptEnding.Result,
        hold: Bool
    ) throws {
        if result == .blockedByPolicy || result == .rejected { return }
        let reason = try #require(Self.reasons[result])
        for closed in [true, false] {
            let wait: Verdict.Wait = closed ? .backoff : .untilLaneSends
            let later = Verdict.later(
                counted: closed && result != .resolveFailed && result != .agentLacks,
                wait: wait,
                reason
            )
            let unsent = AttemptEnding(result: result)
            let partly = AttemptEnding(result: result, anythingWritten: true)
            let whole = AttemptEnding(result: result, anythingWritten: true, wholeRequestSent: true)
            #expect(Self.verdict(unsent, hold: hold, closed: closed) == later)
            #expect(Self.verdict(partly, hold: hold, closed: closed) == later, "no receiver acts on half a request")
            #expect(Self.verdict(whole, hold: hold, closed: closed) == (hold ? .uncertain(reason) : later))
        }
    }

    @Test(arguments: [false, true])
    func `what the policy blocks is never sent`(hold: Bool) {
        for closed in [true, false] {
            let ending = AttemptEnding(result: .blockedByPolicy)
            #expect(Self.verdict(ending, hold: hold, closed: closed) == .never(.policy))
            let malformed = AttemptEnding(result: .rejected)
            #expect(Self.verdict(malformed, hold: hold, closed: closed) == .never(.rejected))
        }
    }

    @Test func `a second send that was prevented`() {
        let unsent = AttemptEnding(result: .connectionLost, secondSendPrevented: true)
        let sent = AttemptEnding(result: .connectionLost, anythingWritten: true, secondSendPrevented: true)
        for hold in [false, true] {
            #expect(Self.verdict(unsent, hold: hold) == .later(counted: false, wait: .atOnce, .staleConnection))
            let open = Self.verdict(unsent, hold: hold, closed: false)
            #expect(open == .later(counted: false, wait: .untilLaneSends, .staleConnection))
        }
        #expect(Self.verdict(sent, hold: false) == .later(counted: true, wait: .backoff, .sentNoAnswer))
        #expect(Self.verdict(sent, hold: true) == .uncertain(.sentNoAnswer))
    }

    @Test func `a request that HTTP/2 refuses costs no attempt, but is open under hold`() {
        var refused = AttemptEnding(result: .other, anythingWritten: true, wholeRequestSent: true)
        refused.secondSendPrevented = true
        refused.isHTTP2 = true
        #expect(Self.verdict(refused, hold: false) == .later(counted: false, wait: .atOnce, .sentNoAnswer))
        let open = Self.verdict(refused, hold: false, closed: false)
        #expect(open == .later(counted: false, wait: .untilLaneSends, .sentNoAnswer))
        #expect(Self.verdict(refused, hold: true) == .uncertain(.sentNoAnswer))
        refused.anythingWritten = false
        #expect(Self.verdict(refused, hold: true) == .later(counted: false, wait: .atOnce, .staleConnection))
    }

    @Test(arguments: [AttemptEnding.Result.timedOut, .connectionLost, .malformedResponse, .other], [false, true])
    func `a whole 2xx header block is delivered whatever becomes of the body`(result: AttemptEnding.Result, hold: Bool)
    {
        var ending = AttemptEnding.answered(202)
        ending.result = result
        #expect(Self.verdict(ending, hold: hold) == .delivered)
        #expect(Self.verdict(ending, hold: hold, closed: false) == .delivered)
    }

    @Test func `a status line decides, but a 2xx that breaks off in its headers only under hold`() {
        var ending = AttemptEnding.answered(200)
        ending.result = .connectionLost
        ending.successHeaderBlock = false
        #expect(Self.verdict(ending, hold: false) == .later(counted: true, wait: .backoff, .lost))
        #expect(Self.verdict(ending, hold: true) == .delivered)
        ending.status = 404
        #expect(Self.verdict(ending, hold: false) == .never(.status))
        #expect(Self.verdict(ending, hold: true) == .never(.status))
        ending.status = 503
        #expect(Self.verdict(ending, hold: true) == .later(counted: false, wait: .backoff, .status))
    }

    @Test func `an error that came before the whole request was sent may be sent again under hold`() {
        var ending = AttemptEnding.answered(500)
        #expect(Self.verdict(ending, hold: true) == .uncertain(.status))
        ending.wholeRequestSent = false
        #expect(Self.verdict(ending, hold: true) == .later(counted: true, wait: .backoff, .status))
    }

    @Test func `retry_on decides under hold what is sent again, and leaves the rest never`() {
        #expect(
            Self.verdict(.answered(500), hold: true, retryOn: [500]) == .later(counted: true, wait: .backoff, .status)
        )
        #expect(Self.verdict(.answered(502), hold: true, retryOn: [500]) == .never(.status))
        let lost = AttemptEnding(result: .connectionLost, anythingWritten: true, wholeRequestSent: true)
        #expect(Self.verdict(lost, hold: true, retryOn: [500]) == .uncertain(.lost), "it is a list of statuses")
    }

    @Test func `Retry-After goes with what is sent again`() {
        let asked = AttemptEnding.answered(429, retryAfter: 7)
        #expect(Self.verdict(asked, hold: false) == .later(counted: false, wait: .retryAfter(7), .status))
        #expect(Self.verdict(asked, hold: true, closed: false) == .later(counted: false, wait: .retryAfter(7), .status))
        let failed = AttemptEnding.answered(500, retryAfter: 0)
        #expect(Self.verdict(failed, hold: false) == .later(counted: true, wait: .retryAfter(0), .status))
        #expect(Self.verdict(.answered(404, retryAfter: 9), hold: false) == .never(.status))
    }

    @Test func `what an ending says about the receiver`() {
        func sign(_ ending: AttemptEnding, hold: Bool = false) -> ReceiverSign {
            ReceiverSign(ending, Self.verdict(ending, hold: hold))
        }
        func check(_ sign: ReceiverSign, _ load: ReceiverSign.Load, _ health: ReceiverSign.Health) {
            #expect(sign.load == load && sign.health == health)
        }
        check(sign(.answered(204)), .good, .up)
        check(sign(.answered(301)), .good, .up)
        check(sign(.answered(404)), .good, .up)
        check(sign(.answered(408)), .none, .up)
        check(sign(.answered(409)), .none, .up)
        check(sign(.answered(409), hold: true), .none, .down)
        check(sign(.answered(429)), .slowDown, .up)
        check(sign(.answered(500)), .none, .down)
        check(sign(.answered(500), hold: true), .none, .down)
        check(sign(.answered(503)), .slowDown, .down)
        check(sign(.answered(504)), .overload, .down)
        for result in [AttemptEnding.Result.timedOut, .connectFailed, .connectionLost] {
            check(sign(AttemptEnding(result: result)), .overload, .down)
            check(sign(AttemptEnding(result: result, wholeRequestSent: true), hold: true), .overload, .down)
        }
        check(sign(AttemptEnding(result: .resolveFailed)), .none, .down)
        check(sign(AttemptEnding(result: .tlsFailed)), .none, .down)
        check(sign(AttemptEnding(result: .blockedByPolicy)), .none, .none)
        let stale = AttemptEnding(result: .connectionLost, secondSendPrevented: true)
        check(sign(stale), .none, .none)
        let sent = AttemptEnding(result: .connectionLost, anythingWritten: true, secondSendPrevented: true)
        check(sign(sent), .none, .none)
        check(sign(sent, hold: true), .none, .down)
    }

    @Test func `what a proxy refuses for good is never sent again, what it cannot do now is`() {
        let rules = AnswerRules(DeliverySettings())
        func verdict(_ status: UInt16) -> Verdict {
            var ending = AttemptEnding(result: .connectionLost, status: status)
            ending.detail = .proxyRefused
            return rules.verdict(ending, breakerClosed: true, countsProbes: false)
        }
        for status: UInt16 in [403, 404, 407] { #expect(verdict(status) == .never(.proxyRefused)) }
        for status: UInt16 in [408, 429, 500, 502, 503, 504] {
            #expect(verdict(status) == .later(counted: true, wait: .backoff, .proxyRefused))
        }
        #expect(Reason.proxyRefused.text(status: 407) == "the proxy refused: status 407")
    }

    @Test func `reasons keep their stored numbers and have a text each`() {
        let stored: [(Reason, UInt8)] = [
            (.status, 1), (.timeout, 2), (.connect, 3), (.tls, 4), (.resolve, 5), (.lost, 6), (.malformed, 7),
            (.policy, 8), (.sentNoAnswer, 9), (.staleConnection, 10), (.transport, 11), (.interrupted, 12),
            (.agentLacks, 13), (.rejected, 14),
            (.answerCutShort, 15), (.restored, 16), (.suppressed, 70), (.heldOut, 71), (.localTimePast, 72),
            (.certificateExpired, 20), (.certificateName, 21), (.certificateSelfSigned, 22),
            (.certificateChain, 23), (.tlsVersion, 24), (.noTLS, 25), (.clientCertificate, 26), (.proxyRefused, 27),
            (.proxyUnreachable, 28), (.http2, 29), (.headersTooLong, 30),
            (.attemptsUsedUp, 32), (.deadline, 33), (.unsubscribed, 64), (.erased, 65), (.removed, 66),
            (.missingField, 67), (.invalidHeader, 68), (.invalidURL, 69), (.stopAfter, 96), (.cancelled, 97),
            (.canary, 98), (.firstAnswers, 99), (.endpointDisabled, 100),
        ]
        #expect(stored.allSatisfy { $0.rawValue == $1 })
        #expect(stored.count == Reason.allCases.count)
        #expect(Set(Reason.allCases.map(\.text)).count == Reason.allCases.count)
        #expect(Reason.status.text(status: 500) == "status 500")
        #expect(Reason.attemptsUsedUp.text(status: 502) == "all attempts failed (last status 502)")
        #expect(Reason.timeout.text(status: 0) == Reason.timeout.text)
    }
}
