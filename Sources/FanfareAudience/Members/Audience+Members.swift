import FanfarePayload
import FanfareStore
package import GRDB

extension Audience {
    /// A piece of the contacts that a query asks for, and how many there are in all.
    ///
    /// - Throws: ``AudienceError`` with `storage`.
    public func members(_ query: MemberQuery) throws(AudienceError) -> MemberPage {
        try read { db in
            let filter = try MemberFilter(query)
            let ids = try Int64.fetchAll(db, sql: filter.page, arguments: filter.pageArguments)
            let total =
                query.isPlain
                ? try Audience.count(of: query.status, db)
                : try Int64.fetchOne(db, sql: filter.count, arguments: filter.arguments) ?? 0
            return MemberPage(members: try members(ids, db), total: total)
        }
    }

    /// One contact.
    ///
    /// - Returns: Nil when there is none.
    public func member(_ key: ContactEdit.Key) throws(AudienceError) -> Member? {
        try read { db in
            let id: Int64? =
                switch key {
                case .id(let id): id
                case .address(let address): try Audience.contact(address: address, db)
                }
            return try id.flatMap { try members([$0], db).first }
        }
    }

    /// The key of the contact with an address, whose case does not count; nil when there is none.
    public func contact(address: String) throws(AudienceError) -> Int64? {
        try read { try Audience.contact(address: address, $0) }
    }

    /// The same within an access of the caller's.
    package static func contact(address: String, _ db: Database) throws -> Int64? {
        let statement = try HotStatement(cachedIn: db, "SELECT id FROM contact WHERE email_key = ?")
        statement.bind(1, try folded(address))
        return try statement.step() ? statement.columnInt64(0) : nil
    }

    /// How many contacts have a status; nil: any but archived.
    public func count(of status: ContactStatus?) throws(AudienceError) -> Int64 {
        try read { try Audience.count(of: status, $0) }
    }

    private static func count(of status: ContactStatus?, _ db: Database) throws -> Int64 {
        let sql = "SELECT coalesce(sum(contacts), 0) FROM contact_count WHERE "
        guard let status else {
            return try Int64.fetchOne(db, sql: sql + "status <> \(ContactStatus.archived.storedCode)") ?? 0
        }
        return try Int64.fetchOne(db, sql: sql + "status = ?", arguments: [status.storedCode]) ?? 0
    }

    /// Contacts, archived ones left out, whose address a text is, and those of whose address or name it is a part.
    ///
    /// - Parameters:
    ///   - text: Case does not count.
    ///   - limit: Contacts that are read at most; all are counted.
    /// - Returns: The one with that address; the others, in the order in which they came.
    /// - Throws: ``AudienceError`` with `storage`.
    /// - Complexity: Looks at every contact.
    public func search(_ text: String, limit: Int) throws(AudienceError) -> (exact: [Member], others: MemberPage) {
        try read { db in
            let key = try folded(text)
            let names = try FieldTable(db).entries.filter { ["FNAME", "LNAME"].contains($0.field.tag) }
            let name = names.sorted { $0.field.tag < $1.field.tag }
                .map { "coalesce(CAST(\($0.column) AS TEXT), '')" }.joined(separator: " || ' ' || ")
            let inName = name.isEmpty ? "" : " OR instr(fold(\(name)), ?1) > 0"
            let condition = "status <> 6 AND email_key <> ?1 AND (instr(email_key, ?1) > 0\(inName))"
            let exact = try Int64.fetchAll(
                db,
                sql: "SELECT id FROM contact WHERE status <> 6 AND email_key = ?",
                arguments: [key]
            )
            let others = try Int64.fetchAll(
                db,
                sql: "SELECT id FROM contact WHERE \(condition) ORDER BY id LIMIT \(limit)",
                arguments: [key]
            )
            let total =
                others.count < limit
                ? Int64(others.count)
                : try Int64.fetchOne(db, sql: "SELECT count(*) FROM contact WHERE \(condition)", arguments: [key]) ?? 0
            return (
                try members(exact, db),
                MemberPage(members: try members(others, db), total: total)
            )
        }
    }

    /// Contacts by their keys, in that order; those that are not there are left out.
    ///
    /// - Throws: ``AudienceError`` with `storage`.
    public func members(_ ids: [Int64]) throws(AudienceError) -> [Member] {
        try read { try members(ids, $0) }
    }

    /// The same within an access of the caller's.
    func members(_ ids: [Int64], _ db: Database) throws -> [Member] {
        try Audience.members(ids, forms.form(db), db)
    }

    /// The same, of a form that the caller has read.
    package static func members(_ ids: [Int64], _ form: ContactForm, _ db: Database) throws -> [Member] {
        if ids.isEmpty { return [] }
        let reader = try MemberReader(form, db)
        return try ids.compactMap(reader.member)
    }
}

/// A query as SQL.
private struct MemberFilter {
    private var conditions: [String] = []
    private(set) var arguments = StatementArguments()
    private let order: String
    private let window: (count: Int, offset: Int)

    init(_ query: MemberQuery) throws {
        let direction = query.isDescending ? " DESC" : ""
        switch query.order {
        case .signup: order = "signup_time\(direction), id\(direction)"
        case .opt: order = "opt_time\(direction), id\(direction)"
        case .change: order = "last_changed\(direction), id\(direction)"
        case nil: order = "id\(direction)"
        }
        window = (max(0, query.count), max(0, query.offset))
        if let status = query.status {
            add("status = ?", status.storedCode)
            add("\(Self.settingTime(of: status)) > ?", query.statusSetAfter)
        } else {
            // Word by word that of the index.
            conditions.append("status <> 6")
        }
        add("coalesce(email_type, 'html') = ?", query.emailType)
        add("opt_time < ?", query.optBefore)
        add("opt_time >= ?", query.optSince)
        add("last_changed < ?", query.changedBefore)
        add("last_changed >= ?", query.changedSince)
        add("unsubscribe_time >= ?", query.unsubscribedSince)
        add("coalesce(euid, substr(uniqid, 1, 10)) = ?", query.uniqueEmailID)
        if query.isVIP { conditions.append("vip = 1") }
        if let tag = query.tag {
            add("id IN (SELECT contact_id FROM segment_contact WHERE segment_id = ?)", tag)
        }
        addGroups(query)
    }

    /// When a contact came to have its status, as well as it is known: files leave out times.
    private static func settingTime(of status: ContactStatus) -> String {
        switch status {
        case .subscribed: "coalesce(opt_time, signup_time, last_changed)"
        case .unsubscribed: "coalesce(unsubscribe_time, last_changed)"
        case .cleaned: "coalesce(clean_time, last_changed)"
        case .pending, .transactional, .archived, .nonsubscribed: "last_changed"
        }
    }

    private mutating func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments += [value]
    }

    private mutating func addGroups(_ query: MemberQuery) {
        if query.groups.isEmpty { return }
        let own = "SELECT count(*) FROM contact_interest WHERE contact_id = contact.id AND interest_id IN "
        let places = query.groups.map { _ in "?" }.joined(separator: ", ")
        let wanted =
            switch query.groupMatch {
            case .any: "> 0"
            case .all: "= \(Set(query.groups).count)"
            case .none: "= 0"
            }
        conditions.append("(\(own)(\(places))) \(wanted)")
        arguments += StatementArguments(query.groups)
    }

    private var predicate: String { conditions.joined(separator: " AND ") }

    var count: String { "SELECT count(*) FROM contact WHERE \(predicate)" }

    var page: String { "SELECT id FROM contact WHERE \(predicate) ORDER BY \(order) LIMIT ? OFFSET ?" }

    var pageArguments: StatementArguments { arguments + [window.count, window.offset] }
}

extension Audience {
    /// The tags that a contact has, by name, and since when.
    ///
    /// - Returns: Unix seconds; nil for one that an earlier version put on. Nothing where there is no such contact.
    /// - Throws: ``AudienceError``.
    public func taggings(of key: ContactEdit.Key) throws(AudienceError) -> [(tag: Member.Tag, added: Int64?)] {
        guard let contact = try member(key)?.id else { return [] }
        return try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT s.id, s.name, sc.added FROM segment_contact AS sc JOIN segment AS s ON s.id = sc.segment_id
                    WHERE sc.contact_id = ? ORDER BY s.name_key
                    """,
                arguments: [contact]
            ).map { (Member.Tag(id: $0[0], name: $0[1]), $0[2]) }
        }
    }
}
