/// What came back of one attempt, whatever carried it.
///
/// Facts only; `AnswerRules` says what they mean.
public struct AttemptEnding: Sendable, Hashable {
    /// How the exchange ended for the transport.
    public enum Result: Sendable, Hashable, CaseIterable {
        /// The exchange was completed.
        case ok
        /// The host name has no address that could be found.
        case resolveFailed
        /// No connection was made.
        case connectFailed
        /// The connection was made, but not secured or not verified.
        case tlsFailed
        /// The attempt's time-out passed.
        case timedOut
        /// The connection closed or broke before the exchange was complete.
        case connectionLost
        /// Every address was refused by the egress policy.
        case blockedByPolicy
        /// What came back was no HTTP.
        case malformedResponse
        /// The header of what came back was longer than what is read of an answer.
        case headersTooLong
        /// Anything else.
        case other
        /// The agent lacks something: descriptors, memory, an address. Not the receiver's fault.
        case agentLacks
        /// The transport refused the request as malformed: it was never sent.
        case rejected
    }

    /// How the exchange ended for the transport.
    public var result: Result
    /// The status of the final (not 1xx) status line, 0: none.
    public var status: UInt16
    /// A final status line arrived.
    public var finalStatusLine: Bool
    /// A 2xx header block arrived in full.
    public var successHeaderBlock: Bool
    /// At least one byte of the request was handed to the connection.
    public var anythingWritten: Bool
    /// Every byte of the request was handed to the connection.
    public var wholeRequestSent: Bool
    /// The transport was about to send the request a second time by itself, and was kept from it.
    public var secondSendPrevented: Bool
    /// It went over HTTP/2, whose receivers may refuse single requests without having looked at them.
    public var isHTTP2 = false
    /// Seconds of the answer's `Retry-After`, −1: none.
    public var retryAfter: Int32
    /// Why the connection could not be secured, the proxy refused, or was not reached: what a reason can say more
    /// exactly than the result.
    public var detail: Reason?
    /// Where a 3xx says that the receiver is now; it is never followed.
    public var location: String?

    /// - Parameters: see the properties of the same names.
    public init(
        result: Result,
        status: UInt16 = 0,
        finalStatusLine: Bool = false,
        successHeaderBlock: Bool = false,
        anythingWritten: Bool = false,
        wholeRequestSent: Bool = false,
        secondSendPrevented: Bool = false,
        retryAfter: Int32 = -1,
        location: String? = nil
    ) {
        self.result = result
        self.status = status
        self.finalStatusLine = finalStatusLine
        self.successHeaderBlock = successHeaderBlock
        self.anythingWritten = anythingWritten
        self.wholeRequestSent = wholeRequestSent
        self.secondSendPrevented = secondSendPrevented
        self.retryAfter = retryAfter
        self.location = location
    }

    /// A whole exchange that ended with a status.
    public static func answered(_ status: UInt16, retryAfter: Int32 = -1) -> AttemptEnding {
        AttemptEnding(
            result: .ok,
            status: status,
            finalStatusLine: true,
            successHeaderBlock: 200...299 ~= status,
            anythingWritten: true,
            wholeRequestSent: true,
            retryAfter: retryAfter
        )
    }
}
