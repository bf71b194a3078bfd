import FanfarePayload
import FanfareStore
public import GRDB

/// Writes the changes of contacts into their audience's log, in the transaction that makes them.
///
/// Nothing is written while nobody reads: a reader that registers begins with what comes then.
struct ChangeLog: Sendable {
    /// What a change says beside the contact's values.
    struct Remarks {
        var reason: String?
        var action: String?
        var campaign: String?
        var oldEmail: String?

        init(oldEmail: String? = nil) { self.oldEmail = oldEmail }

        /// What is said of a contact that changed.
        ///
        /// - Parameters:
        ///   - kind: What it is told as.
        ///   - status: What it became.
        ///   - reason: Why it is subscribed no longer, where that was said.
        ///   - campaign: What led to it.
        init(_ kind: ChangeKind, _ status: ContactStatus, reason: String?, campaign: String?) {
            switch kind {
            case .cleaned: (self.reason, self.campaign) = (reason ?? "hard", campaign)
            case .unsubscribe:
                (self.reason, self.campaign) = (reason ?? "manual", campaign)
                action = status == .archived ? "delete" : "unsub"
            case .subscribe, .profile, .upemail, .campaign, .journeyPoint: break
            }
        }
    }

    let isRead: Bool
    private let sql: String

    init(_ fields: FieldTable, _ db: Database) throws {
        isRead = try ChangeLog.isRead(db)
        sql = ChangeLog.insert(fields)
    }

    /// Whether anybody reads it.
    static func isRead(_ db: Database) throws -> Bool {
        try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM change_reader)")) ?? false
    }

    /// Notes what became of a contact, with the values that it has now.
    func note(
        _ kind: ChangeKind,
        of contact: Int64,
        by source: ChangeSource,
        at time: Int64,
        _ remarks: Remarks = Remarks(),
        _ db: Database
    ) throws {
        guard isRead else { return }
        let statement = try HotStatement(cachedIn: db, sql)
        for (index, number) in [contact, kind.rawValue, source.rawValue, time].enumerated() {
            statement.bind(1 + index, number)
        }
        for (index, text) in [remarks.reason, remarks.action, remarks.campaign, remarks.oldEmail].enumerated() {
            statement.bind(5 + index, text)
        }
        try statement.run()
    }

    /// SQLite makes the text: no value of the contact passes through here.
    private static func insert(_ fields: FieldTable) -> String {
        // A function takes at most 127 arguments.
        let parts = stride(from: 0, to: fields.entries.count, by: 50).map { first in
            let pairs = fields.entries[first..<min(first + 50, fields.entries.count)].map { entry in
                "'\(entry.field.tag)', CAST(c.\(entry.column) AS TEXT)"
            }
            return "json_object(\(pairs.joined(separator: ", ")))"
        }
        return """
            INSERT INTO change (contact_id, kind, source, at, facts)
            SELECT c.id, ?2, ?3, ?4, json_object(
                'id', coalesce(c.euid, substr(c.uniqid, 1, 10)),
                'web_id', coalesce(c.web_id, c.id),
                'email', c.email,
                'email_type', coalesce(c.email_type, 'html'),
                'ip_opt', c.opt_ip,
                'ip_signup', c.signup_ip,
                'merges', json_array(\(parts.joined(separator: ", "))),
                'groups', (
                    SELECT json_group_array(json_object('category', i.category_id, 'name', i.name))
                    FROM contact_interest AS ci JOIN interest AS i ON i.id = ci.interest_id WHERE ci.contact_id = c.id
                ),
                'reason', ?5, 'action', ?6, 'campaign', ?7, 'old_email', ?8
            ) FROM contact AS c WHERE c.id = ?1
            """
    }
}

extension Audience {
    /// Has the changes from now on kept for a reader; one that is registered goes on where it was.
    ///
    /// - Parameter reader: Its name, for example `webhooks`.
    /// - Returns: The number of the last change that it need not read.
    /// - Throws: ``AudienceError`` with `storage`.
    public func register(reader: String) throws(AudienceError) -> Int64 {
        try write { db in
            let last = try Audience.lastChange(db)
            try db.execute(
                sql: "INSERT OR IGNORE INTO change_reader (name, cursor) VALUES (?, ?)",
                arguments: [reader, last]
            )
            return try Int64.fetchOne(db, sql: "SELECT cursor FROM change_reader WHERE name = ?", arguments: [reader])
                ?? last
        }
    }

    /// Forgets a reader. What nobody else has still to read goes.
    public func unregister(reader: String) throws(AudienceError) {
        try write { db in
            try db.execute(sql: "DELETE FROM change_reader WHERE name = ?", arguments: [reader])
            try Audience.cutLog(db)
        }
    }

    /// The number of the last change there has been; 0: none.
    public func lastChange() throws(AudienceError) -> Int64 { try read(Audience.lastChange) }

    /// Lets the numbers of changes go on after one, where they have not come so far: in a file that was put back from a
    /// copy, changes that come would else have the numbers of others.
    ///
    /// - Returns: Whether they had not.
    public func raiseChanges(to number: Int64) throws(AudienceError) -> Bool {
        try write { db in
            guard try Audience.lastChange(db) < number else { return false }
            try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = 'change'")
            try db.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('change', ?)", arguments: [number])
            return true
        }
    }

    /// Notes that a reader needs nothing up to a change any more, because what it made of that has been committed.
    ///
    /// What no reader needs goes.
    public func advance(reader: String, to number: Int64) throws(AudienceError) {
        try write { try Audience.advance(reader: reader, to: number, $0) }
    }

    /// The same within a write of the caller's.
    public static func advance(reader: String, to number: Int64, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE change_reader SET cursor = max(cursor, ?) WHERE name = ?",
            arguments: [number, reader]
        )
        try cutLog(db)
    }

    private static func cutLog(_ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM change WHERE number <= coalesce((SELECT min(cursor) FROM change_reader), \(Int64.max))"
        )
    }

    static func lastChange(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'change'") ?? 0
    }
}
