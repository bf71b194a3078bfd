import FanfareStore
import GRDB
import Glibc

/// Inserts rows of one table eight at a time: a statement's fixed cost (with AUTOINCREMENT most of an insert) is paid
/// once for all.
///
/// What is appended is copied, and stands in the database after ``flush()`` at the latest.
final class BatchInsert {
    static let rows = 8
    private static let arenaSize = 256 << 10

    private let many: HotStatement
    private let one: HotStatement
    private let width: Int
    @exclusivity(unchecked)  // Used by one database access at a time, as all of the import.
    private var pending: ContiguousArray<CellValue> = []
    private let arena: UnsafeMutableRawPointer
    @exclusivity(unchecked)
    private var arenaUsed = 0

    /// - Parameters:
    ///   - width: Parameters of a row.
    ///   - sql: The statement for so many rows; parameters are numbered row by row.
    init(width: Int, _ db: Database, sql: (_ rows: Int) -> String) throws {
        self.width = width
        one = try HotStatement(db, sql(1))
        many = try HotStatement(db, sql(BatchInsert.rows))
        pending.reserveCapacity(width * BatchInsert.rows)
        arena = .allocate(byteCount: BatchInsert.arenaSize, alignment: 8)
    }

    deinit { arena.deallocate() }

    /// Takes one row, in the order of the parameters.
    func append(_ row: ContiguousArray<CellValue>) throws {
        let bytes = textBytes(of: row)
        if arenaUsed &+ bytes > BatchInsert.arenaSize { try flush() }
        guard bytes <= BatchInsert.arenaSize else {
            for index in row.indices { bind(row[index], one, index &+ 1) }
            return try one.run()
        }
        for value in row { pending.append(copied(value)) }
        if pending.count == width &* BatchInsert.rows {
            for index in pending.indices { bind(pending[index], many, index &+ 1) }
            try many.run()
            forget()
        }
    }

    /// Writes what is pending.
    func flush() throws {
        var begin = 0
        while begin < pending.count {
            for index in 0..<width { bind(pending[begin &+ index], one, index &+ 1) }
            try one.run()
            begin &+= width
        }
        forget()
    }

    private func forget() {
        pending.removeAll(keepingCapacity: true)
        arenaUsed = 0
    }

    private func textBytes(of row: ContiguousArray<CellValue>) -> Int {
        var sum = 0
        for value in row { if case .text(let bytes) = value { sum &+= bytes.count } }
        return sum
    }

    private func copied(_ value: CellValue) -> CellValue {
        guard case .text(let bytes) = value, let source = bytes.baseAddress else { return value }
        let target = arena + arenaUsed
        memcpy(target, source, bytes.count)
        arenaUsed &+= bytes.count
        return .text(UnsafeRawBufferPointer(start: target, count: bytes.count))
    }
}

/// Binds a checked cell of a new row; its text must stay where it is until the statement is reset.
@inline(__always)
func bind(_ value: CellValue, _ statement: HotStatement, _ parameter: Int) {
    switch value {
    case .null, .cleared: statement.bindNull(parameter)
    case .text(let bytes): statement.bind(parameter, text: bytes, .untilReset)
    case .integer(let value): statement.bind(parameter, value)
    case .real(let value): statement.bind(parameter, value)
    }
}
