import GRDB

/// What went wrong with a file or database of the data directory.
///
/// Its texts name files and SQLite's own messages, never bound values.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case diskFull, busy, inUse, corrupt, readOnly, notFound, exists, incompatible, constraint, ioFailure, misuse
        }

        private let kind: Kind
        /// No room on the disk, or a quota reached: what is stored stays, the write can be tried again.
        public static let diskFull = Code(kind: .diskFull)
        /// Another connection held the lock longer than the busy time-out.
        public static let busy = Code(kind: .busy)
        /// Another process owns the data directory.
        public static let inUse = Code(kind: .inUse)
        /// The file is no database, or damaged.
        public static let corrupt = Code(kind: .corrupt)
        /// The file, directory or disk may not be written.
        public static let readOnly = Code(kind: .readOnly)
        /// The file or directory is missing.
        public static let notFound = Code(kind: .notFound)
        /// The file is there already, and must not be.
        public static let exists = Code(kind: .exists)
        /// The file was made by a newer or an older Fanfare and cannot be used by this one as it is.
        public static let incompatible = Code(kind: .incompatible)
        /// A unique key or another constraint of a table.
        public static let constraint = Code(kind: .constraint)
        /// Reading or writing failed below SQLite.
        public static let ioFailure = Code(kind: .ioFailure)
        /// A statement that SQLite does not accept: a defect of this program.
        public static let misuse = Code(kind: .misuse)

        /// The code's name, for example `diskFull`.
        public var description: String { kind.rawValue }
    }

    /// What a caller can act on.
    public let code: Code
    /// One sentence for a person.
    public let message: String
    /// SQLite's extended result code, where SQLite said so.
    public let sqliteCode: Int32?
    /// The system's error number, where the system said so.
    public let errno: Int32?
    /// What lies beneath.
    public let cause: (any Error)?

    /// - Parameters: see the properties of the same names.
    public init(
        _ code: Code,
        _ message: String,
        sqliteCode: Int32? = nil,
        errno: Int32? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.sqliteCode = sqliteCode
        self.errno = errno
        self.cause = cause
    }

    /// The sentence, and SQLite's code where there is one.
    public var description: String {
        guard let sqliteCode else { return message }
        return "\(message) (SQLite code \(sqliteCode))"
    }
}

extension StoreError {
    /// Maps an error thrown below: a `StoreError` stays what it is, GRDB's keep their code.
    ///
    /// - Parameters:
    ///   - error: What was thrown.
    ///   - path: The database it concerns, for the message; or the URI under which it was opened.
    public init(_ error: any Error, path: String) {
        let path = DatabaseFile.path(inURI: path)
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            self.init(
                sqliteCode: error.extendedResultCode.rawValue,
                message: "\(path): \(error.sentence)",
                cause: error
            )
        default:
            self.init(.ioFailure, "\(path): \(error)", cause: error)
        }
    }

    /// - Parameters:
    ///   - sqliteCode: An extended result code other than `SQLITE_OK`.
    ///   - message: One sentence.
    ///   - cause: What lies beneath.
    public init(sqliteCode: Int32, message: String, cause: (any Error)? = nil) {
        self.init(Code(sqliteCode: sqliteCode), message, sqliteCode: sqliteCode, cause: cause)
    }

    /// - Parameters:
    ///   - errno: The system's error number.
    ///   - doing: What failed, for example `cannot create the data directory /x`.
    public init(errno: Int32, doing: String) {
        self.init(Code(errno: errno), "\(doing): \(systemMessage(errno))", errno: errno)
    }
}
