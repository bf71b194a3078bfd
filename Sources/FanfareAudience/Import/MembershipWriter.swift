import FanfareStore
import GRDB

/// Puts contacts into tags and groups, which are made when a row first names them.
final class MembershipWriter {
    private let now: Int64
    private let insertTag: HotStatement
    private let insertInterest: HotStatement
    private var tags = NameCache()
    private var interests: [Int64: NameCache] = [:]

    init(now: Int64, _ db: Database) throws {
        self.now = now
        insertTag = try HotStatement(db, "INSERT OR IGNORE INTO segment_contact (segment_id, contact_id) VALUES (?, ?)")
        insertInterest = try HotStatement(
            db,
            "INSERT OR IGNORE INTO contact_interest (interest_id, contact_id) VALUES (?, ?)"
        )
    }

    func tag(_ contact: Int64, _ name: UnsafeRawBufferPointer, _ db: Database) throws {
        let id = try tags.id(of: name) { try TagTable.idMakingTag(named: $0, now: now, db) }
        insertTag.bind(1, id)
        insertTag.bind(2, contact)
        try insertTag.run()
    }

    func interest(_ contact: Int64, _ name: UnsafeRawBufferPointer, category: Int64, _ db: Database) throws {
        let id = try interests[category, default: NameCache()].id(of: name) { name in
            try MembershipWriter.idMakingInterest(named: name, category: category, db)
        }
        insertInterest.bind(1, id)
        insertInterest.bind(2, contact)
        try insertInterest.run()
    }

    private static func idMakingInterest(named name: String, category: Int64, _ db: Database) throws -> Int64 {
        try db.execute(
            sql: "INSERT OR IGNORE INTO interest (category_id, name) VALUES (?, ?)",
            arguments: [category, name]
        )
        let id = try Int64.fetchOne(
            db,
            sql: "SELECT id FROM interest WHERE category_id = ? AND name = ?",
            arguments: [category, name]
        )
        guard let id else { throw AudienceError(.storage, "the group \"\(name)\" was not stored") }
        return id
    }
}
