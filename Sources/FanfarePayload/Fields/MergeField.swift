/// One named value that every contact of an audience has; a template inserts it by its merge tag `*|TAG|*`.
///
/// Names and types are Mailchimp's (Marketing API 3.0, `/lists/{id}/merge-fields`).
public struct MergeField: Sendable, Hashable, Codable {
    /// What a field's values are and how they are compared, rendered and checked.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case text, number, address, phone, date, url, imageurl, radio, dropdown, birthday, zip
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
