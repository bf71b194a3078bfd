/// Why a fan-out must end before everything was sent.
public enum StopReason: Sendable, Hashable, Codable {
    /// The first answers were all *never*: how many, and the reason and status of the first, and where it pointed to.
    case firstAnswers(count: Int, reason: Reason, status: UInt16, location: String? = nil)
    /// Of so many canary contacts too few were, or can still be, delivered.
    case canary(delivered: Int, failed: Int, needed: Int, contacts: Int)
    /// `stop_after` of lane time has passed.
    case stopAfter
    /// The operator cancelled it.
    case cancelled
    /// Its time came while nobody was there to start it, or something held it, and is past by more than it may be late.
    case missed(start: String, late: String)

    /// Whether what is left is cancelled for good; otherwise the fan-out can go on once its cause is mended.
    public var isFinal: Bool {
        switch self {
        case .stopAfter, .cancelled, .missed: true
        case .firstAnswers, .canary: false
        }
    }

    /// What cancelled deliveries are marked with.
    public var reason: Reason {
        switch self {
        case .firstAnswers: .firstAnswers
        case .canary: .canary
        case .stopAfter: .stopAfter
        case .cancelled, .missed: .cancelled
        }
    }

    /// One line for people: what was seen.
    public var text: String {
        if case .firstAnswers(_, _, _, let location?) = self {
            return loggedText + "; the receiver has moved to \(location)"
        }
        return loggedText
    }

    /// The same for logs, metrics and notifications, without the receiver's own words: a redirect may repeat what a
    /// URL says of a contact.
    public var loggedText: String {
        switch self {
        case .firstAnswers(let count, let reason, let status, _):
            "the first \(count) answers were all refusals (\(reason.text(status: status)))"
        case .canary(let delivered, let failed, let needed, let contacts):
            "of \(contacts) canary contacts \(delivered) were delivered and \(failed) failed; \(needed) were needed"
        case .stopAfter: "stop_after passed"
        case .cancelled: "cancelled by the operator"
        case .missed(let start, let late):
            "its start at \(start) was missed: it could not begin until \(late) later"
        }
    }
}
