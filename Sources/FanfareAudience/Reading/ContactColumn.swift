/// What a template reads of a contact.
public enum ContactColumn: Sendable, Hashable {
    case email
    case uniqueID
    case status
    case language
    /// The value of the merge field with this tag.
    case field(tag: String)
    /// `1` when the contact is in one of these groups of the category, else `0`.
    case interested(category: String, groups: [String])
}
