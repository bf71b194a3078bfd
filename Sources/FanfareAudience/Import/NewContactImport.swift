import Dispatch
import GRDB

/// An import of contacts that a program gives: takes them in chunks, each in a transaction of its own.
///
/// Used by one import, chunk after chunk, on a queue of its own, so that no thread of the cooperative pool waits for
/// the disk.
final class NewContactImport: @unchecked Sendable {
    // @unchecked: everything but `queue` is used on `queue` alone, which is serial.
    private let queue = DispatchQueue(label: "fanfare-import")
    private let database: DatabaseQueue
    private var work: Work?

    /// Its statements may be finalised only while no other thread uses the connection.
    private struct Work: ~Copyable {
        let importer: RowImporter
        var rows: NewContactRows
    }

    /// Contacts of a transaction.
    static let chunk = 5_000

    private init(_ database: DatabaseQueue, _ importer: RowImporter) {
        self.database = database
        work = Work(importer: importer, rows: NewContactRows(importer, source: "contacts"))
    }

    /// Begins an import.
    static func begin(_ database: DatabaseQueue, _ options: ImportOptions) async throws -> NewContactImport {
        guard options.columns.isEmpty else {
            throw AudienceError(
                .invalidColumns,
                "contacts that a program gives name their fields by tags: no columns can be mapped"
            )
        }
        return try await on(DispatchQueue(label: "fanfare-import")) {
            NewContactImport(database, try database.write { try RowImporter(options: options, $0) })
        }
    }

    /// Writes contacts and commits them.
    ///
    /// - Returns: What became of all so far.
    func take(_ contacts: [NewContact]) async throws -> ImportSummary {
        try await Self.on(queue) { [self] in
            try database.write { db in
                try work?.importer.beginChunk(db)
                for contact in contacts { try work?.rows.take(contact, db) }
                try work?.importer.endChunk(db)
            }
            return work?.importer.summary ?? ImportSummary()
        }
    }

    /// Builds what is left for the end.
    func finish() async throws {
        try await Self.on(queue) { [self] in
            try work?.importer.requireUsableRow(database)
            try database.write { try work?.importer.finish($0) }
        }
    }

    /// Lets go of the connection's statements.
    func close() async throws {
        try await Self.on(queue) { [self] in
            database.inDatabase { _ in work = nil }
        }
    }

    private static func on<Result: Sendable>(
        _ queue: DispatchQueue,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: .init(catching: body)) }
        }
    }
}

extension Audience {
    /// Adds contacts that a program gives, or brings those with their addresses up to date.
    ///
    /// Commits in chunks of 5,000, and what is left at the end. Doing it again comes to the same. An error of the
    /// sequence is thrown when what came before it has been committed; so is `CancellationError`.
    ///
    /// - Parameters:
    ///   - contacts: Taken one after another, at most a chunk ahead of what is committed.
    ///   - options: Limits and the rejects file; no column map.
    ///   - progress: Called after each chunk with what became of all so far.
    /// - Returns: What became of the contacts; those that cannot be taken are among its rejects, by their number.
    /// - Throws: ``AudienceError``, `CancellationError`, and what the sequence throws.
    public func importContacts<Contacts: AsyncSequence>(
        _ contacts: sending Contacts,
        options: ImportOptions = ImportOptions(),
        progress: @Sendable (ImportSummary) -> Void = { _ in }
    ) async throws -> ImportSummary where Contacts.Element == NewContact {
        var iterator = contacts.makeAsyncIterator()
        return try await importContacts(options, progress) { try await iterator.next() }
    }

    /// The same for a sequence that is there already; what is said of an asynchronous one holds for it.
    public func importContacts<Contacts: Sequence>(
        _ contacts: sending Contacts,
        options: ImportOptions = ImportOptions(),
        progress: @Sendable (ImportSummary) -> Void = { _ in }
    ) async throws -> ImportSummary where Contacts.Element == NewContact {
        var iterator = contacts.makeIterator()
        return try await importContacts(options, progress) { iterator.next() }
    }

    private func importContacts(
        _ options: ImportOptions,
        _ progress: @Sendable (ImportSummary) -> Void,
        next: () async throws -> NewContact?
    ) async throws -> ImportSummary {
        do {
            let running = try await NewContactImport.begin(database, heeding(options))
            let result: Result<ImportSummary, any Error>
            do {
                result = .success(try await Self.importAll(into: running, progress, next))
            } catch {
                result = .failure(error)
            }
            try await running.close()
            return try result.get()
        } catch let error as SourceError {
            throw error.error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw AudienceError(error, path: path)
        }
    }

    private static func importAll(
        into running: NewContactImport,
        _ progress: @Sendable (ImportSummary) -> Void,
        _ next: () async throws -> NewContact?
    ) async throws -> ImportSummary {
        var summary = ImportSummary()
        while true {
            let (chunk, failure, isLast) = await nextChunk(next)
            if !chunk.isEmpty {
                summary = try await running.take(chunk)
                progress(summary)
            }
            if let failure { throw failure }
            try Task.checkCancellation()
            if isLast { break }
        }
        try await running.finish()
        return summary
    }

    /// - Returns: The next contacts, what the sequence threw after them, and whether it has ended.
    private static func nextChunk(
        _ next: () async throws -> NewContact?
    ) async -> (contacts: [NewContact], failure: (any Error)?, isLast: Bool) {
        var contacts: [NewContact] = []
        do {
            while contacts.count < NewContactImport.chunk {
                guard let contact = try await next() else { return (contacts, nil, true) }
                contacts.append(contact)
            }
            return (contacts, nil, false)
        } catch {
            return (contacts, SourceError(error: error), true)
        }
    }
}

/// What the sequence of contacts itself threw: passed on as it is.
private struct SourceError: Error {
    let error: any Error
}
