/// Why a backup cannot be made or restored.
public struct BackupError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can act on; new kinds may be added.
    public enum Code: String, Sendable, Hashable {
        /// What was asked for cannot be: the folder is taken, another backup is under way, a key is missing.
        case refused
        /// What is to be restored is no whole backup, or not as it was written.
        case damaged
        /// It was begun and has not come to its end.
        case failed
    }

    /// What a caller can act on.
    public let code: Code
    /// One sentence for a person; it names the file.
    public let message: String

    /// - Parameters: see the properties of the same names.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
