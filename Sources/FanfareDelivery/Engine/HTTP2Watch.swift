import FanfareTransport

/// Tells from what ends that HTTP/2 does not do with a receiver.
///
/// Streams that it resets, broken rules, frames without end and a stream that hangs until its time-out say so at once.
/// That a request is refused, or its connection closed, says nothing by itself: a healthy receiver does that to what is
/// under way when it has had enough of a connection, and answers over the next. It is a sign when requests that began
/// after the last such loss are lost as well, and again, with no answer in between: one such turn may be two
/// connections that end at nearly the same time.
struct HTTP2Watch {
    /// Turns of losses, each begun after the one before, until HTTP/2 is given up.
    static let patience = 3

    private var turns = 0
    /// When the last turn's first loss came, monotonic nanoseconds.
    private var turnBegan: UInt64 = 0

    /// Takes note of one ending.
    ///
    /// - Parameter startedAt: When its request was begun, monotonic nanoseconds.
    /// - Returns: Why HTTP/2 is to be given up; nil: it is not.
    mutating func ended(_ completion: TransferCompletion, startedAt: UInt64, now: UInt64) -> HTTP2Loss? {
        if completion.failedByHTTP2 { return completion.curlCode == 28 ? .stalled : .broken }
        if completion.flags.contains(.statusArrived) {
            turns = 0
            return completion.httpVersion == 1 ? .notOffered : nil
        }
        guard completion.wasLostOverHTTP2, turns == 0 || startedAt >= turnBegan else { return nil }
        turns += 1
        turnBegan = now
        return turns >= Self.patience ? .refused : nil
    }
}

extension TransferCompletion {
    /// Whether the receiver, spoken HTTP/2 with, broke its rules, sent without end or let a stream hang until the
    /// time-out.
    fileprivate var failedByHTTP2: Bool {
        guard httpVersion == 2, !flags.contains(.cancelled) else { return false }
        let isBroken = (curlCode == 16 || curlCode == 92) && !flags.contains(.statusArrived)
        return isBroken || flags.contains(.connectionCut) || curlCode == 28
    }

    /// Whether a request over HTTP/2 was refused, or its connection closed, without an answer. What TLS failed by would
    /// fail over HTTP/1.1 as well.
    fileprivate var wasLostOverHTTP2: Bool {
        httpVersion == 2 && flags.isDisjoint(with: [.cancelled, .localFailure]) && tlsProblem == .none
    }
}
