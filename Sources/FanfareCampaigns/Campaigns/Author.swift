/// Who does something with a campaign.
public struct Author: Sendable, Hashable {
    /// As it is noted: `key 5a3f0c1b2e` or `operator anna`.
    public let name: String
    /// Whether a webhook of theirs may name files and variables of the machine: their contents go where they say.
    public let mayNameFiles: Bool

    /// - Parameters: see the properties of the same names.
    public init(_ name: String, mayNameFiles: Bool) { (self.name, self.mayNameFiles) = (name, mayNameFiles) }
}
