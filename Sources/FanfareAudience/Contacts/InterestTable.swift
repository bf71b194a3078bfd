import GRDB

/// Groups ("interests" on Mailchimp's wire) and their categories.
///
/// Names are told apart exactly, as merge tags do.
enum InterestTable {
    /// Ten digits that nobody else has: what Mailchimp's API calls a category or group by.
    private static let uid = "lower(hex(randomblob(5)))"

    static func idMakingCategory(titled title: String, _ db: Database) throws -> Int64 {
        try db.execute(
            sql: "INSERT OR IGNORE INTO interest_category (title, uid) VALUES (?, \(uid))",
            arguments: [title]
        )
        let id = try Int64.fetchOne(db, sql: "SELECT id FROM interest_category WHERE title = ?", arguments: [title])
        guard let id else { throw AudienceError(.storage, "the category \"\(title)\" was not stored") }
        return id
    }

    static func idMakingInterest(named name: String, category: Int64, _ db: Database) throws -> Int64 {
        let key: StatementArguments = [category, name]
        try db.execute(
            sql: "INSERT OR IGNORE INTO interest (category_id, name, uid) VALUES (?, ?, \(uid))",
            arguments: key
        )
        let sql = "SELECT id FROM interest WHERE category_id = ? AND name = ?"
        guard let id = try Int64.fetchOne(db, sql: sql, arguments: key) else {
            throw AudienceError(.storage, "the group \"\(name)\" was not stored")
        }
        return id
    }
}
