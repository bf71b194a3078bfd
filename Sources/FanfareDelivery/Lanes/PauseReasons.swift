/// Why a lane does not send, as far as others decide it.
///
/// All must go before it sends again.
public struct PauseReasons: OptionSet, Sendable, Hashable {
    /// The sum of the members' raw values; kept in memory only.
    public let rawValue: UInt8

    /// - Parameter rawValue: A sum of the members' raw values.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The host name has no address yet.
    public static let resolving = PauseReasons(rawValue: 1)
    /// Outcomes cannot be written.
    public static let storage = PauseReasons(rawValue: 2)
    /// The fan-out is about to end.
    public static let stopping = PauseReasons(rawValue: 4)
    /// The operator paused it.
    public static let byOperator = PauseReasons(rawValue: 8)
}
