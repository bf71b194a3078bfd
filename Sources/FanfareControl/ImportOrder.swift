public import FanfareAudience

/// A contact file that one process asks the daemon of a data directory to read into a stored audience.
public struct ImportOrder: Sendable, Hashable, Codable {
    /// The audience's name; made when there is none of it.
    public var audience: String
    /// The contact file's whole path.
    public var file: String
    /// The same as it was given, for messages and the rejects file.
    public var fileName: String
    /// What columns are, where their headers do not say it.
    public var columns: [String: ColumnSpec] = [:]
    /// Rows that may be rejected; nil: any number.
    public var maxRejects: Int?
    /// The whole path of the file for rejected rows; nil: none is written.
    public var rejects: String?
    /// Whether the file may subscribe who has unsubscribed.
    public var resubscribes = false
    /// Whether webhooks are told of what it changes.
    public var firesWebhooks = false

    /// - Parameters: see the properties of the same names.
    public init(audience: String, file: String, fileName: String) {
        (self.audience, self.file, self.fileName) = (audience, file, fileName)
    }
}

/// How an import stands that the daemon does for another process.
public struct HandedImport: Sendable, Codable {
    /// How it ended.
    public enum End: Sendable, Hashable, Codable {
        /// The whole file was read.
        case complete(ImportSummary)
        /// Whoever asked for it stopped it; what was committed stays.
        case stopped
        /// The daemon is ending; what was committed stays.
        case interrupted
        /// Something is wrong with the file or the audience, said as a person reads it.
        case refused(String)
        /// The agent failed.
        case failed(String)
    }

    /// Names it as long as the daemon knows of it; the next start does not.
    public var ticket: String
    /// Why it waits for its turn; nil: it does not.
    public var wait: String?
    /// How far it is; nil: it has not read anything yet.
    public var progress: ImportProgress?
    /// How it ended; nil: it has not.
    public var end: End?

    /// - Parameter ticket: See the property.
    public init(ticket: String) { self.ticket = ticket }
}
