/// What an attempt's ending means: a pure function of the ending, the endpoint's settings and the breaker.
///
/// | Class | Statuses | Otherwise |
/// | --- | --- | --- |
/// | done | 2xx with its whole header block | |
/// | never | 3xx, 4xx but those below; what `retry_on` leaves out | blocked by policy, a malformed request |
/// | later | 408, 409, 425, 429, 5xx; `retry_on` instead when it is given | every other failure |
///
/// A later is not counted as an attempt when it is news about the receiver rather than the message: 429, 503, a name
/// that was not found, a kept connection that had closed before anything was written, what the agent itself lacked, a
/// request over HTTP/2 that was refused or whose connection closed, and anything while the breaker is not closed. (A
/// receiver that has had enough of a connection refuses what else is on its way over it, healthy as it is, and libcurl
/// tells that from a connection that died no more than by wanting to send again.) The exception: where nobody is left to probe with but deliveries that have
/// failed before, a probe that the receiver took whole and failed again is counted, or a few contacts that it can never
/// take would keep a fan-out probing for ever.
///
/// Under `hold` a final status line decides. Where the whole request was sent, only 408, 425, 429 and 503 are sent
/// again (others by `retry_on`); every other later is uncertain.
public struct AnswerRules: Sendable, Hashable {
    /// Sent again by default: 408, 409, 425, 429 and everything from 500.
    static let retriedByDefault = StatusSet([408, 409, 425, 429] + Array(500..<1024))
    /// Sent again under `hold` although the receiver had the whole request: these say that it did not act on it.
    static let retriedWhenHeld = StatusSet([408, 425, 429, 503])

    private let retried: StatusSet
    /// Of `retried`, what is sent again although the receiver had the whole request.
    private let retriedAfterSending: StatusSet
    private let holds: Bool

    /// - Parameter settings: `retryOn` and `whenUncertain` are used.
    public init(_ settings: DeliverySettings) {
        let own = settings.retryOn.map { StatusSet($0) }
        retried = own ?? Self.retriedByDefault
        holds = settings.whenUncertain == .hold
        retriedAfterSending = own ?? (holds ? Self.retriedWhenHeld : Self.retriedByDefault)
    }

    /// What the ending means.
    ///
    /// - Parameters:
    ///   - ending: What came back.
    ///   - breakerClosed: ``Lane/breakerIsClosed`` before the ending is told to the lane.
    ///   - countsProbes: The delivery has failed before, as has every other that could be sent in its place.
    public func verdict(_ ending: AttemptEnding, breakerClosed: Bool, countsProbes: Bool = false) -> Verdict {
        if ending.successHeaderBlock { return .delivered }
        if ending.result == .blockedByPolicy { return .never(.policy) }
        if ending.result == .rejected { return .never(.rejected) }
        let counts = breakerClosed || countsProbes && ending.wholeRequestSent
        if ending.finalStatusLine, ending.status >= 300 || (holds && 200...299 ~= ending.status) {
            return answered(ending, counts: counts)
        }
        return unanswered(ending, breakerClosed: breakerClosed, counts: counts)
    }

    private func answered(_ ending: AttemptEnding, counts: Bool) -> Verdict {
        let status = ending.status
        if status < 300 { return .delivered }
        if !retried.contains(status) { return .never(.status) }
        if holds, ending.wholeRequestSent, !retriedAfterSending.contains(status) { return .uncertain(.status) }
        let counted = counts && status != 429 && status != 503
        if ending.retryAfter >= 0 { return .later(counted: counted, wait: .retryAfter(ending.retryAfter), .status) }
        return .later(counted: counted, wait: counts ? .backoff : .untilLaneSends, .status)
    }

    /// No final status line, or under `resend` one of 2xx whose header block broke off.
    private func unanswered(_ ending: AttemptEnding, breakerClosed: Bool, counts: Bool) -> Verdict {
        if ending.secondSendPrevented, !ending.anythingWritten || ending.isHTTP2 && !holds {
            let reason: Reason = ending.anythingWritten ? .sentNoAnswer : .staleConnection
            return .later(counted: false, wait: breakerClosed ? .atOnce : .untilLaneSends, reason)
        }
        let reason = ending.secondSendPrevented ? .sentNoAnswer : ending.detail ?? Self.reason(of: ending.result)
        if reason == .proxyRefused, Self.isFinalRefusal(ending.status) { return .never(reason) }
        if holds, ending.wholeRequestSent || ending.secondSendPrevented { return .uncertain(reason) }
        let counted = counts && ending.result != .resolveFailed && ending.result != .agentLacks
        return .later(counted: counted, wait: counts ? .backoff : .untilLaneSends, reason)
    }

    /// What a proxy will say tomorrow too: it wants a password, or does not let the receiver be reached.
    private static func isFinalRefusal(_ status: UInt16) -> Bool {
        400...499 ~= status && status != 408 && status != 429
    }

    private static func reason(of result: AttemptEnding.Result) -> Reason {
        switch result {
        case .resolveFailed: .resolve
        case .connectFailed: .connect
        case .tlsFailed: .tls
        case .timedOut: .timeout
        case .connectionLost: .lost
        case .blockedByPolicy: .policy
        case .ok, .malformedResponse: .malformed
        case .headersTooLong: .headersTooLong
        case .other: .transport
        case .agentLacks: .agentLacks
        case .rejected: .rejected
        }
    }
}
