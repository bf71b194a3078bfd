import FanfareStore
import Foundation

/// The folder that a backup is written into: new, for its owner alone. What was written into it goes again unless it
/// is kept.
final class BackupFolder {
    let path: String
    private let wasMade: Bool
    private var folders: [String] = []
    private var files: [String] = []
    private var isKept = false

    /// - Parameters:
    ///   - path: Not there yet, or an empty folder.
    ///   - dataDirectory: Within which it must not be: it would be taken for a part of that.
    /// - Throws: ``BackupError`` with `refused`, `StoreError`.
    init(_ path: String, outside dataDirectory: String) throws {
        let place = URL(fileURLWithPath: path).deletingLastPathComponent().resolvingSymlinksInPath().path
        let data = URL(fileURLWithPath: dataDirectory).resolvingSymlinksInPath().path
        guard place != data, !place.hasPrefix(data + "/") else {
            throw BackupError(.refused, "\(path) is within the data directory: a backup belongs elsewhere")
        }
        self.path = path
        let failure = mkdir(path, 0o700) == 0 ? 0 : errno
        wasMade = failure == 0
        if wasMade {
            try Durability.syncDirectory(ofFile: path)
            return
        }
        guard failure == EEXIST else { throw StoreError(errno: failure, doing: "cannot make the folder \(path)") }
        try Self.requireEmpty(path)
        guard chmod(path, 0o700) == 0 else {
            throw StoreError(errno: errno, doing: "cannot make \(path) a folder of this user's alone")
        }
    }

    deinit { if !isKept { remove() } }

    private static func requireEmpty(_ path: String) throws {
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw BackupError(.refused, "\(path) is there already, and is no folder")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        if names.isEmpty { return }
        if names.contains(BackupManifest.name) {
            throw BackupError(.refused, "\(path) holds a backup already: choose another folder")
        }
        throw BackupError(
            .refused,
            "\(path) is not empty: choose another folder, or remove it when it is what an interrupted backup left"
        )
    }

    /// The place for a file, whose folders are made.
    ///
    /// - Parameter name: Within the folder.
    func place(for name: String) throws -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            if folders.contains(folder) { continue }
            guard mkdir(folder, 0o700) == 0 else {
                throw StoreError(errno: errno, doing: "cannot make the folder \(folder)")
            }
            folders.append(folder)
        }
        let place = path + "/" + name
        files.append(place)
        return place
    }

    /// Makes the names of all files permanent.
    func sync() throws {
        for folder in [path] + folders { try Durability.syncDirectory(ofFile: folder + "/.") }
    }

    /// From now on what is in it stays.
    func keep() { isKept = true }

    private func remove() {
        for file in files {
            for ending in ["", "-wal", "-shm", "-journal"] { unlink(file + ending) }
        }
        for folder in folders.reversed() { rmdir(folder) }
        if wasMade { rmdir(path) }
    }
}
