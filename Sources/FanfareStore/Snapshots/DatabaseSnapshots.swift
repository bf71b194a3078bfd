public import GRDB
import Glibc

/// Several database files as they stood at one moment, in which no transaction was writing into any of them.
///
/// Every file's lock for writers is taken first, then a read transaction begins on each, then the locks go: writers wait
/// for milliseconds, and what the files say of each other is what a death at that moment would have left. Copies taken
/// one after the other would not agree. Whatever writes, in this process, waits: SQLite's own locks hold it up.
///
/// For the owner of the files. Any thread, one at a time. As long as it is held no file's write-ahead log is emptied, so
/// it grows with what is written meanwhile.
public final class DatabaseSnapshots: Sendable {
    /// How long writers of files whose locks are held may wait for those that are still to come.
    private static let patience: Duration = .seconds(3)
    /// How often it is tried: a writer may hold its lock for longer than others may wait, as for building an index.
    private static let tries = 20

    /// The files, in their order.
    public let paths: [String]
    /// How long writers were held up.
    public let held: Duration
    private let readers: [String: DatabaseQueue]

    /// Takes snapshots of all files that there are.
    ///
    /// - Parameter list: The paths of all files; asked again when writers are held up, as files come and go.
    /// - Throws: ``StoreError``: `busy` when a file's writer does not end, `corrupt` for a file that cannot be read.
    public static func take(of list: () throws(StoreError) -> [String]) throws(StoreError) -> DatabaseSnapshots {
        var last = StoreError(.busy, "the files are being written")
        for attempt in 0..<tries {
            do throws(StoreError) {
                return try WriterHold().snapshots(of: list, within: patience)
            } catch {
                guard error.code == .busy else { throw error }
                last = error
            }
            // Those that have waited go first.
            usleep(UInt32(100_000 * min(attempt + 1, 10)))
        }
        throw last
    }

    fileprivate init(_ readers: [String: DatabaseQueue], held: Duration) {
        self.readers = readers
        self.held = held
        paths = readers.keys.sorted()
    }

    /// How long a file was when its snapshot was taken, in bytes.
    ///
    /// - Throws: ``StoreError``.
    public func bytes(of path: String) throws(StoreError) -> Int64 {
        try read(path) { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            return pages * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
    }

    /// Reads a file as it stood.
    ///
    /// - Throws: ``StoreError``, also for a file that was not there.
    public func read<Value>(_ path: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        guard let reader = readers[path] else { throw StoreError(.notFound, "\(path) was not there") }
        do { return try reader.inDatabase(body) } catch { throw StoreError(error, path: path) }
    }

    /// Makes a file of a snapshot, page by page, with the checksums of pages that the original has. It is not
    /// synchronised.
    ///
    /// - Parameters:
    ///   - path: The original.
    ///   - target: Where the copy is to stand; nothing may be there.
    ///   - step: Told after every few megabytes how many bytes of the copy there are; throws to end it, and what there is
    ///     of the copy stays.
    /// - Throws: ``StoreError``; what `step` throws as its cause unless it is one.
    public func copy(_ path: String, to target: String, step: (Int64) throws -> Void) throws(StoreError) {
        try read(path) { db in
            try DatabaseCopy.make(of: db, at: target, step: step)
        }
    }
}

/// The locks for writers of several files, held until it is let go of.
private final class WriterHold {
    private struct File {
        let writer: DatabaseQueue
        let reader: DatabaseQueue
        var isLocked = false
    }

    private var files: [String: File] = [:]

    deinit { release() }

    func snapshots(
        of list: () throws(StoreError) -> [String],
        within patience: Duration
    ) throws(StoreError) -> DatabaseSnapshots {
        // Opened before any lock is taken: that reads from the disk.
        for path in try list() { try open(path) }
        let start = ContinuousClock.now
        repeat {
            for path in files.keys.sorted() { try lock(path, within: patience - (ContinuousClock.now - start)) }
        } while try openNewOnes(list)
        for path in files.keys { try beginReading(path) }
        let readers = files.mapValues(\.reader)
        release()
        return DatabaseSnapshots(readers, held: ContinuousClock.now - start)
    }

    /// - Returns: Whether there were any.
    private func openNewOnes(_ list: () throws(StoreError) -> [String]) throws(StoreError) -> Bool {
        let new = try list().filter { files[$0] == nil }
        for path in new { try open(path) }
        return !new.allSatisfy { files[$0] == nil }
    }

    /// A file that has gone since it was listed is no part of it.
    private func open(_ path: String) throws(StoreError) {
        var settings = DatabaseFile.Settings(cacheBytes: 256 << 10, busyTimeout: .seconds(3), label: "snapshot")
        settings.holdsTransactions = true
        do throws(StoreError) {
            let writer = try DatabaseFile.open(path, mode: .mustExist, settings: settings)
            files[path] = File(writer: writer, reader: try DatabaseFile.open(path, mode: .readOnly, settings: settings))
        } catch {
            guard error.code == .notFound, !Durability.fileExists(path) else { throw error }
        }
    }

    private func lock(_ path: String, within patience: Duration) throws(StoreError) {
        guard let file = files[path], !file.isLocked else { return }
        guard patience > .zero else { throw StoreError(.busy, "the writers of the files do not end") }
        do {
            try file.writer.inDatabase { try $0.beginTransaction(.immediate) }
        } catch {
            throw StoreError(error, path: path)
        }
        files[path]?.isLocked = true
    }

    /// The transaction begins with its first reading.
    private func beginReading(_ path: String) throws(StoreError) {
        do {
            try files[path]?.reader.inDatabase { db in
                try db.beginTransaction(.deferred)
                _ = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private func release() {
        for (path, file) in files where file.isLocked {
            // Nothing was written; and what cannot be rolled back goes with the connection.
            do { try file.writer.inDatabase { try $0.rollback() } } catch {}
            files[path]?.isLocked = false
        }
        files = [:]
    }
}
