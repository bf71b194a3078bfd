import GRDBSQLite
import Glibc

extension StoreError.Code {
    /// The code for one of SQLite's result codes, primary or extended.
    init(sqliteCode: Int32) {
        switch sqliteCode & 0xff {
        case SQLITE_FULL: self = .diskFull
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: self = .readOnly
        case SQLITE_CANTOPEN, SQLITE_NOTFOUND: self = .notFound
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT: self = .ioFailure
        default: self = .misuse
        }
    }

    /// The code for one of the system's error numbers.
    init(errno: Int32) {
        switch errno {
        case ENOSPC, EDQUOT: self = .diskFull
        case EROFS, EACCES, EPERM: self = .readOnly
        case ENOENT, ENOTDIR: self = .notFound
        case EEXIST: self = .exists
        case EWOULDBLOCK: self = .inUse
        default: self = .ioFailure
        }
    }
}

/// The system's sentence for an error number.
func systemMessage(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.lazy.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }, as: UTF8.self)
}
