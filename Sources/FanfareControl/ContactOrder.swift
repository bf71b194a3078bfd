public import FanfareAudience

/// A change of a contact that one process asks the owner of a data directory for.
public struct ContactOrder: Sendable, Hashable, Codable {
    /// The audience's name or id.
    public var audience: String
    /// What is to be changed.
    public var edit: ContactEdit

    /// - Parameters: see the properties of the same names.
    public init(audience: String, edit: ContactEdit) {
        self.audience = audience
        self.edit = edit
    }
}
