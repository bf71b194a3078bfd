public import GRDB

/// Inserts rows, several by a statement where there are so many.
///
/// Most of what a statement takes it takes once, however many rows it has: its cursors, and for a table that counts its
/// keys (`AUTOINCREMENT`) reading and noting the last one.
///
/// Thread: that of its connection; see ``HotStatement``.
public struct RowInserter {
    /// Rows of a statement: with more of them it hardly takes less for each.
    private static let several = 8

    private let db: Database
    private let head: String
    private let row: String
    private let columns: Int
    private let single: HotStatement
    private var multiple: HotStatement?

    /// - Parameters:
    ///   - db: The connection, which keeps the statements.
    ///   - insert: All before `VALUES`. With `OR IGNORE` or `OR FAIL`: so that it could take back all rows of a
    ///     statement when one fails, SQLite would copy every page before it changes it.
    ///   - row: A row's values in brackets, each `?` a parameter.
    /// - Throws: `DatabaseError`.
    public init(cachedIn db: Database, _ insert: String, row: String) throws {
        (self.db, head, self.row) = (db, insert, row)
        columns = row.utf8.count { $0 == UInt8(ascii: "?") }
        single = try HotStatement(cachedIn: db, "\(insert) VALUES \(row)")
    }

    /// Inserts rows in their order.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - bind: Binds the values of a row, from 0: its parameters begin behind `offset`. What it binds `untilReset`
    ///     must outlast the call of this function.
    /// - Throws: ``StoreError``; what was inserted before then stays, until the transaction is taken back.
    public mutating func insert(
        _ count: Int,
        bind: (_ row: Int, _ statement: HotStatement, _ offset: Int) throws -> Void
    ) throws {
        var next = 0
        while count - next >= Self.several {
            let statement = try multiple ?? prepareMultiple()
            for place in 0..<Self.several { try bind(next + place, statement, place * columns) }
            try statement.run()
            next += Self.several
        }
        while next < count {
            try bind(next, single, 0)
            try single.run()
            next += 1
        }
    }

    private mutating func prepareMultiple() throws -> HotStatement {
        let rows = Array(repeating: row, count: Self.several).joined(separator: ", ")
        let statement = try HotStatement(cachedIn: db, "\(head) VALUES \(rows)")
        multiple = statement
        return statement
    }
}
