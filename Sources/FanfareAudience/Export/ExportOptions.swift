/// What of an audience is exported, and how.
public struct ExportOptions: Sendable {
    /// How contacts are written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// Mailchimp's contact export: fields by name, groups by category, its system columns, `TAGS`; and `STATUS`,
        /// `LANGUAGE`, `VIP` and `SOURCE`, which it does not have.
        case csv
        /// One object a line, as the members of Mailchimp's API; what these do not name is called as in the CSV.
        case jsonl
    }

    /// How contacts are written.
    public var format: Format
    /// Which part of the audience.
    public var part: RecipientSelection.Part
    /// Only contacts with one of these statuses.
    public var statuses: Set<ContactStatus>
    /// The merge fields that are written, by their tags.
    ///
    /// Nil: all.
    public var fields: [String]?

    /// Everything, unless said otherwise.
    ///
    /// - Parameters: see the properties of the same names.
    public init(
        format: Format = .csv,
        part: RecipientSelection.Part = .everyone,
        statuses: Set<ContactStatus> = Set(ContactStatus.allCases),
        fields: [String]? = nil
    ) {
        self.format = format
        self.part = part
        self.statuses = statuses
        self.fields = fields
    }
}
