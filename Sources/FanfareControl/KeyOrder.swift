/// A key of the HTTP interface that one process asks the daemon of a data directory to make, or to end the use of.
public struct KeyOrder: Sendable, Hashable, Codable {
    /// What stands behind its dash; only to make one.
    public var name: String?
    /// What it allows, as it is stored; only to make one.
    public var scope: String?
    /// The key's id; only to end its use.
    public var id: String?

    /// One to be made.
    ///
    /// - Parameters: see the properties of the same names.
    public init(name: String, scope: String) { (self.name, self.scope) = (name, scope) }

    /// One whose use is to be ended.
    ///
    /// - Parameter id: The key's id.
    public init(revoking id: String) { self.id = id }
}
