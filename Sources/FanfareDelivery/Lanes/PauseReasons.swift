/// Why a lane does not send, as far as others decide it.
///
/// All must go before it sends again.
public struct PauseReasons: OptionSet, Sendable, Hashable, Codable {
    /// One of them.
    public enum Member: UInt8, Sendable, Hashable, CaseIterable {
        /// The host name has no address yet.
        case resolving = 1
        /// Outcomes cannot be written.
        case storage = 2
        /// The fan-out is about to end.
        case stopping = 4
        /// The operator paused it.
        case byOperator = 8
        /// It is outside the job's window.
        case outsideWindow = 16
        /// Somebody stopped everything.
        case everythingStopped = 32

        /// As metrics name it. Never changed.
        public var name: String {
            switch self {
            case .resolving: "resolving"
            case .storage: "storage"
            case .stopping: "stopping"
            case .byOperator: "operator"
            case .outsideWindow: "window"
            case .everythingStopped: "stop_all"
            }
        }
    }

    /// The sum of the members' raw values; kept in memory only.
    public let rawValue: UInt8

    /// - Parameter rawValue: A sum of the members' raw values.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameter member: The only one.
    public init(_ member: Member) { rawValue = member.rawValue }

    /// The host name has no address yet.
    public static let resolving = PauseReasons(.resolving)
    /// Outcomes cannot be written.
    public static let storage = PauseReasons(.storage)
    /// The fan-out is about to end.
    public static let stopping = PauseReasons(.stopping)
    /// The operator paused it.
    public static let byOperator = PauseReasons(.byOperator)
    /// It is outside the job's window.
    public static let outsideWindow = PauseReasons(.outsideWindow)
    /// Somebody stopped everything.
    public static let everythingStopped = PauseReasons(.everythingStopped)
    /// What people order, and wait for.
    public static let orders: PauseReasons = [.byOperator, .everythingStopped]
}
