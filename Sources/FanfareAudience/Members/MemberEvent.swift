import Foundation
public import GRDB

/// Something that a contact did elsewhere, told by a program: Mailchimp's `POST /lists/{id}/members/{hash}/events`.
public struct MemberEvent: Sendable, Hashable {
    /// 2 to 30 letters, digits, `_` and `-`.
    public var name: String
    /// Unix time in seconds.
    public var occurred: Int64
    /// What the program says of it.
    public var properties: [String: String]
    /// It is told of the past: nothing shall begin by it.
    public var isSyncing: Bool

    /// - Parameters: see the properties of the same names.
    public init(name: String, occurred: Int64, properties: [String: String] = [:], isSyncing: Bool = false) {
        self.name = name
        self.occurred = occurred
        self.properties = properties
        self.isSyncing = isSyncing
    }

    /// Bytes that the names and values of its properties take together, at most.
    public static let mostBytes = 16 << 10
    private static let mostProperties = 100

    static let table = """
        CREATE TABLE member_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            contact_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            occurred INTEGER NOT NULL,
            properties TEXT NOT NULL,
            is_syncing INTEGER NOT NULL
        );
        CREATE INDEX member_event_by_contact ON member_event(contact_id, occurred);
        """

    /// - Throws: ``AudienceError`` with `invalidValue`.
    func check() throws {
        func refuse(_ field: String, _ message: String) -> AudienceError {
            AudienceError(.invalidValue, message, field: field)
        }
        let isName =
            (2...30).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isName else {
            throw refuse("name", "\"\(name.brief)\" is not accepted: 2 to 30 letters, digits, underscores and dashes")
        }
        guard properties.count <= Self.mostProperties else {
            throw refuse("properties", "an event has at most \(Self.mostProperties); \(properties.count) were seen")
        }
        let bytes = properties.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= Self.mostBytes else {
            throw refuse("properties", "they take at most \(Self.mostBytes) bytes together; \(bytes) were seen")
        }
        if let odd = properties.first(where: { $0.key.isEmpty || $0.key.utf8.contains(0) || $0.value.utf8.contains(0) })
        {
            throw refuse("properties", "\"\(odd.key.brief)\" has no name, or holds a NUL character")
        }
    }
}

extension Audience {
    /// Notes an event of a contact, within a write of the caller's.
    ///
    /// - Throws: ``AudienceError``: `invalidValue`; `unknownContact` when there is no contact of that key (any more).
    public static func add(_ event: MemberEvent, of contact: Int64, _ db: Database) throws {
        try event.check()
        let isThere = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM contact WHERE id = ?)",
            arguments: [contact]
        )
        guard isThere ?? false else {
            throw AudienceError(.unknownContact, "the audience has no contact with the id \(contact)")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let properties = String(decoding: try encoder.encode(event.properties), as: UTF8.self)
        try db.execute(
            sql: """
                INSERT INTO member_event (contact_id, name, occurred, properties, is_syncing) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [contact, event.name, event.occurred, properties, event.isSyncing]
        )
    }

    /// A piece of a contact's events, the latest first, and how many there are in all.
    ///
    /// - Throws: ``AudienceError`` with `storage`.
    public func events(
        of contact: Int64,
        offset: Int,
        count: Int
    ) throws(AudienceError) -> (events: [MemberEvent], total: Int64) {
        try read { db in
            let decoder = JSONDecoder()
            let sql = """
                SELECT name, occurred, properties, is_syncing FROM member_event WHERE contact_id = ?
                ORDER BY occurred DESC, id DESC LIMIT ? OFFSET ?
                """
            let events = try Row.fetchAll(db, sql: sql, arguments: [contact, count, offset]).map { row in
                let properties: Data = row[2]
                return MemberEvent(
                    name: row[0],
                    occurred: row[1],
                    properties: try decoder.decode([String: String].self, from: properties),
                    isSyncing: row[3]
                )
            }
            let total = "SELECT count(*) FROM member_event WHERE contact_id = ?"
            return (events, try Int64.fetchOne(db, sql: total, arguments: [contact]) ?? 0)
        }
    }
}
