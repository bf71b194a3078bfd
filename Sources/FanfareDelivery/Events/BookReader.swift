import FanfareStore
import GRDB

/// A book as the events' loop reads it: over a connection of its own.
final class BookReader {
    let book: EventBook
    private let database: DatabaseQueue

    /// - Throws: `StoreError`.
    init(_ book: EventBook) throws {
        self.book = book
        database = try book.openForReading()
    }

    /// Reads one state of the file. The connection cannot write, and needs none of GRDB's precautions against that.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try database.unsafeRead { db in try db.inSnapshot { try body(db) } }
    }
}
