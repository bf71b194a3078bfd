import FanfareStore
import Foundation

/// A folder, 0700, for work that nobody keeps: within the data directory where there is one, else beside its place, as
/// both have room for an audience where a temporary folder may be memory.
///
/// Whoever made it removes it; one that a kill left is removed by the data directory's next owner.
struct ScratchFolder {
    private static let prefix = DataDirectory.scratchPrefix
    private static let digits = 16
    /// Younger ones may belong to a process that has not locked them yet.
    private static let patience: TimeInterval = 60

    /// Locked as long as it is in use.
    let directory: DataDirectory

    init(for dataDirectory: String) throws {
        let name = Self.prefix + Hexadecimal.random(digits: Self.digits)
        let temporary = FileManager.default.temporaryDirectory.appendingPathComponent("fanfare-" + name).path
        do throws(StoreError) {
            let isThere = Durability.fileExists(dataDirectory)
            let path = isThere ? "\(dataDirectory)/\(name)" : "\(Self.trimmed(dataDirectory)).\(name)"
            directory = try DataDirectory(path: path, access: .own)
        } catch {
            // Only to be looked at, or nowhere to be made.
            guard error.code == .readOnly || error.code == .notFound else { throw error }
            directory = try DataDirectory(path: temporary, access: .own)
        }
    }

    func remove() throws { try FileManager.default.removeItem(atPath: directory.path) }

    /// Removes what killed processes left within a data directory and beside it.
    static func removeLeftovers(of dataDirectory: String) {
        let place = URL(fileURLWithPath: dataDirectory)
        removeLeftovers(in: place, prefix: prefix)
        removeLeftovers(in: place.deletingLastPathComponent(), prefix: place.lastPathComponent + "." + prefix)
    }

    private static func removeLeftovers(in folder: URL, prefix: String) {
        // What cannot be looked at or removed is another user's, and no reason for an owner not to begin.
        let entries = try? FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: [.contentModificationDateKey]
        )
        for entry in entries ?? [] where isOurs(entry.lastPathComponent, prefix) && isLeftOver(entry) {
            try? FileManager.default.removeItem(at: entry)
        }
    }

    /// Nobody else's folder is removed because its name begins alike.
    private static func isOurs(_ name: String, _ prefix: String) -> Bool {
        name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + digits
            && name.dropFirst(prefix.count).allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }

    private static func isLeftOver(_ folder: URL) -> Bool {
        do {
            let changed = try folder.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            guard let changed, changed.timeIntervalSinceNow < -patience else { return false }
            return try DataDirectory(path: folder.path, access: .read).owner() == nil
        } catch {
            return false
        }
    }

    private static func trimmed(_ path: String) -> Substring {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
