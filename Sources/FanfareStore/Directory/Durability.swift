import Glibc

/// File operations whose effect survives a power cut.
public enum Durability {
    /// Makes the creation, renaming or removal of a file permanent.
    ///
    /// - Parameter path: The file; its directory is synchronised.
    public static func syncDirectory(ofFile path: String) throws(StoreError) {
        let directory = parent(of: path)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, doing: "cannot open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, doing: "cannot synchronise \(directory)") }
    }

    /// Makes what was written to a file permanent. No connection of this process may be open on it: closing the file
    /// would drop its locks.
    public static func syncFile(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, doing: "cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, doing: "cannot synchronise \(path)") }
    }

    /// Removes a database file for good: `-wal` and `-shm` first, so that no later file of that name can inherit them.
    ///
    /// No connection may be open on it. A file that is missing already is no error.
    public static func deleteDatabase(_ path: String) throws(StoreError) {
        for name in [path + "-wal", path + "-shm", path] where unlink(name) != 0 && errno != ENOENT {
            throw StoreError(errno: errno, doing: "cannot delete \(name)")
        }
        try syncDirectory(ofFile: path)
    }

    /// Gives a file another name in its directory, in the place of a file of that name.
    static func rename(_ path: String, to other: String) throws(StoreError) {
        guard Glibc.rename(path, other) == 0 else { throw StoreError(errno: errno, doing: "cannot make \(other)") }
        try syncDirectory(ofFile: other)
    }

    /// Creates an empty file with mode 0600, or leaves the one that is there.
    ///
    /// - Returns: Whether it was created.
    static func createFile(_ path: String) throws(StoreError) -> Bool {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw StoreError(errno: errno, doing: "cannot create \(path)")
        }
        close(descriptor)
        try syncDirectory(ofFile: path)
        return true
    }

    private static func parent(of path: String) -> String {
        let trimmed = path.reversed().drop { $0 == "/" }
        guard let slash = trimmed.firstIndex(of: "/") else { return "." }
        let head = String(trimmed[slash...].drop { $0 == "/" }.reversed())
        return head.isEmpty ? "/" : head
    }
}

extension Durability {
    /// Whether there is a file, of whatever kind.
    public static func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
