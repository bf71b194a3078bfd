import Crypto
import FanfareStore
public import GRDB

/// What Mailchimp's API calls a contact by: the MD5 of its address in lower case, or its `contact_id`, 32 hexadecimal
/// digits each.
///
/// Contacts are found by the first 8 bytes, in a table that is filled when somebody first asks: imports do not pay for
/// it. A row leads to a candidate, whose address and id are held against all 32 digits.
enum MemberHash {
    static let tables = """
        CREATE TABLE member_hash (
            hash INTEGER NOT NULL,
            contact_id INTEGER NOT NULL,
            PRIMARY KEY (hash, contact_id)
        ) WITHOUT ROWID;
        CREATE INDEX member_hash_by_contact ON member_hash(contact_id);
        CREATE TABLE member_hash_state (through INTEGER NOT NULL);
        INSERT INTO member_hash_state (through) VALUES (0);
        """

    /// Files of before have no rows by `contact_id`.
    static let refill = "DELETE FROM member_hash; UPDATE member_hash_state SET through = 0"

    /// - Parameter key: The address, folded.
    static func prefix(of key: String) -> Int64 {
        Insecure.MD5.hash(data: Array(key.utf8)).withUnsafeBytes {
            Int64(bitPattern: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)))
        }
    }

    static func text(of key: String) -> String {
        Hexadecimal.text(Insecure.MD5.hash(data: Array(key.utf8)))
    }

    /// Notes the hash of a contact's new address, where that of its old one may stand already.
    static func note(_ contact: Int64, key: String, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO member_hash (hash, contact_id)
                SELECT ?1, ?2 FROM member_hash_state WHERE through >= ?2
                """,
            arguments: [prefix(of: key), contact]
        )
    }
}

extension Audience {
    /// The MD5 of an address in lower case, as Mailchimp's API has it: 32 hexadecimal digits.
    ///
    /// - Throws: ``AudienceError`` when the C library has no C.UTF-8 locale.
    public static func subscriberHash(of address: String) throws -> String { MemberHash.text(of: try folded(address)) }

    /// What Mailchimp's API calls a contact's `contact_id`: the same for good, whatever its address becomes.
    ///
    /// - Parameter uniqueID: `*|UNIQID|*`, 16 hexadecimal digits.
    public static func contactID(of uniqueID: String) -> String { uniqueID + uniqueID }

    /// The key of the contact whose address has a hash, or which has that `contact_id`.
    ///
    /// - Returns: Nil when there is none, or when it is too new to be known: see ``hashContacts(_:)``.
    public static func contact(hash: String, _ db: Database) throws -> Int64? {
        guard hash.utf8.count == 32, let prefix = UInt64(hash.prefix(16), radix: 16) else { return nil }
        let sql = """
            SELECT c.id, c.email_key, c.uniqid FROM member_hash AS h JOIN contact AS c ON c.id = h.contact_id
            WHERE h.hash = ?
            """
        let candidates = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [Int64(bitPattern: prefix)])
        let wanted = hash.lowercased()
        return candidates.first { MemberHash.text(of: $0[1]) == wanted || contactID(of: $0[2]) == wanted }.map { $0[0] }
    }

    /// Has contacts that came since found by their hashes; at most 100,000 at a time.
    ///
    /// - Returns: Whether there were any.
    public static func hashContacts(_ db: Database) throws -> Bool {
        let through = try Int64.fetchOne(db, sql: "SELECT through FROM member_hash_state") ?? 0
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, email_key, uniqid FROM contact WHERE id > ? ORDER BY id LIMIT 100000",
            arguments: [through]
        )
        let insert = try db.makeStatement(sql: "INSERT OR IGNORE INTO member_hash (hash, contact_id) VALUES (?, ?)")
        var last = through
        while let row = try rows.next() {
            last = row[0]
            try insert.execute(arguments: [MemberHash.prefix(of: row[1]), last])
            if let own = UInt64(row[2] as String, radix: 16) {
                try insert.execute(arguments: [Int64(bitPattern: own), last])
            }
        }
        if last > through { try db.execute(sql: "UPDATE member_hash_state SET through = ?", arguments: [last]) }
        return last > through
    }
}

extension Audience {
    /// The key of the contact whose address has a hash; see ``contact(hash:_:)``.
    public func contact(hash: String) throws(AudienceError) -> Int64? {
        try read { try Audience.contact(hash: hash, $0) }
    }

    /// Whether contacts have come that are not found by their hashes yet.
    public func hasUnhashedContacts() throws(AudienceError) -> Bool { try read(Audience.hasUnhashedContacts) }

    /// Whether contacts have come that are not found by their hashes yet.
    public static func hasUnhashedContacts(_ db: Database) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM contact WHERE id > (SELECT through FROM member_hash_state))"
        return try Bool.fetchOne(db.cachedStatement(sql: sql)) ?? false
    }

    /// The ids of groups by the ten digits that they are called by over HTTP.
    public func groupIDs() throws(AudienceError) -> [String: Int64] { try read(Audience.groupIDs) }

    /// The same within an access of the caller's.
    package static func groupIDs(_ db: Database) throws -> [String: Int64] {
        let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT uid, id FROM interest"))
        return Dictionary(rows.map { ($0[0], $0[1]) }) { first, _ in first }
    }
}
