/// What an attempt's ending says about the receiver, as distinct from what it means for the delivery.
///
/// | Ending | Load | Health |
/// | --- | --- | --- |
/// | delivered, 3xx, 4xx but those below | good | up |
/// | 408, 409, 425 | none | up |
/// | 429 | slow down | up |
/// | 503 | slow down | down: a wall of them is an outage |
/// | 504, time-out, no connection, connection lost, the agent lacks something | overload | down |
/// | 502, TLS, name not found, an answer that is no HTTP, another failure | none | down |
/// | other 5xx, to a delivery that failed before | none | failing |
/// | other 5xx | none | down |
/// | uncertain | as the ending says | down |
/// | blocked by policy, a malformed request, kept connection closed (not uncertain) | none | none |
struct ReceiverSign: Sendable, Hashable {
    /// What it says about the number in flight.
    enum Load: Sendable, Hashable {
        case none, good
        /// The receiver asks for less.
        case slowDown
        /// The receiver, or the way to it, could not cope.
        case overload
    }

    /// What it says about the receiver being there at all.
    enum Health: Sendable, Hashable {
        case none, up, down
        /// An error to a delivery that had failed before: as likely the message's fault as the receiver's.
        case failing
    }

    var load: Load
    var health: Health

    init(_ ending: AttemptEnding, _ verdict: Verdict, failedBefore: Bool = false) {
        load = .none
        health = .none
        switch verdict {
        case .delivered:
            load = .good
            health = .up
            return
        case .later(_, _, .staleConnection), .later(_, _, .sentNoAnswer), .never(.policy), .never(.rejected):
            return
        case .later(_, _, .status), .never, .uncertain(.status):
            (load, health) = Self.of(status: ending.status, failedBefore: failedBefore)
        case .later, .uncertain:
            (load, health) = Self.of(ending.result, secondSend: ending.secondSendPrevented)
        }
        if case .uncertain = verdict { health = .down }
    }

    private static func of(status: UInt16, failedBefore: Bool) -> (Load, Health) {
        switch status {
        case 429: (.slowDown, .up)
        case 503: (.slowDown, .down)
        case 502: (.none, .down)
        case 504: (.overload, .down)
        case 408, 409, 425: (.none, .up)
        case 500...: (.none, failedBefore ? .failing : .down)
        default: (.good, .up)
        }
    }

    private static func of(_ result: AttemptEnding.Result, secondSend: Bool) -> (Load, Health) {
        if secondSend { return (.none, .down) }
        switch result {
        case .timedOut, .connectFailed, .connectionLost, .agentLacks: return (.overload, .down)
        case .ok, .resolveFailed, .tlsFailed, .blockedByPolicy, .malformedResponse, .headersTooLong, .other,
            .rejected:
            return (.none, .down)
        }
    }
}
