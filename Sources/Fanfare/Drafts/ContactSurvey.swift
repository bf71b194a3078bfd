import FanfareAudience
public import FanfareJob
import FanfareStore
import GRDB

/// What a contact file has: its columns with the merge tags they become, and its tags. No contact's data.
public struct ContactSurvey: Sendable {
    /// A column that becomes a merge field.
    public struct Column: Sendable, Hashable {
        /// The header, or the key of JSON Lines.
        public var header: String
        /// The merge tag.
        public var tag: String
        /// Whether every value that was seen is a number, as one would write it to count with.
        public var looksNumeric: Bool
        /// The share of the contacts seen that have a value, 0 … 1.
        public var share: Double
    }

    /// In the file's order.
    public var columns: [Column]
    /// What a job must say of columns whose headers do not explain themselves, in the file's order.
    public var columnMap: [JobAudience.Column]
    /// Names of its tags, those of most contacts first; at most ten.
    public var tags: [String]
    /// Rows that were looked at.
    public var rows: Int
    /// Rows that could not be taken.
    public var rejected: Int
    /// Whether the file has more rows than were looked at.
    public var isPart: Bool

    /// Looks at the beginning of a contact file, some 20,000 rows, the way an import reads it.
    ///
    /// - Parameters:
    ///   - path: The file: CSV, Mailchimp's export, or JSON Lines.
    ///   - dataDirectory: Beside which the rows are kept meanwhile; need not exist.
    /// - Throws: `AudienceError` for a file that cannot be imported, `StoreError`.
    public init(of path: String, dataDirectory: String) throws {
        let scratch = try ScratchFolder(for: dataDirectory)
        do {
            self = try Self.survey(path, scratch)
        } catch {
            // The next owner of the data directory removes what is left; this error is what the operator must know.
            do { try scratch.remove() } catch {}
            throw error
        }
        try scratch.remove()
    }

    private init(columns: [Column], map: [JobAudience.Column], tags: [String], _ seen: Seen) {
        self.columns = columns
        columnMap = map
        self.tags = tags
        rows = seen.rows
        rejected = seen.rejected
        isPart = seen.isPart
    }

    private static func survey(_ path: String, _ scratch: ScratchFolder) throws -> ContactSurvey {
        let file = scratch.directory.audiencePath("survey")
        let audience = try Audience(path: file, id: "survey", mode: .createNew)
        let map = try ColumnDraft(of: path).columns.map(JobAudience.Column.init)
        let seen = try importBeginning(of: path, map, into: audience)
        let fields = try audience.fields()
        let isJSON = !path.hasSuffix(".csv") && !path.hasSuffix(".zip")
        let columns = try audience.database.read { db in
            try fields.map { try column($0.tag, header: $0.name, isJSON: isJSON, db) }
        }
        let tags = try audience.tags().sorted { $0.contacts > $1.contacts }.prefix(10).map(\.name)
        return ContactSurvey(columns: columns, map: map, tags: tags, seen)
    }

    private struct Seen {
        var rows = 0
        var rejected = 0
        var isPart = false
    }

    /// Imports chunks until one has brought contacts.
    private static func importBeginning(
        of path: String,
        _ map: [JobAudience.Column],
        into audience: Audience
    ) throws -> Seen {
        var seen = Seen()
        let options = JobAudience.Import(path: path, resolvedPath: path, columns: map).options(ImportOptions())
        let outcome: Result<ImportSummary, any Error> = Result {
            try audience.importContacts(from: path, options: options) { progress in
                seen.rows = progress.summary.rows
                seen.rejected = progress.summary.rejected
                seen.isPart = progress.bytesTotal.map { progress.bytesRead < $0 } ?? (seen.rows >= 20_000)
                return !seen.isPart || seen.rows == seen.rejected
            }
        }
        switch outcome {
        case .success(let summary): return Seen(rows: summary.rows, rejected: summary.rejected)
        case .failure(let error):
            if (error as? AudienceError)?.code == .cancelled { return seen }
            throw error
        }
    }

    /// A number begins with no `0` or `+`, for then it is a code or a telephone's, and is not longer than one counts.
    private static func column(_ tag: String, header: String, isJSON: Bool, _ db: Database) throws -> Column {
        let column = "\"m_\(tag)\""
        let isNumber = """
            \(column) NOT GLOB '*[^0-9.-]*' AND \(column) GLOB '*[0-9]*' AND length(\(column)) <= 9 \
            AND \(column) NOT GLOB '?*-*' AND \(column) NOT GLOB '*.*.*' AND \(column) NOT GLOB '*.' \
            AND \(column) NOT GLOB '.*' AND \(column) NOT GLOB '-.*' AND \(column) NOT GLOB '0[0-9]*'
            """
        // Of JSON Lines the key may have been another one, which a column map would have to name.
        let isUnnamed = header == tag && isJSON
        let row = try Row.fetchOne(
            db,
            sql: "SELECT count(*), count(\(column)), count(CASE WHEN \(isNumber) THEN 1 END) FROM contact"
        )
        let (all, filled, numbers): (Int, Int, Int) = (row?[0] ?? 0, row?[1] ?? 0, row?[2] ?? 0)
        return Column(
            header: header,
            tag: tag,
            looksNumeric: filled > 0 && numbers == filled && !isUnnamed,
            share: all > 0 ? Double(filled) / Double(all) : 0
        )
    }
}

extension JobAudience.Column {
    fileprivate init(_ draft: ColumnDraft.Column) {
        self.init(header: draft.header, role: draft.spec.role == .ignored ? .ignored : .field, tag: draft.spec.tag)
    }
}
