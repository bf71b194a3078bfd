/// One named value that every contact of an audience has; a template inserts it by its merge tag `*|TAG|*`.
///
/// Names and types are Mailchimp's (Marketing API 3.0, `/lists/{id}/merge-fields`).
public struct MergeField: Sendable, Hashable, Codable {
    /// What a field's values are and how they are compared, rendered and checked.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Any text.
        case text
        /// A number, compared as one; in JSON it is one.
        case number
        /// A postal address: a JSON object of `addr1`, `addr2`, `city`, `state`, `zip` and `country`, or one text.
        case address
        /// A telephone number, as text.
        case phone
        /// A day, stored as `YYYY-MM-DD`.
        case date
        /// An address of the web, as text.
        case url
        /// The address of an image, as text.
        case imageurl
        /// One of the choices.
        case radio
        /// One of the choices.
        case dropdown
        /// A day of the year, stored as `MM/DD`.
        case birthday
        /// A postal code, as text.
        case zip
    }

    /// Upper-case letters, digits and underscore, for example `FNAME`.
    public var tag: String
    /// The title a person reads, for example `First Name`.
    public var name: String
    /// The type of its values.
    public var kind: Kind
    /// What a template inserts for a contact without a value.
    ///
    /// Empty: nothing.
    public var defaultValue: String
    /// For `date` and `birthday`: how templates show it, `MM/DD/YYYY`, `DD/MM/YYYY`, `MM/DD` or `DD/MM`.
    ///
    /// Empty: as stored.
    public var dateFormat: String
    /// For `radio` and `dropdown`: the values accepted.
    ///
    /// Empty: any.
    public var choices: [String]

    /// - Parameters: see the properties of the same names.
    public init(
        tag: String,
        name: String? = nil,
        kind: Kind = .text,
        defaultValue: String = "",
        dateFormat: String = "",
        choices: [String] = []
    ) {
        self.tag = tag
        self.name = name ?? tag
        self.kind = kind
        self.defaultValue = defaultValue
        self.dateFormat = dateFormat
        self.choices = choices
    }
}
