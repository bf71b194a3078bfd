/// A hosted page of one contact's own, to which a signed link leads.
///
/// The raw value is signed and never changes its meaning.
public enum ContactPage: UInt8, Sendable, Hashable, CaseIterable {
    /// Leaves the audience: `*|UNSUB|*`.
    case unsubscribe = 1
    /// Shows what the audience knows of the contact, and changes it: `*|UPDATE_PROFILE|*`.
    case preferences = 2

    /// The first part of its path.
    public var path: String {
        switch self {
        case .unsubscribe: "unsubscribe"
        case .preferences: "preferences"
        }
    }
}
