import CTextFolding
import FanfareStore
import GRDB

func registerContactFunctions(_ db: Database) throws {
    guard let connection = db.sqliteConnection else { throw StoreError(.misuse, "the connection is closed") }
    let code = fanfare_register_functions(UnsafeMutableRawPointer(connection))
    guard code == 0 else {
        throw StoreError(sqliteCode: code, message: "text cannot be folded: the C library has no C.UTF-8 locale")
    }
}
