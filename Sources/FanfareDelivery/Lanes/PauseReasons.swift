/// Why a lane does not send, as far as others decide it.
///
/// All must go before it sends again.
public struct PauseReasons: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    /// - Parameter rawValue: A sum of the members' raw values.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The operator paused it.
    public static let byOperator = PauseReasons(rawValue: 1)
    /// It is outside the hours in which it may send.
    public static let window = PauseReasons(rawValue: 2)
    /// The host name has no address yet.
    public static let resolving = PauseReasons(rawValue: 4)
    /// Outcomes cannot be written.
    public static let storage = PauseReasons(rawValue: 8)
    /// The process is about to end.
    public static let stopping = PauseReasons(rawValue: 16)
    /// The fan-out must stop (``Lane/mustStop``).
    public static let stopped = PauseReasons(rawValue: 32)
}
