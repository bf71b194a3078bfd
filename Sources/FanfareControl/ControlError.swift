/// Why the owner of a data directory could not be reached, or be listened for.
public struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is; new kinds may be added.
    public enum Code: String, Sendable, Hashable {
        /// Nobody listens there.
        case nobody
        /// No answer in time: whether the order was taken is not known.
        case noAnswer
        /// The answer makes no sense to this version.
        case malformed
        /// There is no place for the socket that only this user can reach.
        case place
        /// The system refused.
        case system
    }

    /// The kind.
    public let code: Code
    /// One sentence for a person.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
