import Crypto
import FanfareStore
import Foundation

/// What stands in a backup: its file `backup.json`, which is written last, when all others are on the disk. A folder
/// without it is no backup.
struct BackupManifest: Codable, Hashable {
    static let name = "backup.json"
    static let version = 1

    /// A file of it.
    struct Entry: Codable, Hashable {
        /// Within the folder, as in a data directory.
        var path: String
        var bytes: Int64
        /// In hexadecimal digits.
        var sha256: String
    }

    /// The version of the format.
    var version = Self.version
    /// Unix seconds of the moment that it holds.
    var madeAt: Int64
    /// The id of the installation that it is of.
    var installation: String
    /// It holds the key that sealed secrets open with.
    var hasKey: Bool
    /// Sorted by their paths.
    var files: [Entry]
    /// SHA-256 of all that stands above.
    var sum = ""

    private enum CodingKeys: String, CodingKey {
        case version = "fanfare_backup", madeAt = "made_at", installation, hasKey = "has_key", files, sum
    }

    private var ownSum: String {
        var text = "\(version) \(madeAt) \(installation) \(hasKey)\n"
        for file in files { text += "\(file.path)\0\(file.bytes) \(file.sha256)\n" }
        return Hexadecimal.text(SHA256.hash(data: Array(text.utf8)))
    }

    /// Writes it into a backup's folder, for good.
    func write(into folder: String) throws {
        var manifest = self
        manifest.sum = ownSum
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(manifest)
        let file = try AtomicFile(path: folder + "/" + Self.name)
        try data.withUnsafeBytes { try file.write($0) }
        try file.commit()
    }

    /// Reads that of a folder.
    ///
    /// - Throws: ``BackupError`` with `damaged` for what is none, or of another version, or not as it was written.
    static func read(from folder: String) throws -> BackupManifest {
        let path = folder + "/" + name
        guard Durability.fileExists(path) else {
            let isThere = Durability.fileExists(folder)
            throw BackupError(
                .damaged,
                isThere
                    ? "\(folder) is no whole backup: it has no \(name), which is written last" : "there is no \(folder)"
            )
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        do {
            let version = try JSONDecoder().decode(VersionOnly.self, from: data).fanfare_backup
            guard version == Self.version else {
                throw BackupError(
                    .damaged,
                    "\(path) is of version \(version), and this fanfare reads version \(Self.version): use the one that "
                        + "made it"
                )
            }
            let manifest = try JSONDecoder().decode(BackupManifest.self, from: data)
            guard manifest.sum == manifest.ownSum else { throw changed(path) }
            guard manifest.files.allSatisfy({ isWithin($0.path) }) else { throw changed(path) }
            return manifest
        } catch is DecodingError {
            throw changed(path)
        }
    }

    private static func changed(_ path: String) -> BackupError {
        BackupError(.damaged, "\(path) is damaged: it is not as it was written")
    }

    /// Nothing is ever written beside the folder that is restored into.
    private static func isWithin(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.isEmpty
            && path.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

private struct VersionOnly: Decodable {
    var fanfare_backup: Int
}

/// A file's length and SHA-256.
struct FileDigest: Hashable {
    let bytes: Int64
    let sha256: String

    /// Reads a file to its end. No connection of this process may be open on it: closing the file would drop its locks.
    ///
    /// - Parameter body: Given each piece of it.
    init(of path: String, _ body: (Data) throws -> Void = { _ in }) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw StoreError(errno: errno, doing: "cannot read \(path)")
        }
        defer { file.closeFile() }
        var hasher = SHA256()
        var count: Int64 = 0
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            hasher.update(data: piece)
            count += Int64(piece.count)
            try body(piece)
        }
        bytes = count
        sha256 = Hexadecimal.text(hasher.finalize())
    }
}
