/// A change of the suppression list that one process asks the owner of a data directory for.
public struct SuppressionOrder: Sendable, Hashable, Codable {
    /// Addresses that go on it.
    public var added: [String]
    /// Addresses that go off it.
    public var removed: [String]

    /// - Parameters: see the properties of the same names.
    public init(added: [String] = [], removed: [String] = []) {
        self.added = added
        self.removed = removed
    }
}
