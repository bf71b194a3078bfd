import GRDB

extension Ledger {
    /// The parts in which the frozen set goes out.
    ///
    /// - Throws: `StoreError`, ``DeliveryError`` for a ledger that is damaged.
    public func waves() throws -> Waves {
        try describingDamage {
            try openForReading().read { db in
                // One that only an older version has written has none.
                guard try db.tableExists("wave") else { return Waves() }
                let rows = try Row.fetchAll(db, sql: "SELECT first, due_at FROM wave ORDER BY first")
                return Waves(try rows.map { .init(first: try $0.whole("first"), dueAt: try $0.whole("due_at")) })
            }
        }
    }

    /// Within the freeze.
    static func write(_ waves: Waves, _ db: Database) throws {
        for wave in waves.waves {
            try db.execute(
                sql: "INSERT INTO wave (first, due_at) VALUES (?, ?)",
                arguments: [wave.first, wave.dueAt]
            )
        }
    }
}
