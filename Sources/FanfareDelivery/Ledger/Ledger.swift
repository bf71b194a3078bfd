import FanfareStore
public import GRDB

/// The file that knows the state of every delivery of one fan-out.
///
/// One process owns it; others read it beside the owner. A value that names the file: each thread opens its own
/// connection.
public struct Ledger: Sendable, Hashable {
    /// Where the file stands.
    public let path: String

    /// The commits that it must have: a file with fewer has lost some, and is damaged.
    public let leastCommits: Int64

    /// - Parameters:
    ///   - path: An existing ledger file; nothing is opened yet.
    ///   - leastCommits: The commits that it is known to have had.
    public init(path: String, leastCommits: Int64 = 0) {
        self.path = path
        self.leastCommits = leastCommits
    }

    /// Makes an empty ledger, in the place of one that was never frozen.
    ///
    /// - Parameters:
    ///   - path: The file; one that exists there must not carry the frozen mark.
    ///   - run: The run number of the fan-out's name, from 1.
    /// - Throws: `StoreError`, and ``DeliveryError`` when a frozen ledger stands there.
    public static func create(at path: String, run: Int64) throws -> Ledger {
        let ledger = Ledger(path: path)
        if let progress = try ledger.progressIfAny() {
            if progress.isFrozen { throw DeliveryError(.ledgerExists, "a frozen ledger stands at \(path)") }
            try Durability.deleteDatabase(path)
        }
        let database = try DatabaseFile.open(path, mode: .create)
        try LedgerSchema.schema.migrate(database)
        try database.write { db in
            try db.execute(sql: "INSERT INTO progress (id, run) VALUES (1, ?)", arguments: [run])
        }
        try database.close()
        return ledger
    }

    /// Whether the file is there, whole, and carries the frozen mark.
    ///
    /// - Throws: `StoreError`, ``DeliveryError`` for a file that is no ledger or a damaged one.
    public func isFrozen() throws -> Bool { try progressIfAny()?.isFrozen ?? false }

    /// A connection that writes; the owner of the data directory only.
    ///
    /// - Throws: `StoreError`, also when the file is missing (a ledger is never made anew in silence) or was made by a
    ///   newer version.
    public func openForWriting() throws -> DatabaseQueue {
        try requireWholeLength()
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try LedgerSchema.schema.refuseNewer(in: database)
        // One that an older version made is brought up to date; one without tables is none, and is not made one.
        if try database.read({ try $0.tableExists("progress") }) { try LedgerSchema.schema.migrate(database) }
        try requireLastState(database)
        return database
    }

    /// A connection that only reads, beside the owner or without one.
    ///
    /// - Throws: `StoreError`, also when the file is missing or was made by a newer version.
    public func openForReading() throws -> DatabaseQueue {
        try requireWholeLength()
        let database = try DatabaseFile.open(path, mode: .readOnly)
        try LedgerSchema.schema.refuseNewer(in: database)
        try requireLastState(database)
        return database
    }

    /// What the ledger knows of its fan-out as a whole, as last committed.
    ///
    /// - Throws: `StoreError`, ``DeliveryError`` for one that is damaged.
    public func progress() throws -> LedgerProgress {
        try describingDamage {
            try openForReading().read { db in
                let progress = try Self.progress(db)
                try requireConsistent(progress, db)
                return progress
            }
        }
    }

    /// The same over an open connection.
    public static func progress(_ db: Database) throws -> LedgerProgress {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM progress") else {
            throw Contradiction(what: "it has no progress row")
        }
        var progress = LedgerProgress()
        progress.isFrozen = try row.whole("frozen") != 0
        progress.run = try row.whole("run")
        progress.watermark = try row.whole("watermark")
        progress.claimed = try row.whole("claimed")
        progress.laneSeconds = try row.whole("lane_seconds")
        progress.recovered = try row.whole("recovered")
        // A ledger that only an older version has written has no such column yet.
        progress.commits = try row.wholeIfAny("commits") ?? 0
        for state in DeliveryState.allCases { progress.counts[state] = try row.whole(state.name) }
        // A ledger has none before its first outcome, nor where only an older version has written it.
        if let sum = try row.wholeIfAny("progress_sum"), sum != progress.sum {
            throw Contradiction(what: "its progress row is not as it was written")
        }
        return progress
    }

    /// The job as it was when the fan-out began or a change was accepted, sealed.
    public func job() throws -> String {
        try describingDamage {
            try openForReading().read { db in
                guard let document = try String.fetchOne(db, sql: "SELECT document FROM job") else {
                    throw damaged("it holds no job")
                }
                return document
            }
        }
    }

    /// Nil when there is no file; nothing frozen where a file was left before it was whole.
    private func progressIfAny() throws -> LedgerProgress? {
        guard Durability.fileExists(path) else { return nil }
        return try describingDamage {
            try openForReading().read { db in
                guard try db.tableExists("progress"), try Bool.fetchOne(db, sql: "SELECT 1 FROM progress") != nil
                else { return LedgerProgress() }
                let progress = try Self.progress(db)
                try requireConsistent(progress, db)
                return progress
            }
        }
    }
}
