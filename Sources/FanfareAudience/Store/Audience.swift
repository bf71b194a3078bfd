public import FanfarePayload
public import FanfareStore
public import GRDB

/// One audience: the contacts of a file, with their fields, tags, groups and segments.
///
/// Calls block; any thread may make them, GRDB runs one at a time.
public final class Audience: Sendable {
    /// Ten hexadecimal digits.
    public let id: String
    /// The file.
    public let path: String
    /// The connection to the file.
    public let database: DatabaseQueue
    /// What the file keeps of each contact.
    package let forms = ContactForms()
    /// Addresses that are taken from nobody; nil: from everybody all are.
    let suppression: SuppressionList?

    /// Opens an audience's file, or makes it.
    ///
    /// - Parameters:
    ///   - path: The file; see `DataDirectory.audiencePath(_:)`.
    ///   - id: Ten hexadecimal digits.
    ///   - mode: `create`, `createNew`, `mustExist` or `readOnly`.
    ///   - cacheBytes: Page cache of the connection.
    ///   - isKept: Whether the file outlives the process; one that does not is faster to fill, and nobody reads it
    ///     beside a writer.
    ///   - suppression: Addresses that do not become contacts; nil: all may.
    /// - Throws: ``AudienceError`` with `storage`.
    public init(
        path: String,
        id: String,
        mode: DatabaseFile.Mode,
        cacheBytes: Int = 16 << 20,
        isKept: Bool = true,
        suppression: SuppressionList? = nil
    ) throws(AudienceError) {
        self.path = path
        self.id = id
        self.suppression = suppression
        do {
            var settings = DatabaseFile.Settings(cacheBytes: cacheBytes, label: "audience")
            settings.isDurable = isKept
            database = try DatabaseFile.open(path, mode: mode, settings: settings) { db in
                try Audience.registerFunctions(db)
                suppression?.register(db)
            }
            if mode == .readOnly {
                try AudienceSchema.schema.require(in: database)
            } else {
                try AudienceSchema.schema.migrate(database)
                try database.write(Audience.completeIndexes)
            }
        } catch {
            throw AudienceError(error, path: path)
        }
    }

    /// The merge fields, in the order in which they were added.
    public func fields() throws(AudienceError) -> [MergeField] {
        try read { try FieldTable($0).entries.map(\.field) }
    }

    /// Adds a merge field.
    ///
    /// - Throws: ``AudienceError`` with `invalidColumns` when the tag is taken or none.
    public func addField(_ field: MergeField) throws(AudienceError) {
        try write { db in
            var table = try FieldTable(db)
            guard !table.entries.contains(where: { $0.field.tag == field.tag }) else {
                throw AudienceError(.invalidColumns, "the audience has a field \(field.tag) already")
            }
            _ = try table.add(field, db)
        }
    }

    /// Makes the fields of an audience that has no contacts yet, and what finds contacts that come one by one.
    ///
    /// An import makes that when it has filled the audience, which is faster.
    ///
    /// - Throws: ``AudienceError``.
    public func begin(with fields: [MergeField]) throws(AudienceError) {
        try write { db in
            var table = try FieldTable(db)
            for field in fields { _ = try table.add(field, db) }
            try Audience.makeIndexes(db)
        }
    }

    /// Reads a contact file into the audience: CSV, plain or as Mailchimp exports it.
    ///
    /// Commits in chunks. An address that is there already updates its contact; see ``ImportOptions``.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - options: Column map, limits.
    ///   - progress: Called after each chunk; `false` stops the import, and what was committed stays.
    /// - Returns: What became of the rows.
    /// - Throws: ``AudienceError``.
    public func importContacts(
        from path: String,
        options: ImportOptions = ImportOptions(),
        progress: @escaping (ImportProgress) -> Bool = { _ in true }
    ) throws(AudienceError) -> ImportSummary {
        do {
            let options = try heeding(options)
            return try ContactImport.run(path, into: database, options: options, progress: progress).summary
        } catch {
            throw AudienceError(error, path: self.path)
        }
    }

    /// Registers the SQL functions that selections use; call it for every connection on which one runs.
    ///
    /// - Throws: `StoreError` when the C library has no C.UTF-8 locale.
    public static let registerFunctions: @Sendable (Database) throws -> Void = { try registerContactFunctions($0) }

    /// An import that was cut off leaves contacts without index.
    private static func completeIndexes(_ db: Database) throws {
        guard try Int64.fetchOne(db, sql: "SELECT id FROM contact LIMIT 1") != nil else { return }
        try makeIndexes(db)
    }

    private static func makeIndexes(_ db: Database) throws {
        try db.execute(sql: AudienceSchema.addressIndexSQL)
        try db.execute(sql: AudienceSchema.tagIndexSQL)
        try db.execute(sql: AudienceSchema.listIndexSQL)
    }
}

extension Audience {
    /// Options by which nobody on the suppression list is taken.
    func heeding(_ options: ImportOptions) throws -> ImportOptions {
        var options = options
        options.suppressed = try suppression?.addresses()
        return options
    }

    /// Has everything that the body reads be as of one moment, over one transaction.
    ///
    /// - Throws: What the body throws; ``AudienceError`` when the file cannot be read.
    public func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try database.unsafeRead { db in try db.inSnapshot(body) }
    }

    /// A reading of its own, or part of a snapshot's.
    func read<Value>(_ body: (Database) throws -> Value) throws(AudienceError) -> Value {
        do {
            return try database.unsafeReentrantRead { db in try db.inSnapshot { try body(db) } }
        } catch {
            throw AudienceError(error, path: path)
        }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(AudienceError) -> Value {
        do { return try database.write(body) } catch { throw AudienceError(error, path: path) }
    }
}
