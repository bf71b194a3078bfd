import CTextFolding
import Crypto
import FanfareStore
import GRDB

/// Registers `fold`, `md5hex`, `miles` and `is_suppressed`, which the SQL of contacts may use, on a connection.
func registerContactFunctions(_ db: Database) throws {
    guard let connection = db.sqliteConnection else { throw StoreError(.misuse, "the connection is closed") }
    let code = fanfare_register_fold(UnsafeMutableRawPointer(connection))
    guard code == 0 else {
        throw StoreError(sqliteCode: code, message: "text cannot be folded: the C library has no C.UTF-8 locale")
    }
    db.add(function: md5hex)
    db.add(function: Circle.milesFunction)
    db.add(function: nobodyIsSuppressed)
}

/// Where no suppression list is given nobody is on it.
private let nobodyIsSuppressed = DatabaseFunction("is_suppressed", argumentCount: 1, pure: true) { _ in false }

/// The lower-case hexadecimal MD5 of a text's bytes: of the folded address it is what Mailchimp's API names a member by
/// (a name, not a proof of anything).
private let md5hex = DatabaseFunction("md5hex", argumentCount: 1, pure: true) { values in
    guard let text = String.fromDatabaseValue(values[0]) else { return nil }
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * Insecure.MD5.byteCount)
    for byte in Insecure.MD5.hash(data: Array(text.utf8)) {
        for nibble in [byte >> 4, byte & 15] { digits.append(nibble + (nibble < 10 ? 0x30 : 0x57)) }
    }
    return String(decoding: digits, as: UTF8.self)
}
