/// What became of the rows of a contact file.
///
/// `rows == created + updated + repeated + rejected + notAdded + suppressed` holds at every moment.
public struct ImportSummary: Sendable, Hashable, Codable {
    /// A row that was not taken.
    public struct Reject: Sendable, Hashable, Codable {
        /// Where it began.
        public let place: AudienceError.Place
        /// Why, in one sentence.
        public let reason: String
    }

    /// Rows read, blank lines and the header not counted.
    public internal(set) var rows = 0
    /// Contacts that were not in the audience.
    public internal(set) var created = 0
    /// Contacts that were there before the import, each row counted.
    public internal(set) var updated = 0
    /// Rows whose address an earlier row of this import had; they updated it.
    public internal(set) var repeated = 0
    /// Rows that were not taken.
    public internal(set) var rejected = 0
    /// Rows whose address is not in the audience, where none may be added, or is not the only one that is wanted.
    public internal(set) var notAdded = 0
    /// Rows whose address is on the suppression list: nothing of them is taken.
    public internal(set) var suppressed = 0
    /// Rows that would have subscribed an unsubscribed or cleaned contact, which kept its status.
    public internal(set) var statusKept = 0
    /// The first rejected rows, at most 20.
    public internal(set) var rejects: [Reject] = []
    /// Columns that were not read: named so by `columns`, or without a header.
    public internal(set) var ignoredColumns: [String] = []
    /// Keys of `columns` that no object of a JSON Lines file had.
    public internal(set) var unusedColumns: [String] = []
    /// Entries of an archive that hold no contacts.
    public internal(set) var ignoredFiles: [String] = []
    /// Tags of merge fields that the import added.
    public internal(set) var addedFields: [String] = []

    static let listedRejects = 20
}

/// How far an import is, after each chunk.
public struct ImportProgress: Sendable, Hashable, Codable {
    /// Bytes of contact files read.
    public let bytesRead: Int64
    /// The size of the file, where it is known; an archive's is that of the archive.
    public let bytesTotal: Int64?
    /// What became of the rows so far.
    public let summary: ImportSummary
}
