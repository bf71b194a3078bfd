/// What a template reads of a contact: one slot of a ``ContactRow``.
///
/// The audience selects these columns as text. A missing value is SQL's NULL or an empty string.
public enum ContactColumn: Sendable, Hashable {
    /// `*|EMAIL|*`: the address.
    case email
    /// `*|EMAIL_UID|*`: the lower-case hexadecimal MD5 of the lower-case address, Mailchimp's member `id`.
    case emailID
    /// `*|UNIQID|*`: the contact's random id.
    case uniqueID
    /// The contact's key, a number of its audience's: in links to hosted pages.
    case key
    /// `*|MC_LANGUAGE|*`: the language code.
    case language
    /// The merge field of that tag, as stored: dates `YYYY-MM-DD`, birthdays `MM/DD`, addresses as a JSON object.
    case field(String)
    /// `1` when the contact is in any of the groups of the category, otherwise `0`.
    case interested(category: String, groups: [String])
}
