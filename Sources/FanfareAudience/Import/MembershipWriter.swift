import FanfareStore
import GRDB

/// Puts contacts into tags and groups, which are made when a row first names them.
///
/// Memberships are gathered and written in the order of their key, which is several times faster than in that of the
/// rows; they stand in the database after ``flush()``.
final class MembershipWriter {
    private struct Membership {
        /// The tag's or group's id.
        let set: Int64
        let contact: Int64
    }

    /// Memberships that are gathered at most: 16 bytes each.
    private static let limit = 1 << 17

    private let now: Int64
    private let insertTags: BatchInsert
    private let insertInterests: BatchInsert
    @exclusivity(unchecked)  // Used by one database access at a time, as all of the import.
    private var tags = NameCache()
    private var interests: [Int64: NameCache] = [:]
    @exclusivity(unchecked)
    private var pendingTags: ContiguousArray<Membership> = []
    private var pendingInterests: ContiguousArray<Membership> = []
    private var row: ContiguousArray<CellValue> = [.null, .null]

    init(now: Int64, _ db: Database) throws {
        self.now = now
        insertTags = try BatchInsert(width: 2, db) { rows in
            """
            INSERT OR IGNORE INTO segment_contact (segment_id, contact_id, added)
            SELECT column1, column2, \(now) FROM (VALUES \(MembershipWriter.tuples(rows)))
            """
        }
        insertInterests = try BatchInsert(width: 2, db) { rows in
            "INSERT OR IGNORE INTO contact_interest (interest_id, contact_id) VALUES \(MembershipWriter.tuples(rows))"
        }
    }

    func tag(_ contact: Int64, _ name: UnsafeRawBufferPointer, _ db: Database) throws {
        let id = try tags.id(of: name) { try TagTable.idMakingTag(named: $0, now: now, db) }
        pendingTags.append(Membership(set: id, contact: contact))
        if pendingTags.count == MembershipWriter.limit { try flush() }
    }

    func interest(_ contact: Int64, _ name: UnsafeRawBufferPointer, category: Int64, _ db: Database) throws {
        let id = try interests[category, default: NameCache()].id(of: name) { name in
            try InterestTable.idMakingInterest(named: name, category: category, db)
        }
        pendingInterests.append(Membership(set: id, contact: contact))
        if pendingInterests.count == MembershipWriter.limit { try flush() }
    }

    /// Looks names up anew: others may have removed a tag or group.
    func forgetNames() {
        tags = NameCache()
        interests = [:]
    }

    /// Writes what was gathered; to be called before a transaction commits.
    func flush() throws {
        pendingTags.sort { ($0.set, $0.contact) < ($1.set, $1.contact) }
        try write(pendingTags, insertTags)
        pendingTags.removeAll(keepingCapacity: true)
        pendingInterests.sort { ($0.contact, $0.set) < ($1.contact, $1.set) }
        try write(pendingInterests, insertInterests)
        pendingInterests.removeAll(keepingCapacity: true)
    }

    private func write(_ memberships: ContiguousArray<Membership>, _ insert: BatchInsert) throws {
        for membership in memberships {
            row[0] = .integer(membership.set)
            row[1] = .integer(membership.contact)
            try insert.append(row)
        }
        try insert.flush()
    }

    private static func tuples(_ rows: Int) -> String {
        (0..<rows).map { "(?\(2 * $0 + 1), ?\(2 * $0 + 2))" }.joined(separator: ", ")
    }
}
