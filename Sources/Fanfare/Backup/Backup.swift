import FanfareAudience
public import FanfareControl
public import FanfareStore
import Foundation
import GRDB

/// Makes a backup of a data directory: all of its databases as they stood at one moment, and the key of sealed secrets.
///
/// The files agree with each other as those of a process that died at that moment would. Each copy is read once more
/// and checked, page by page. The file `backup.json` names all of them with their checksums; it is written last: a
/// backup that was interrupted has none.
public enum Backup {
    /// Makes one. Blocks, for as long as the disk takes.
    ///
    /// - Parameters:
    ///   - directory: Owned by this process.
    ///   - order: Where it is to stand, and what it holds.
    ///   - progress: Told every few megabytes; throws to end it. Nothing of it is left then.
    /// - Throws: ``BackupError``, `StoreError`, and what `progress` throws; nothing of it is left then.
    public static func make(
        of directory: DataDirectory,
        _ order: BackupOrder,
        progress: (BackupProgress) throws -> Void = { _ in }
    ) throws -> BackupSummary {
        let folder = try BackupFolder(order.folder, outside: directory.path)
        let madeAt = Int64(Date().timeIntervalSince1970)
        let snapshots = try DatabaseSnapshots.take(of: { () throws(StoreError) in try directory.databases() })
        var manifest = BackupManifest(
            madeAt: madeAt,
            installation: try installation(directory, snapshots),
            hasKey: false,
            files: []
        )
        var state = BackupProgress(files: snapshots.paths.count)
        state.bytes = try snapshots.paths.reduce(0) { $0 + (try snapshots.bytes(of: $1)) }
        for path in snapshots.paths {
            try progress(state)
            let before = state.bytesDone
            let name = String(path.dropFirst(directory.path.count + 1))
            let place = try folder.place(for: name)
            do {
                try snapshots.copy(path, to: place) { bytes in
                    state.bytesDone = before + bytes
                    try progress(state)
                }
            } catch {
                // Whoever ended it knows why.
                if let cause = error.cause, cause is CancellationError || cause is BackupError { throw cause }
                throw error
            }
            manifest.files.append(try finish(place, name))
            state.filesDone += 1
        }
        if order.withKey {
            let place = try folder.place(for: "key")
            let key = try directory.sealingKey()
            let file = try AtomicFile(path: place)
            try key.withUnsafeBytes { try file.write($0) }
            try file.commit()
            manifest.files.append(try entry(of: place, "key"))
            manifest.hasKey = true
        }
        try folder.sync()
        try manifest.write(into: folder.path)
        folder.keep()
        return BackupSummary(
            folder: order.folder,
            files: manifest.files.count,
            bytes: manifest.files.reduce(0) { $0 + $1.bytes },
            madeAt: madeAt,
            hasKey: manifest.hasKey,
            heldMilliseconds: snapshots.held / .milliseconds(1)
        )
    }

    private static func installation(_ directory: DataDirectory, _ snapshots: DatabaseSnapshots) throws -> String {
        try snapshots.read(directory.cataloguePath) { db in
            let id = try Data.fetchOne(db, sql: "SELECT value FROM installation WHERE key = 'id'") ?? Data()
            return Hexadecimal.text(id)
        }
    }

    /// Has a copy on the disk for good, and reads it as a restore will.
    private static func finish(_ place: String, _ name: String) throws -> BackupManifest.Entry {
        try Durability.syncFile(place)
        try DatabaseCheck.quick(place)
        return try entry(of: place, name)
    }

    private static func entry(of place: String, _ name: String) throws -> BackupManifest.Entry {
        let digest = try FileDigest(of: place)
        return .init(path: name, bytes: digest.bytes, sha256: digest.sha256)
    }
}

/// What SQLite says of a whole file that nobody writes.
enum DatabaseCheck {
    /// Reads every page, with its checksum, and holds tables against themselves.
    static func quick(_ path: String) throws { try run("PRAGMA quick_check(1)", path) }

    /// The same, and holds indexes against their tables.
    static func whole(_ path: String) throws { try run("PRAGMA integrity_check(1)", path) }

    private static func run(_ check: String, _ path: String) throws {
        let database = try DatabaseFile.open(path, mode: .unchanging)
        let answer: String?
        do {
            // Indexes may stand on functions of ours.
            answer = try database.inDatabase { db in
                try Audience.registerFunctions(db)
                return try String.fetchOne(db, sql: check)
            }
            try database.close()
        } catch {
            throw StoreError(error, path: path)
        }
        guard answer == "ok" else {
            throw StoreError(.corrupt, "\(path): SQLite's check says: \(answer ?? "nothing")")
        }
    }
}
