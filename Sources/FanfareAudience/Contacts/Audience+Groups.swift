public import GRDB

/// A group with what programs ask for.
public struct ListedGroup: Sendable, Hashable {
    /// Its key.
    public let id: Int64
    /// Ten hexadecimal digits, by which it is called over HTTP.
    public let uniqueID: String
    /// What people call it.
    public let name: String
    /// Subscribed contacts that are in it.
    public let subscribers: Int64
    /// Where it stands among the groups of its category; its id, unless the team has put it elsewhere.
    public let displayOrder: Int64
}

extension Audience {
    /// The id of a group by its name and that of its category; nil: there is none.
    package static func group(named name: String, in category: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT i.id FROM interest AS i JOIN interest_category AS c ON c.id = i.category_id
                WHERE c.title = ? AND i.name = ?
                """,
            arguments: [category, name]
        )
    }

    /// The groups of a category, in the order in which they were made.
    public func groups(of category: Int64) throws(AudienceError) -> [ListedGroup] {
        try read { db in
            let sql = """
                SELECT i.id, i.uid, i.name, (
                    SELECT count(*) FROM contact_interest AS ci JOIN contact AS c ON c.id = ci.contact_id
                    WHERE ci.interest_id = i.id AND c.status = 1
                ), coalesce(i.display_order, i.id) FROM interest AS i WHERE i.category_id = ? ORDER BY i.id
                """
            return try Row.fetchAll(db, sql: sql, arguments: [category]).map {
                ListedGroup(id: $0[0], uniqueID: $0[1], name: $0[2], subscribers: $0[3], displayOrder: $0[4])
            }
        }
    }

    /// Makes a category of groups within a write of the caller's, which has a place among others: `displayOrder`, or its
    /// id where that is nil.
    ///
    /// - Returns: Its ten digits.
    /// - Throws: ``AudienceError`` with `invalidValue` when there is one of that title.
    public static func addCategory(
        titled title: String,
        _ kind: GroupCategory.Kind = .checkboxes,
        displayOrder: Int64? = nil,
        _ db: Database
    ) throws -> String {
        try checkCategory(title, db)
        let id = try InterestTable.idMakingCategory(titled: title, db)
        try change(category: id, to: kind, db)
        if let displayOrder { try place(category: id, at: displayOrder, db) }
        return try String.fetchOne(db, sql: "SELECT uid FROM interest_category WHERE id = ?", arguments: [id]) ?? ""
    }

    /// Makes a group within a write of the caller's, which has a place among others: `displayOrder`, or its id where that
    /// is nil.
    ///
    /// - Returns: Its ten digits.
    /// - Throws: ``AudienceError`` with `invalidValue` when the category has one of that name, `unknownGroup` when there
    ///   is no such category (any more).
    public static func addGroup(
        named name: String,
        to category: Int64,
        displayOrder: Int64? = nil,
        _ db: Database
    ) throws -> String {
        let sql = "SELECT EXISTS (SELECT 1 FROM interest_category WHERE id = ?)"
        guard try Bool.fetchOne(db, sql: sql, arguments: [category]) ?? false else {
            throw AudienceError(.unknownGroup, "the audience has no category of the id \(category)")
        }
        try checkGroup(name, of: category, db)
        let id = try InterestTable.idMakingInterest(named: name, category: category, db)
        if let displayOrder { try place(group: id, at: displayOrder, db) }
        return try String.fetchOne(db, sql: "SELECT uid FROM interest WHERE id = ?", arguments: [id]) ?? ""
    }

    /// Gives a category another title within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `invalidValue` when another has that title.
    public static func rename(category id: Int64, _ title: String, _ db: Database) throws {
        try checkCategory(title, but: id, db)
        try db.execute(sql: "UPDATE interest_category SET title = ? WHERE id = ?", arguments: [title, id])
    }

    /// Has contacts choose among the groups of a category in another way, within a write of the caller's.
    public static func change(category id: Int64, to kind: GroupCategory.Kind, _ db: Database) throws {
        try db.execute(sql: "UPDATE interest_category SET type = ? WHERE id = ?", arguments: [kind.rawValue, id])
    }

    /// Gives a group another name within a write of the caller's; who is in it stays in it.
    ///
    /// - Throws: ``AudienceError`` with `invalidValue` when another of its category has that name.
    public static func rename(group id: Int64, _ name: String, _ db: Database) throws {
        let sql = "SELECT category_id FROM interest WHERE id = ?"
        guard let category = try Int64.fetchOne(db, sql: sql, arguments: [id]) else { return }
        try checkGroup(name, of: category, but: id, db)
        try db.execute(sql: "UPDATE interest SET name = ? WHERE id = ?", arguments: [name, id])
    }

    /// Takes a group away, and everybody out of it, within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `groupInUse` when a journey begins or waits by it.
    public static func removeGroup(_ id: Int64, _ db: Database) throws {
        if try JourneyTables.isWatched(group: id, db) {
            throw AudienceError(
                .groupInUse,
                "a journey begins or goes on when somebody joins or leaves the group: change or end that journey first"
            )
        }
        try db.execute(sql: "DELETE FROM contact_interest WHERE interest_id = ?", arguments: [id])
        try db.execute(sql: "DELETE FROM interest WHERE id = ?", arguments: [id])
    }

    /// Takes a category and all its groups away, within a write of the caller's.
    ///
    /// - Throws: As ``removeGroup(_:_:)``.
    public static func removeCategory(_ id: Int64, _ db: Database) throws {
        for group in try Int64.fetchAll(db, sql: "SELECT id FROM interest WHERE category_id = ?", arguments: [id]) {
            try removeGroup(group, db)
        }
        try db.execute(sql: "DELETE FROM interest_category WHERE id = ?", arguments: [id])
    }

    /// - Throws: ``AudienceError`` for what is no title, and for that of another category than `id`.
    private static func checkCategory(_ title: String, but id: Int64? = nil, _ db: Database) throws {
        try check(name: title, atMost: 255, field: "title")
        let sql = "SELECT EXISTS (SELECT 1 FROM interest_category WHERE title = ? AND id IS NOT ?)"
        if try Bool.fetchOne(db, sql: sql, arguments: [title, id]) ?? false {
            throw AudienceError(.invalidValue, "the audience has a category \"\(title.brief)\" already", field: "title")
        }
    }

    /// - Throws: ``AudienceError`` for what is no name, and for that of another group of the category than `id`.
    private static func checkGroup(_ name: String, of category: Int64, but id: Int64? = nil, _ db: Database) throws {
        try check(name: name, atMost: 255, field: "name")
        let sql = "SELECT EXISTS (SELECT 1 FROM interest WHERE category_id = ? AND name = ? AND id IS NOT ?)"
        if try Bool.fetchOne(db, sql: sql, arguments: [category, name, id]) ?? false {
            throw AudienceError(.invalidValue, "the category has a group \"\(name.brief)\" already", field: "name")
        }
    }

    /// - Throws: ``AudienceError`` with `invalidValue` for what nothing may be called.
    static func check(name: String, atMost bytes: Int, field: String) throws {
        guard 1...bytes ~= name.utf8.count, !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw AudienceError(
                .invalidValue,
                "\"\(name.brief)\" is no name: 1 to \(bytes) bytes without control characters",
                field: field
            )
        }
    }
}
