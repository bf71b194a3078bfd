import CPageChecks
public import GRDB
import GRDBSQLite
import Glibc

/// Opens SQLite files the one way all of Fanfare's are opened: WAL, `synchronous=FULL`, no implicit creation.
///
/// Files made here keep a checksum of each page, so that a page that is not as it was written is an error
/// (``StoreError/Code/corrupt``), never an answer. Another program that reads such a file notices nothing of that; one
/// that writes into it damages it. Files that were made without are opened as they are.
///
/// Foreign keys are off: the hot paths would pay for a look-up per row, and keys are never used twice.
public enum DatabaseFile {
    /// What may become of the file on opening.
    public enum Mode: Sendable, Hashable {
        /// Made when missing.
        case create
        /// Made; there must be none.
        case createNew
        /// Opened for writing so that SQLite cannot create it.
        case mustExist
        /// Opened for reading, also beside a writer.
        case readOnly
        /// Opened for reading a file that nobody writes, such as one of a backup: nothing is locked, no log is looked
        /// for, and nothing is left beside it.
        case unchanging

        /// Whether nothing can be written.
        var isReading: Bool { self == .readOnly || self == .unchanging }
    }

    /// What a connection costs and how long it waits.
    public struct Settings: Sendable, Hashable {
        /// Page cache of the connection, in bytes.
        public var cacheBytes: Int
        /// How long a statement waits for another connection's lock.
        public var busyTimeout: Duration
        /// In bytes, a power of two from 512 to 65,536; takes effect when the file is made.
        public var pageSize: Int
        /// Whether what was committed survives a power cut. Without it the file is one that nobody keeps: no WAL, nothing
        /// synchronised, and a reader waits for a writer's transaction to end.
        public var isDurable = true
        /// What GRDB and debuggers call the connection.
        public var label: String?
        /// A transaction may stay open between two uses of the connection, which then looks for another's lock to end
        /// every half of a millisecond, not at growing intervals: beside writers that commit without a pause it would
        /// wait for long.
        var holdsTransactions = false

        /// - Parameters: see the properties of the same names.
        public init(
            cacheBytes: Int = 4 << 20,
            busyTimeout: Duration = .seconds(10),
            pageSize: Int = 4096,
            label: String? = nil
        ) {
            self.cacheBytes = cacheBytes
            self.busyTimeout = busyTimeout
            self.pageSize = pageSize
            self.label = label
        }
    }

    /// Opens a database file.
    ///
    /// - Parameters:
    ///   - path: The file. Made files have mode 0600, as have their `-wal` and `-shm`.
    ///   - mode: What may become of it.
    ///   - settings: Cache and time-out.
    ///   - prepare: Runs once on the connection, for example to register functions.
    /// - Returns: One connection, whose use GRDB serialises.
    /// - Throws: ``StoreError``, `notFound` for a missing file where it must exist, `exists` where it must not.
    public static func open(
        _ path: String,
        mode: Mode,
        settings: Settings = Settings(),
        prepare: (@Sendable (Database) throws -> Void)? = nil
    ) throws(StoreError) -> DatabaseQueue {
        guard pageChecks == SQLITE_OK else {
            throw StoreError(.misuse, "SQLite takes no file system of ours", sqliteCode: pageChecks)
        }
        try makeFile(path, mode: mode)
        var configuration = Configuration()
        configuration.readonly = mode.isReading
        configuration.foreignKeysEnabled = false
        configuration.busyMode = busyMode(settings)
        configuration.allowsUnsafeTransactions = settings.holdsTransactions
        configuration.label = settings.label
        configuration.prepareDatabase { db in
            try setUp(db, mode: mode, settings: settings)
            try prepare?(db)
        }
        do {
            let address = uri(path, readOnly: mode.isReading) + (mode == .unchanging ? "&immutable=1" : "")
            return try DatabaseQueue(path: address, configuration: configuration)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Makes a file with its tables where there is none, so that whoever reads beside its maker finds all of them or no file.
    ///
    /// One thread at a time for a path; nobody else may make the file.
    ///
    /// - Parameters:
    ///   - path: The file. After a death one with `.new` behind its name may be left, until the next call.
    ///   - schema: Its tables.
    /// - Throws: ``StoreError``.
    public static func makeWhole(_ path: String, _ schema: Schema) throws(StoreError) {
        guard !Durability.fileExists(path) else { return }
        let draft = draft(of: path)
        try Durability.deleteDatabase(draft)
        let database = try open(draft, mode: .createNew)
        try schema.migrate(database)
        // Closing alone would do it too, and say nothing of a disk that has no room for it.
        guard try WriteAheadLog.empty(database) else { throw StoreError(.busy, "\(draft) is used by somebody else") }
        do { try database.close() } catch { throw StoreError(error, path: draft) }
        // A log of a file of that name that somebody has removed alone would be taken for the new one's.
        try Durability.deleteDatabase(path)
        try Durability.rename(draft, to: path)
    }

    /// The name that a file has until it is whole.
    static func draft(of path: String) -> String { path + ".new" }

    /// Makes a file for a copy of another; its connection is set up by the caller alone.
    ///
    /// - Throws: ``StoreError``, `exists` when there is one.
    static func openCopy(
        _ path: String,
        setUp: @escaping @Sendable (Database) throws -> Void
    ) throws(StoreError) -> DatabaseQueue {
        guard pageChecks == SQLITE_OK else {
            throw StoreError(.misuse, "SQLite takes no file system of ours", sqliteCode: pageChecks)
        }
        try makeFile(path, mode: .createNew)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.label = "copy"
        configuration.prepareDatabase(setUp)
        do {
            return try DatabaseQueue(path: uri(path, readOnly: false), configuration: configuration)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// The `file:` URI under which SQLite opens or attaches a file that must exist (https://www.sqlite.org/uri.html).
    public static func uri(_ path: String, readOnly: Bool) -> String {
        "file:\(escaped(path))?mode=\(readOnly ? "ro" : "rw")&vfs=fanfare"
    }

    /// Registers the file system that the URIs name, once.
    private static let pageChecks = fanfare_register_page_checks()

    /// The path in a URI that ``uri(_:readOnly:)`` made; anything else as it is.
    static func path(inURI text: String) -> String {
        guard text.hasPrefix("file:"), let query = text.lastIndex(of: "?") else { return text }
        var bytes = Array(text[..<query].utf8.dropFirst("file:".utf8.count))[...]
        var result: [UInt8] = []
        while let byte = bytes.popFirst() {
            let digits = bytes.prefix(2)
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
                bytes = bytes.dropFirst(2)
                result.append(value)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func busyMode(_ settings: Settings) -> Database.BusyMode {
        guard settings.holdsTransactions else { return .timeout(settings.busyTimeout / .seconds(1)) }
        let tries = Int(settings.busyTimeout / .microseconds(500))
        return .callback { tried in
            usleep(500)
            return tried < tries
        }
    }

    private static func setUp(_ db: Database, mode: Mode, settings: Settings) throws {
        try db.execute(sql: "PRAGMA cache_size = -\(max(1, settings.cacheBytes >> 10))")
        guard !mode.isReading else { return }
        try db.execute(sql: "PRAGMA page_size = \(settings.pageSize)")
        guard let connection = db.sqliteConnection else { throw StoreError(.misuse, "the connection is closed") }
        let code = fanfare_keep_page_checks(UnsafeMutableRawPointer(connection))
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        guard settings.isDurable else {
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = MEMORY")
            return try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        try db.execute(sql: "PRAGMA synchronous = FULL")
    }

    private static func makeFile(_ path: String, mode: Mode) throws(StoreError) {
        switch mode {
        case .create:
            _ = try Durability.createFile(path)
        case .createNew:
            guard try Durability.createFile(path) else { throw StoreError(.exists, "\(path) exists already") }
        case .mustExist, .readOnly, .unchanging:
            guard Durability.fileExists(path) else { throw StoreError(.notFound, "\(path) is missing") }
        }
    }

    /// A path as the path of a `file:` URI: everything but letters, digits and `/._-~` by its bytes.
    static func escaped(_ path: String) -> String {
        var result: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "~"):
                result.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
