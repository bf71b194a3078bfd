import Glibc

/// The directory in which one Fanfare keeps everything: catalogue, audiences, ledgers, key.
///
/// One process owns it and may write; others open its files read-only beside the owner. The directory and those in it
/// are made with mode 0700, files with 0600.
public final class DataDirectory: Sendable {
    /// How a process uses the directory.
    public enum Access: Sendable, Hashable {
        /// As the one process that writes; the directory is made when missing.
        case own
        /// Read-only, beside an owner or without one; the directory must exist.
        case read
    }

    /// The process that owns a directory.
    public struct Owner: Sendable, Hashable {
        /// Its process id; nil: it has not said yet.
        public let pid: Int32?
        /// The ids of the fan-outs that it runs.
        public let fanOuts: [String]
        /// Where it listens for orders, as it announced it; nil: it does not.
        public let controlSocket: String?
    }

    /// The directory, as given.
    public let path: String
    /// How this process uses it.
    public let access: Access
    private let lock: OwnershipLock?

    /// Opens the directory, and takes its ownership when `access` is `own`.
    ///
    /// - Throws: ``StoreError`` with `inUse` (naming the owner's pid), `readOnly`, `notFound` or `ioFailure`.
    public init(path: String, access: Access) throws(StoreError) {
        self.path = path
        self.access = access
        switch access {
        case .own:
            try DataDirectory.makeDirectory(path)
            lock = try OwnershipLock(directory: path)
            try DataDirectory.makeDirectory(path + "/audiences")
            try DataDirectory.makeDirectory(path + "/fanouts")
        case .read:
            try DataDirectory.requireDirectory(path)
            lock = nil
        }
    }

    /// The catalogue: installation id, audiences, fan-outs with their final counts.
    public var cataloguePath: String { path + "/fanfare.sqlite" }
    /// The key under which secrets are sealed; see ``sealingKey()``.
    public var keyPath: String { path + "/key" }

    /// The contacts of one audience.
    ///
    /// - Parameter id: The audience's id, ten hexadecimal digits.
    public func audiencePath(_ id: String) -> String { path + "/audiences/" + id + ".sqlite" }

    /// The ledger of one audience's event webhooks.
    ///
    /// - Parameter id: The audience's id.
    public func eventsPath(_ id: String) -> String { path + "/audiences/" + id + ".events.sqlite" }

    /// Removes the files of an audience for good; those that are missing already are no error.
    ///
    /// - Parameter id: The audience's id. No connection may be open on them.
    public func deleteAudience(_ id: String) throws(StoreError) {
        for path in [DatabaseFile.draft(of: eventsPath(id)), eventsPath(id)] { try Durability.deleteDatabase(path) }
        try Durability.deleteDatabase(audiencePath(id))
    }

    /// The batches of operations that were asked for over HTTP, and their results.
    public var batchesPath: String { path + "/batches.sqlite" }
    /// The ledger of the webhooks that are told of finished batches.
    public var batchEventsPath: String { path + "/batches.events.sqlite" }

    /// The ledger of one fan-out.
    ///
    /// - Parameter id: The fan-out's id.
    public func fanoutPath(_ id: String) -> String { path + "/fanouts/" + id + ".sqlite" }

    /// The paths of all database files in the directory and its folders, as a listing has them at this moment; without
    /// those of folders that nobody keeps.
    ///
    /// - Throws: ``StoreError`` when a folder cannot be listed.
    public func databases() throws(StoreError) -> [String] {
        var found: [String] = []
        for folder in [path] + (try Self.entries(of: path, ofKind: S_IFDIR)) {
            if folder.hasPrefix(path + "/" + Self.scratchPrefix) { continue }
            found += try Self.entries(of: folder, ofKind: S_IFREG).filter { $0.hasSuffix(".sqlite") }
        }
        return found.sorted()
    }

    /// What the names of folders begin with that hold work which nobody keeps.
    package static let scratchPrefix = "scratch-"

    /// The paths of a folder's entries of one kind; none of a folder that has just gone.
    private static func entries(of folder: String, ofKind kind: mode_t) throws(StoreError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw StoreError(errno: errno, doing: "cannot list \(folder)")
        }
        defer { closedir(stream) }
        var paths: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(".") { continue }
            var info = stat()
            // Links are followed: an operator may keep a large file elsewhere.
            guard stat(folder + "/" + name, &info) == 0, info.st_mode & S_IFMT == kind else { continue }
            paths.append(folder + "/" + name)
        }
        return paths
    }

    /// The process that owns the directory, or nil when none does.
    ///
    /// - Throws: ``StoreError`` when the lock cannot be looked at.
    public func owner() throws(StoreError) -> Owner? { try OwnershipLock.owner(ofDirectory: path) }

    /// Lets other processes know which fan-outs this one runs; nothing where it only reads.
    ///
    /// - Parameter fanOuts: Their ids.
    /// - Throws: ``StoreError`` when the lock file cannot be written.
    public func announce(fanOuts: [String]) throws(StoreError) { try lock?.write(fanOuts: fanOuts) }

    /// Lets other processes know that this one runs a fan-out, or does no longer; nothing where it only reads.
    ///
    /// - Parameters:
    ///   - id: The fan-out's id.
    ///   - isUnderWay: Whether it runs it.
    /// - Throws: ``StoreError`` when the lock file cannot be written.
    public func announce(fanOut id: String, isUnderWay: Bool) throws(StoreError) {
        try lock?.write(fanOut: id, isUnderWay: isUnderWay)
    }

    /// Whether this process has let others know that it runs a fan-out.
    public var announcesFanOuts: Bool { lock?.announcesFanOuts ?? false }

    /// Lets other processes know where this one listens for orders; nothing where it only reads.
    ///
    /// - Parameter controlSocket: A name in the directory or a whole path; nil: nowhere any more.
    /// - Throws: ``StoreError`` when the lock file cannot be written.
    public func announce(controlSocket: String?) throws(StoreError) { try lock?.write(controlSocket: controlSocket) }

    /// The 32 bytes under which secrets are sealed; made by the owner at first use.
    ///
    /// - Throws: ``StoreError``: `notFound` for a reader when there is no key yet, `corrupt` when the file has another
    ///   length.
    public func sealingKey() throws(StoreError) -> [UInt8] {
        try Self.sealingKey(at: keyPath, access)
    }

    /// The same for who does not keep the directory.
    package static func sealingKey(at path: String, _ access: Access) throws(StoreError) -> [UInt8] {
        try SealingKeyFile(path: path).read(creating: access == .own)
    }

    private static func makeDirectory(_ path: String) throws(StoreError) {
        if mkdir(path, 0o700) == 0 { return try Durability.syncDirectory(ofFile: path) }
        let code = errno
        if code == ENOENT {
            throw StoreError(
                .notFound,
                "cannot create the data directory \(path): the folder that it is to stand in does not exist",
                errno: code
            )
        }
        guard code == EEXIST else {
            throw StoreError(errno: code, doing: "cannot create the data directory \(path)")
        }
        try requireDirectory(path)
    }

    private static func requireDirectory(_ path: String) throws(StoreError) {
        var info = stat()
        guard stat(path, &info) == 0 else {
            let code = errno
            guard code == ENOENT else {
                throw StoreError(errno: code, doing: "cannot open the data directory \(path)")
            }
            throw StoreError(
                .notFound,
                "there is no data directory \(path); the first run makes it, another is chosen with --data",
                errno: code
            )
        }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(.notFound, "\(path) is no directory, so it cannot be the data directory")
        }
    }
}
