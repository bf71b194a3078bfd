public import GRDB
import GRDBSQLite

/// A prepared statement that is bound and stepped through SQLite itself, without allocation: for loops over many rows.
///
/// Thread: that of its connection; use it, and let go of it, only inside the database accesses of the `DatabaseQueue`
/// it was made in, for SQLite's connections are not locked. Parameters count from 1, columns from 0, as in SQLite's
/// manual. A parameter that could not be bound is reported by the next ``step()``.
public final class HotStatement {
    /// How long the bytes given to a `bind` stay valid.
    public enum Lifetime: Sendable {
        /// Until the statement is reset or bound anew: SQLite reads them in place.
        case untilReset
        /// Until the call returns: SQLite makes a copy.
        case duringCall
    }

    private let statement: OpaquePointer
    /// Whose statement it is; nil: its own.
    private let lender: Statement?
    private var bindFailure: Int32 = SQLITE_OK

    /// Compiles one statement.
    ///
    /// - Parameters:
    ///   - db: The connection; it must outlive the statement.
    ///   - sql: One statement, no more.
    /// - Throws: ``StoreError``.
    public init(_ db: Database, _ sql: String) throws(StoreError) {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(db.sqliteConnection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else {
            let reason = String(cString: sqlite3_errmsg(db.sqliteConnection))
            throw StoreError(
                sqliteCode: code == SQLITE_OK ? SQLITE_MISUSE : sqlite3_extended_errcode(db.sqliteConnection),
                message: "\(reason) in: \(sql)"
            )
        }
        statement = compiled
        lender = nil
    }

    /// Borrows a statement that GRDB keeps with the connection, compiled at its first use; without its bookkeeping of
    /// rows and arguments. Until it is let go of nobody else may use one of the same text.
    ///
    /// - Parameters:
    ///   - db: The connection.
    ///   - sql: One statement, no more. All its parameters must be bound: they may be bound still from the last use.
    /// - Throws: `DatabaseError`.
    public init(cachedIn db: Database, _ sql: String) throws {
        let lender = try db.cachedStatement(sql: sql)
        statement = lender.sqliteStatement
        self.lender = lender
        reset()
    }

    deinit {
        if lender == nil { sqlite3_finalize(statement) } else { reset() }
    }

    /// Binds an integer.
    public func bind(_ index: Int, _ value: Int64) {
        note(sqlite3_bind_int64(statement, Int32(truncatingIfNeeded: index), value))
    }

    /// Binds a number; a literal without a point is an integer.
    @_disfavoredOverload
    public func bind(_ index: Int, _ value: Double) {
        note(sqlite3_bind_double(statement, Int32(truncatingIfNeeded: index), value))
    }

    /// Binds NULL.
    public func bindNull(_ index: Int) {
        note(sqlite3_bind_null(statement, Int32(truncatingIfNeeded: index)))
    }

    /// Binds text, which must be UTF-8; an empty buffer is the empty text.
    public func bind(_ index: Int, text bytes: UnsafeRawBufferPointer, _ lifetime: Lifetime) {
        let base = bytes.baseAddress ?? nowhere
        note(
            sqlite3_bind_text64(
                statement,
                Int32(truncatingIfNeeded: index),
                base.assumingMemoryBound(to: CChar.self),
                UInt64(bytes.count),
                destructor(lifetime),
                UInt8(SQLITE_UTF8)
            )
        )
    }

    /// Binds a blob; an empty buffer is the empty blob.
    public func bind(_ index: Int, blob bytes: UnsafeRawBufferPointer, _ lifetime: Lifetime) {
        let base = bytes.baseAddress ?? nowhere
        note(
            sqlite3_bind_blob64(
                statement,
                Int32(truncatingIfNeeded: index),
                base,
                UInt64(bytes.count),
                destructor(lifetime)
            )
        )
    }

    /// Binds a copy of a string; NULL where there is none.
    public func bind(_ index: Int, _ value: String?) {
        guard var value else { return bindNull(index) }
        value.withUTF8 { bind(index, text: UnsafeRawBufferPointer($0), .duringCall) }
    }

    /// Goes on to the next row.
    ///
    /// - Returns: Whether there is one; after `false` the statement must be reset before it is used again.
    /// - Throws: ``StoreError``, with the statement reset.
    public func step() throws(StoreError) -> Bool {
        guard bindFailure == SQLITE_OK else {
            let code = bindFailure
            bindFailure = SQLITE_OK
            reset()
            throw StoreError(sqliteCode: code, message: "a parameter could not be bound")
        }
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failure()
    }

    /// Runs a statement that gives no rows, and resets it.
    ///
    /// - Throws: ``StoreError``, with the statement reset.
    public func run() throws(StoreError) {
        while try step() {}
        reset()
    }

    /// Makes the statement ready to run again; bindings stay.
    public func reset() {
        // The code repeats what the last step reported.
        _ = sqlite3_reset(statement)
    }

    /// An integer of the current row; 0 for NULL.
    public func columnInt64(_ index: Int) -> Int64 {
        sqlite3_column_int64(statement, Int32(truncatingIfNeeded: index))
    }

    /// A text of the current row, or a number as its text; nil for NULL.
    public func columnText(_ index: Int) -> String? {
        columnBytes(index).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a value of the current row is NULL.
    public func columnIsNull(_ index: Int) -> Bool {
        sqlite3_column_type(statement, Int32(truncatingIfNeeded: index)) == SQLITE_NULL
    }

    /// The bytes of a text or blob of the current row, valid until the next step or reset; nil for NULL.
    ///
    /// A number comes as its text.
    public func columnBytes(_ index: Int) -> UnsafeRawBufferPointer? {
        let column = Int32(truncatingIfNeeded: index)
        if let base = sqlite3_column_blob(statement, column) {
            return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(statement, column)))
        }
        // SQLite gives no pointer for an empty blob either.
        return columnIsNull(index) ? nil : UnsafeRawBufferPointer(start: nowhere, count: 0)
    }

    private func note(_ code: Int32) {
        if code != SQLITE_OK && bindFailure == SQLITE_OK { bindFailure = code }
    }

    private func failure() -> StoreError {
        let connection = sqlite3_db_handle(statement)
        let path = sqlite3_db_filename(connection, nil).map { String(cString: $0) + ": " } ?? ""
        let error = StoreError(
            sqliteCode: sqlite3_extended_errcode(connection),
            message: path + StoreError.sentence(sqlite3_extended_errcode(connection), sqlite3_errmsg(connection))
        )
        reset()
        return error
    }

    private func destructor(_ lifetime: Lifetime) -> sqlite3_destructor_type? {
        switch lifetime {
        case .untilReset: nil
        // SQLITE_TRANSIENT, a cast that Swift does not import.
        case .duringCall: unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        }
    }

    /// What stands for the address of no bytes, never read: SQLite takes a null pointer for NULL.
    private var nowhere: UnsafeRawPointer { UnsafeRawPointer(statement) }
}
