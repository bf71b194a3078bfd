/// A series of planned contacts with an audience, and what it is for.
public struct Campaign: Sendable, Hashable {
    /// Most there are in an installation.
    public static let most = 10_000
    /// Of a name, in characters.
    public static let nameLength = 1...100
    /// Of an objective, in characters.
    public static let objectiveLength = 0...2000

    /// Ten hexadecimal digits.
    public let id: String
    /// Needs not be unique.
    public var name: String
    /// What it is to achieve, in the team's words; may be empty.
    public var objective: String
    /// The id of the audience that its webhooks go to, or to a part of it.
    public var audience: String
    /// Who made it: `key 5a3f0c1b2e` or `operator anna`.
    public let author: String
    /// Unix seconds.
    public let created: Int64
    /// Unix seconds of its last change.
    public var updated: Int64

    /// - Parameters: see the properties of the same names.
    public init(id: String, name: String, objective: String, audience: String, author: String, created: Int64) {
        (self.id, self.name, self.objective, self.audience) = (id, name, objective, audience)
        (self.author, self.created, updated) = (author, created, created)
    }
}
