import FanfareStore
import GRDB

/// Tags, which are segments of the kind `static`.
///
/// Names are told apart without regard to case.
enum TagTable {
    /// Puts a contact on a tag: the tag's id, the contact's key, Unix time in seconds.
    static let putSQL = "INSERT OR IGNORE INTO segment_contact (segment_id, contact_id, added) VALUES (?1, ?2, ?3)"
    /// Takes a contact off a tag.
    static let takeSQL = "DELETE FROM segment_contact WHERE segment_id = ?1 AND contact_id = ?2"

    /// The id of a tag; nil when there is none.
    static func id(ofTagNamed name: String, _ db: Database) throws -> Int64? {
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT id FROM segment WHERE kind = 'static' AND name_key = ?"
        )
        statement.bind(1, try folded(name))
        return try statement.step() ? statement.columnInt64(0) : nil
    }

    /// The id of a tag, which is made when there is none.
    static func idMakingTag(named name: String, now: Int64, _ db: Database) throws -> Int64 {
        if let id = try id(ofTagNamed: name, db) { return id }
        try db.execute(
            sql: "INSERT INTO segment (kind, name, name_key, created, updated) VALUES ('static', ?, ?, ?, ?)",
            arguments: [name, try folded(name), now, now]
        )
        return db.lastInsertedRowID
    }
}
