/// How long what has ended is to be kept, as one process asks the owner of a data directory to remember it.
public struct RetentionOrder: Sendable, Hashable, Codable {
    /// Seconds, by what they are for.
    public var seconds: [String: Int64]
    /// What is kept for ever.
    public var forever: [String]

    /// - Parameters: see the properties of the same names.
    public init(seconds: [String: Int64], forever: [String]) {
        self.seconds = seconds
        self.forever = forever
    }
}
