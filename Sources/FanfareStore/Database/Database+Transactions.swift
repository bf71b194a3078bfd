public import GRDB

/// Transactions whose statements are compiled once a connection: GRDB compiles its own each time, which takes longer than
/// what a small one does.
extension Database {
    /// Runs a reading over one state of the file, within the transaction under way or one of its own.
    ///
    /// - Throws: What the body throws, or what kept the transaction from beginning.
    public func inSnapshot<Value>(_ body: () throws -> Value) throws -> Value {
        if isInsideTransaction { return try body() }
        try run("BEGIN DEFERRED TRANSACTION")
        let value: Value
        do {
            value = try body()
        } catch {
            try end(with: "ROLLBACK TRANSACTION")
            throw error
        }
        try end(with: "COMMIT TRANSACTION")
        return value
    }

    /// Runs a write in a transaction of its own.
    ///
    /// - Throws: What the body throws, or what kept the transaction from beginning or from the disk: nothing is written.
    public func inWrite(_ body: () throws -> Void) throws {
        try run("BEGIN IMMEDIATE TRANSACTION")
        do {
            try body()
            try run("COMMIT TRANSACTION")
        } catch {
            try end(with: "ROLLBACK TRANSACTION")
            throw error
        }
    }

    /// Runs a part of a transaction that takes back its own changes alone when it throws.
    ///
    /// - Throws: What the body throws. The transaction may have ended then, as a full disk ends all of it.
    public func inPart<Value>(_ body: () throws -> Value) throws -> Value {
        try run("SAVEPOINT part")
        do {
            let value = try body()
            try run("RELEASE SAVEPOINT part")
            return value
        } catch {
            if isInsideTransaction {
                try run("ROLLBACK TRANSACTION TO SAVEPOINT part")
                try run("RELEASE SAVEPOINT part")
            }
            throw error
        }
    }

    /// SQLite itself has ended the transaction where something failed badly.
    private func end(with sql: String) throws {
        if isInsideTransaction { try run(sql) }
    }

    private func run(_ sql: String) throws { try HotStatement(cachedIn: self, sql).run() }
}
