/// Why a fan-out must end before everything was sent.
public enum StopReason: Sendable, Hashable {
    /// The first answers were all *never*: how many, and the reason and status of the first.
    case firstAnswers(count: Int, reason: Reason, status: UInt16)
    /// Of so many canary contacts too few were, or can still be, delivered.
    case canary(delivered: Int, failed: Int, needed: Int, contacts: Int)
    /// `stop_after` of lane time has passed.
    case stopAfter

    /// What cancelled deliveries are marked with.
    public var reason: Reason {
        switch self {
        case .firstAnswers: .firstAnswers
        case .canary: .canary
        case .stopAfter: .stopAfter
        }
    }
}
