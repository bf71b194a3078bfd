public import FanfarePayload

/// What one column of a contact file is, where its header does not say it.
public struct ColumnSpec: Sendable, Hashable, Codable {
    /// What the cells are.
    public enum Role: String, Sendable, Hashable, Codable {
        /// A value of the merge field with the tag; `EMAIL`, `TAGS`, `STATUS` and Mailchimp's system columns
        /// (`MEMBER_RATING`, …) by their names are what they are there.
        case field
        /// Names of groups, comma-separated; the header is the category's title.
        case group
        /// Not read.
        case ignored
    }

    /// What the cells are.
    public var role: Role
    /// The tag of the merge field, or the name of a known column.
    public var tag: String
    /// The type of a merge field.
    ///
    /// Nil: that of the field there is, else text.
    public var kind: MergeField.Kind?
    /// For `date` and `birthday` fields: `DD/MM/YYYY` or `DD/MM` when the day comes first.
    ///
    /// Empty: the month does.
    public var dateFormat: String

    /// - Parameters: see the properties of the same names.
    public init(tag: String, kind: MergeField.Kind? = nil, dateFormat: String = "") {
        role = .field
        self.tag = tag
        self.kind = kind
        self.dateFormat = dateFormat
    }

    private init(role: Role) {
        self.role = role
        tag = ""
        kind = nil
        dateFormat = ""
    }

    /// Group names of the category that the header names.
    ///
    /// A Mailchimp export cannot be told apart otherwise: its group columns look like fields.
    public static let group = ColumnSpec(role: .group)
    /// A column that is not read.
    public static let ignored = ColumnSpec(role: .ignored)
}

/// How a contact file is read.
public struct ImportOptions: Sendable {
    /// By header (or key of a JSON object), exactly as written in the file; only where the defaults do not fit.
    public var columns: [String: ColumnSpec]
    /// Rows that may be rejected before the import gives up.
    ///
    /// Nil: any number.
    public var maxRejects: Int?
    /// Where rejected rows are written, as CSV (`file,line,reason,row`); replaced when there.
    ///
    /// Nil: nowhere.
    public var rejectsPath: String?
    /// What messages and the rejects file call the contact file.
    ///
    /// Nil: by its path.
    public var fileName: String?
    /// Lets rows turn unsubscribed and cleaned contacts into subscribed ones.
    public var resubscribe: Bool
    /// Whether addresses that are not in the audience become contacts; else their rows are counted and left.
    public var addsContacts = true
    /// Whether the change log is told of what the import changes, as it is of edits of single contacts.
    public var notesChanges = false
    /// The one address whose rows are taken; the others are counted as not added, and cost little more than reading.
    ///
    /// Nil: all.
    public var onlyAddress: String?
    /// Whether the audience is to be found by address and tag afterwards; else its indexes are left out.
    public var buildsIndexes = true
    /// The status of new contacts of a file that names none.
    public var statusOfNew: ContactStatus
    /// Unix time in seconds that counts as now.
    public var now: Int64
    /// Addresses whose rows are counted and left; nil: none.
    var suppressed: SuppressedAddresses?

    /// - Parameters: see the properties of the same names.
    public init(
        columns: [String: ColumnSpec] = [:],
        maxRejects: Int? = nil,
        rejectsPath: String? = nil,
        resubscribe: Bool = false,
        statusOfNew: ContactStatus = .subscribed,
        now: Int64 = currentUnixTime()
    ) {
        self.columns = columns
        self.maxRejects = maxRejects
        self.rejectsPath = rejectsPath
        self.resubscribe = resubscribe
        self.statusOfNew = statusOfNew
        self.now = now
    }
}
