import FanfareAudience
import FanfareStore
public import GRDB

/// An audience's file beside a ledger on one connection, so that one query reads both.
public enum AudienceAttachment {
    /// What queries call the audience's file.
    public static let schema = "audience"

    /// Attaches an audience for reading and registers the functions of its selections.
    ///
    /// - Throws: `StoreError`, also when the file is missing.
    public static func attach(_ path: String, to db: Database) throws {
        try db.execute(sql: "ATTACH DATABASE ? AS \(schema)", arguments: [DatabaseFile.uri(path, readOnly: true)])
        try Audience.registerFunctions(db)
    }
}
