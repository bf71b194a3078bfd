package import GRDB
import GRDBSQLite
import Glibc

/// `SQLITE_IOERR_DATA`, a macro that Swift does not see: a page whose checksum is not right.
private let changedPage = SQLITE_IOERR | 32 << 8

/// `SQLITE_IOERR_SHMSIZE`, of the same kind: no room for the index of the write-ahead log, which a full disk refuses
/// to a file that is just being opened.
private let noRoomForIndex = SQLITE_IOERR | 19 << 8

extension StoreError {
    /// What went wrong; SQLite has no words of its own for a page whose checksum is not right.
    static func sentence(_ code: Int32, _ message: UnsafePointer<CChar>) -> String {
        code == changedPage ? changedPageSentence : String(cString: message)
    }
}

private let changedPageSentence = "a page of it is not as it was written"

extension DatabaseError {
    /// What went wrong; SQLite has no words of its own for a page whose checksum is not right.
    package var sentence: String {
        if extendedResultCode.rawValue == changedPage { return changedPageSentence }
        // A backup fails without leaving words on its connection.
        guard let message, message != "not an error" else {
            return String(cString: sqlite3_errstr(extendedResultCode.rawValue))
        }
        return message
    }
}

extension StoreError.Code {
    /// The code for one of SQLite's result codes, primary or extended.
    init(sqliteCode: Int32) {
        if sqliteCode == changedPage {
            self = .corrupt
            return
        }
        if sqliteCode == noRoomForIndex {
            self = .diskFull
            return
        }
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
