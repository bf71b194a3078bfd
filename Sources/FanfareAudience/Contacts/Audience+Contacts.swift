import FanfarePayload
import GRDB

/// One contact with all that is stored of it, for a person to read.
public struct Contact: Sendable, Hashable {
    /// The contact's key; never used twice.
    public let id: Int64
    /// As it was written.
    public let email: String
    /// Whether it may be addressed.
    public let status: ContactStatus
    /// `*|UNIQID|*`.
    public let uniqueID: String
    /// Values of merge fields by tag; fields without a value are left out.
    public let fields: [String: String]
    /// Standard columns by the header they have in exports, those without a value left out; times in seconds since
    /// 1970.
    public let details: [String: String]
    /// Names of its tags, sorted.
    public let tags: [String]
    /// Names of its groups by category, sorted.
    public let groups: [String: [String]]
}

/// A tag and how many contacts have it.
public struct TagCount: Sendable, Hashable {
    /// The id of the static segment.
    public let id: Int64
    /// The name.
    public let name: String
    /// Contacts of any status.
    public let contacts: Int
}

/// A category of groups.
public struct GroupCategory: Sendable, Hashable {
    /// A number of this audience's.
    public let id: Int64
    /// Ten hexadecimal digits.
    public let uniqueID: String
    /// What people call it.
    public let title: String
    /// How contacts choose among its groups.
    public let kind: Kind
    /// Where it stands among the categories that people see.
    public let displayOrder: Int64

    /// How contacts choose among the groups of a category: Mailchimp's words.
    ///
    /// The raw value is stored and never changes its meaning.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Any number of them.
        case checkboxes
        /// One, from a list that opens.
        case dropdown
        /// One, of all that are shown.
        case radio
        /// They do not: it is on no page.
        case hidden
    }

    /// - Parameters: see the properties of the same names; without a display order it stands at its id.
    public init(
        id: Int64,
        uniqueID: String,
        title: String,
        kind: Kind = .checkboxes,
        displayOrder: Int64? = nil
    ) {
        self.id = id
        self.uniqueID = uniqueID
        self.title = title
        self.kind = kind
        self.displayOrder = displayOrder ?? id
    }
}

extension Audience {
    /// The contact with an address; case does not count.
    ///
    /// - Returns: Nil when there is none.
    public func contact(email: String) throws(AudienceError) -> Contact? {
        try read { db in
            let key = try folded(email)
            let fields = try FieldTable(db)
            let sql = "SELECT \(Audience.allColumns(fields)) FROM contact WHERE email_key = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [key]).map { try Audience.contact($0, fields, db) }
        }
    }

    /// Contacts in the order in which they came.
    ///
    /// - Parameters:
    ///   - after: The id of the last contact of the page before; 0 for the first page.
    ///   - limit: At most so many.
    public func contacts(after: Int64 = 0, limit: Int) throws(AudienceError) -> [Contact] {
        try read { db in
            let fields = try FieldTable(db)
            let sql = "SELECT \(Audience.allColumns(fields)) FROM contact WHERE id > ? ORDER BY id LIMIT ?"
            return try Row.fetchAll(db, sql: sql, arguments: [after, limit]).map {
                try Audience.contact($0, fields, db)
            }
        }
    }

    /// Tags by name, with how many contacts have them.
    public func tags() throws(AudienceError) -> [TagCount] {
        try read { db in
            let sql = """
                SELECT s.id, s.name, (SELECT count(*) FROM segment_contact WHERE segment_id = s.id)
                FROM segment AS s WHERE s.kind = 'static' ORDER BY s.name_key
                """
            return try Row.fetchAll(db, sql: sql).map { TagCount(id: $0[0], name: $0[1], contacts: $0[2]) }
        }
    }

    /// Tags whose names begin so, by name, without counting who has them.
    ///
    /// - Parameter prefix: Case does not count; the empty text begins all.
    public func tags(beginningWith prefix: String) throws(AudienceError) -> [Member.Tag] {
        try read { db in
            let sql = """
                SELECT id, name FROM segment WHERE kind = 'static' AND substr(name_key, 1, length(?1)) = ?1
                ORDER BY name_key
                """
            return try Row.fetchAll(db, sql: sql, arguments: [try folded(prefix)]).map {
                Member.Tag(id: $0[0], name: $0[1])
            }
        }
    }

    /// The names of the groups by the title of their category; a category may have none.
    public func groups() throws(AudienceError) -> [String: [String]] {
        try read { db in
            let sql = """
                SELECT c.title, i.name FROM interest_category AS c LEFT JOIN interest AS i ON i.category_id = c.id
                ORDER BY c.title, i.name
                """
            return try Row.fetchAll(db, sql: sql).reduce(into: [:]) { groups, row in
                let name: String? = row[1]
                groups[row[0], default: []] += name.map { [$0] } ?? []
            }
        }
    }

    /// The categories of groups, in the order in which they were made.
    public func groupCategories() throws(AudienceError) -> [GroupCategory] {
        try read { db in
            let sql = "SELECT id, uid, title, type, coalesce(display_order, id) FROM interest_category ORDER BY id"
            return try Row.fetchAll(db.cachedStatement(sql: sql)).map { row in
                let kind = GroupCategory.Kind(rawValue: row[3]) ?? .hidden
                return GroupCategory(id: row[0], uniqueID: row[1], title: row[2], kind: kind, displayOrder: row[4])
            }
        }
    }

    /// The id of a group, for ``ContactEdit/groups``.
    ///
    /// - Throws: ``AudienceError`` with `unknownGroup`, naming the groups there are.
    public func group(named name: String, in category: String) throws(AudienceError) -> Int64 {
        let id = try read { try Self.group(named: name, in: category, $0) }
        if let id { return id }
        let all = try groups()
        let known =
            all[category].map { "\(category.brief) has \($0.joined(separator: ", "))" }
            ?? "the categories are \(all.keys.sorted().joined(separator: ", "))"
        throw AudienceError(
            .unknownGroup,
            "the audience has no group \(name.brief) in \(category.brief); \(all.isEmpty ? "it has no groups" : known)"
        )
    }

    /// Names of the saved segments, sorted.
    public func savedSegments() throws(AudienceError) -> [String] {
        try read { try String.fetchAll($0, sql: "SELECT name FROM segment WHERE kind = 'saved' ORDER BY name_key") }
    }

    /// Numbers as templates show them.
    static func allColumns(_ fields: FieldTable) -> String {
        let values = fields.entries.map(\.column) + SystemColumn.allCases.map(\.rawValue)
        return (["id", "status", "email", "uniqid"] + values.map { "CAST(\($0) AS TEXT) AS \($0)" }).joined(
            separator: ", "
        )
    }

    private static func contact(_ row: Row, _ fields: FieldTable, _ db: Database) throws -> Contact {
        try contact(row, fields, tags: tagNames(of: row["id"], db), db)
    }

    static func contact(_ row: Row, _ fields: FieldTable, tags: [String], _ db: Database) throws -> Contact {
        let id: Int64 = row["id"]
        guard let status = ContactStatus(storedCode: row["status"]) else {
            throw AudienceError(.storage, "the contact with the id \(id) has no known status")
        }
        var values: [String: String] = [:]
        // By their places in `allColumns`: to look forty names up costs more than to read the values.
        var place = 4
        for entry in fields.entries {
            values[entry.field.tag] = row[place] as String?
            place += 1
        }
        var details: [String: String] = [:]
        for column in SystemColumn.allCases {
            details[column.exportHeader] = row[place] as String?
            place += 1
        }
        return Contact(
            id: id,
            email: row["email"],
            status: status,
            uniqueID: row["uniqid"],
            fields: values,
            details: details,
            tags: tags,
            groups: try groupNames(of: id, db)
        )
    }

    private static func tagNames(of id: Int64, _ db: Database) throws -> [String] {
        let sql = """
            SELECT s.name FROM segment_contact AS sc JOIN segment AS s ON s.id = sc.segment_id
            WHERE sc.contact_id = ? ORDER BY s.name_key
            """
        return try String.fetchAll(db.cachedStatement(sql: sql), arguments: [id])
    }

    private static func groupNames(of id: Int64, _ db: Database) throws -> [String: [String]] {
        let sql = """
            SELECT ic.title, i.name FROM contact_interest AS ci JOIN interest AS i ON i.id = ci.interest_id
            JOIN interest_category AS ic ON ic.id = i.category_id WHERE ci.contact_id = ? ORDER BY ic.title, i.name
            """
        var groups: [String: [String]] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id]) {
            groups[row[0], default: []].append(row[1])
        }
        return groups
    }
}
