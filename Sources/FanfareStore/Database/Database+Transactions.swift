public import GRDB

/// Transactions whose statements are compiled once a connection: GRDB compiles its own each time, which takes longer than
/// what a small one does.
extension Database {
    /// Runs a reading over one state of the file, within the transaction under way or one of its own.
    ///
    /// - Throws: What the body throws, or what kept the transaction from beginning.
    public func inSnapshot<Value>(_ body: () throws -> Value) throws -> Value {
        if isInsideTransaction { return try body() }
        try cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
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

    /// Runs a part of a transaction that takes back its own changes alone when it throws.
    ///
    /// - Throws: What the body throws. The transaction may have ended then, as a full disk ends all of it.
    public func inPart<Value>(_ body: () throws -> Value) throws -> Value {
        try cachedStatement(sql: "SAVEPOINT part").execute()
        do {
            let value = try body()
            try cachedStatement(sql: "RELEASE SAVEPOINT part").execute()
            return value
        } catch {
            if isInsideTransaction {
                try cachedStatement(sql: "ROLLBACK TRANSACTION TO SAVEPOINT part").execute()
                try cachedStatement(sql: "RELEASE SAVEPOINT part").execute()
            }
            throw error
        }
    }

    /// SQLite itself has ended the transaction where something failed badly.
    private func end(with sql: String) throws {
        if isInsideTransaction { try cachedStatement(sql: sql).execute() }
    }
}
