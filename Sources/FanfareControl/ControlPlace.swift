import FanfareStore
import Glibc

/// Where the socket of a data directory stands: in it, as `control.sock`; where that path is too long for a socket, or
/// its file system has none, in a folder of the user's.
struct ControlPlace {
    static let name = "control.sock"
    /// `sun_path` of unix(7) with its closing zero.
    static let longestPath = 107

    /// Where it may stand, best first, and how the lock file calls it.
    let candidates: [(path: String, announced: String)]

    /// - Throws: ``ControlError`` when the directory cannot be looked at.
    init(_ directory: DataDirectory) throws(ControlError) {
        let path = try Self.realPath(directory.path)
        var candidates: [(path: String, announced: String)] = []
        let own = path + "/" + Self.name
        if own.utf8.count <= Self.longestPath { candidates.append((own, Self.name)) }
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw ControlError(.system, "cannot look at \(path): \(systemText(errno))")
        }
        // Device and file number name the directory whatever its path, and no other one.
        let name = "fanfare-\(info.st_dev)-\(info.st_ino).sock"
        if let folder = Self.runtimeFolder { candidates.append((folder + "/" + name, folder + "/" + name)) }
        self.candidates = candidates.filter { $0.path.utf8.count <= Self.longestPath }
    }

    /// The path of a socket that the owner announced.
    static func path(announced: String, in directory: DataDirectory) throws(ControlError) -> String {
        announced.hasPrefix("/") ? announced : try realPath(directory.path) + "/" + announced
    }

    /// So that its length is the same whoever spells it.
    private static func realPath(_ path: String) throws(ControlError) -> String {
        guard let real = realpath(path, nil) else {
            throw ControlError(.system, "cannot look at \(path): \(systemText(errno))")
        }
        defer { free(real) }
        return String(cString: real)
    }

    /// `XDG_RUNTIME_DIR`, else `/tmp/fanfare-UID`, made when missing; nil where it is not this user's alone: whoever
    /// else may write there could put a socket of their own in the place of ours.
    private static var runtimeFolder: String? {
        if let given = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), isOwn(given) { return given }
        let made = "/tmp/fanfare-\(geteuid())"
        mkdir(made, 0o700)
        return isOwn(made) ? made : nil
    }

    private static func isOwn(_ path: String) -> Bool {
        var info = stat()
        return path.hasPrefix("/") && lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
            && info.st_uid == geteuid() && info.st_mode & 0o077 == 0
    }
}

/// What the system says of an error number.
func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }
