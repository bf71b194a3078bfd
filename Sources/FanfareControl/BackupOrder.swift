/// A backup that one process asks the owner of a data directory for.
public struct BackupOrder: Sendable, Hashable, Codable {
    /// The folder that it is to stand in, as a whole path.
    public var folder: String
    /// Whether it holds the key that sealed secrets open with.
    public var withKey: Bool

    /// - Parameters: see the properties of the same names.
    public init(folder: String, withKey: Bool = true) {
        self.folder = folder
        self.withKey = withKey
    }

    private enum CodingKeys: String, CodingKey { case folder, withKey = "with_key" }
}

/// How far a backup is.
public struct BackupProgress: Sendable, Hashable, Codable {
    /// Databases in all.
    public var files: Int
    /// Databases that are copied and checked.
    public var filesDone = 0
    /// Bytes of the databases in all.
    public var bytes: Int64 = 0
    /// Bytes that are copied.
    public var bytesDone: Int64 = 0
    /// It is over; what came of it stands in the answer's message.
    public var isOver = false

    /// One that begins.
    ///
    /// - Parameter files: Databases in all.
    public init(files: Int) { self.files = files }

    private enum CodingKeys: String, CodingKey {
        case files, filesDone = "files_done", bytes, bytesDone = "bytes_done", isOver = "over"
    }
}

/// What a backup came to.
public struct BackupSummary: Sendable, Hashable, Codable {
    /// Where it stands.
    public let folder: String
    /// How many files it has, beside `backup.json`.
    public let files: Int
    /// Bytes of them.
    public let bytes: Int64
    /// Unix seconds of the moment that it holds.
    public let madeAt: Int64
    /// It holds the key that sealed secrets open with.
    public let hasKey: Bool
    /// How long writers were held up, in milliseconds.
    public let heldMilliseconds: Double

    /// - Parameters: see the properties of the same names.
    public init(
        folder: String,
        files: Int,
        bytes: Int64,
        madeAt: Int64,
        hasKey: Bool,
        heldMilliseconds: Double
    ) {
        self.folder = folder
        self.files = files
        self.bytes = bytes
        self.madeAt = madeAt
        self.hasKey = hasKey
        self.heldMilliseconds = heldMilliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case folder, files, bytes, madeAt = "made_at", hasKey = "has_key", heldMilliseconds = "writers_held_ms"
    }
}

/// What the operator decides of events that were not delivered when a backup was made, and may have been since.
public enum RestoredChoice: String, Sendable, Hashable, Codable, CaseIterable {
    /// They are sent, with the ids that they had: a receiver that keeps ids drops what it has had.
    case resend
    /// They stay uncertain, and are not sent.
    case leave
}
