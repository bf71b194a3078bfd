import GRDB
import Testing

@testable import FanfareStore

@Suite("Rows inserted several at a time") struct RowInserterTests {
    private let database: DatabaseQueue

    init() throws {
        database = try DatabaseQueue()
        try database.write {
            let columns = "number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, kind INTEGER"
            try $0.execute(sql: "CREATE TABLE row (\(columns))")
        }
    }

    /// Inserts rows of these names; nil is NULL.
    private func insert(_ names: [String?], _ conflict: String) throws {
        try database.write { db in
            let head = "INSERT OR \(conflict) INTO row (name, kind)"
            var inserter = try RowInserter(cachedIn: db, head, row: "(?, 3 + ?)")
            try inserter.insert(names.count) { row, statement, offset in
                statement.bind(offset + 1, names[row])
                statement.bind(offset + 2, Int64(row))
            }
        }
    }

    private func names() throws -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT name || ' ' || kind FROM row ORDER BY number") }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 17, 64])
    func `all stand in their order, whatever their number`(count: Int) throws {
        try insert((0..<count).map { "n\($0)" }, "FAIL")
        #expect(try names() == (0..<count).map { "n\($0) \($0 + 3)" })
        let last = try database.read { try Int.fetchOne($0, sql: "SELECT max(number) FROM row") }
        #expect(last ?? 0 == count)
    }

    @Test func `one that is there already is passed over among others`() throws {
        try insert(["a", "b", "a", "c", "d", "b", "e", "f", "g", "a"], "IGNORE")
        #expect(try names() == ["a 3", "b 4", "c 6", "d 7", "e 9", "f 10", "g 11"])
    }

    @Test func `one that cannot be inserted is an error, and takes back all of the transaction`() throws {
        let error = #expect(throws: StoreError.self) {
            try insert(["a", "b", nil, "c", "d", "e", "f", "g", "h"], "FAIL")
        }
        #expect(error?.message.contains("row.name") == true)
        #expect(try names().isEmpty)
        // The statement can be used again.
        try insert((0..<9).map { "n\($0)" }, "FAIL")
        #expect(try names().count == 9)
    }
}
