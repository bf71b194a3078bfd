import FanfareStore
public import GRDB

/// An event ledger to be looked at, beside its owner or without one.
public enum EventLedger {
    /// A connection that only reads, with the audience beside it, which queries call ``AudienceAttachment/schema``.
    ///
    /// - Parameters:
    ///   - path: The ledger's file.
    ///   - audienceFile: The audience's.
    /// - Throws: `StoreError`, also when a file is missing or was made by a newer version.
    public static func openForReading(_ path: String, beside audienceFile: String) throws -> DatabaseQueue {
        let database = try DatabaseFile.open(path, mode: .readOnly, settings: .init(label: "events-reader"))
        try EventLedgerSchema.schema.refuseNewer(in: database)
        try database.inDatabase { try AudienceAttachment.attach(audienceFile, to: $0) }
        return database
    }

    /// What earlier installations gave ids to, as the file says.
    ///
    /// - Parameter db: Inside an access of a connection to the file.
    package static func epochs(_ db: Database) throws -> [EventEpoch] {
        // A version that knew of no restores has made it, and no daemon has come by since.
        try db.tableExists("event_installation") ? try RestoredEvents.epochs(db) : []
    }
}
