public import GRDB

/// A tag or saved segment as programs ask for it: both have ids of one row.
public struct ListedSegment: Sendable, Hashable {
    /// Its id.
    public let id: Int64
    /// As it was written.
    public let name: String
    /// Nil: it is a tag, which is a static segment.
    public let definition: SegmentDefinition?
    /// Unix time in seconds.
    public let created: Int64
    /// Unix time in seconds.
    public let updated: Int64

    /// What of an audience it is.
    public var part: RecipientSelection.Part { definition.map { .segment($0) } ?? .tag(name) }
}

extension Audience {
    /// Tags and saved segments, in the order in which they were made.
    ///
    /// - Throws: ``AudienceError`` with `storage`.
    public func listedSegments() throws(AudienceError) -> [ListedSegment] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM segment ORDER BY id").map { row in
                let definition: String? = row["definition"]
                return ListedSegment(
                    id: row["id"],
                    name: row["name"],
                    definition: try definition.map { try SegmentDefinition(json: $0) },
                    created: row["created"],
                    updated: row["updated"]
                )
            }
        }
    }

    /// Puts a tag on contacts, or takes it off, within a write of the caller's.
    ///
    /// - Parameters:
    ///   - id: The tag's.
    ///   - addresses: The contacts'.
    ///   - isActive: Put on, or taken off.
    ///   - now: Unix time in seconds.
    ///   - db: The write.
    /// - Returns: The contacts' keys, and the addresses that are nobody's.
    /// - Throws: ``AudienceError`` with `unknownSegment` when there is no tag of that id (any more).
    public static func change(
        tag id: Int64,
        of addresses: [String],
        isActive: Bool,
        now: Int64,
        _ db: Database
    ) throws -> (contacts: [Int64], unknown: [String]) {
        let isThere = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM segment WHERE id = ? AND kind = 'static')",
            arguments: [id]
        )
        guard isThere ?? false else { throw AudienceError(.unknownSegment, "the audience has no tag of the id \(id)") }
        let find = try db.cachedStatement(sql: "SELECT id FROM contact WHERE email_key = ?")
        let change = try db.cachedStatement(
            sql: isActive
                ? "INSERT OR IGNORE INTO segment_contact (segment_id, contact_id, added) VALUES (?, ?, ?)"
                : "DELETE FROM segment_contact WHERE segment_id = ? AND contact_id = ?"
        )
        var result: (contacts: [Int64], unknown: [String]) = ([], [])
        for address in addresses {
            guard let contact = try Int64.fetchOne(find, arguments: [try folded(address)]) else {
                result.unknown.append(address)
                continue
            }
            try change.execute(arguments: isActive ? [id, contact, now] : [id, contact])
            result.contacts.append(contact)
        }
        return result
    }

    /// Makes a tag, within a write of the caller's.
    ///
    /// - Returns: Its id.
    /// - Throws: ``AudienceError`` with `invalidValue` when there is one of that name.
    public static func addTag(named name: String, now: Int64, _ db: Database) throws -> Int64 {
        try check(name: name, atMost: 100, field: "name")
        if try TagTable.id(ofTagNamed: name, db) != nil {
            throw AudienceError(.invalidValue, "the audience has a tag \"\(name.brief)\" already", field: "name")
        }
        return try TagTable.idMakingTag(named: name, now: now, db)
    }

    /// Keeps a segment under a name, within a write of the caller's.
    ///
    /// - Returns: Its id.
    /// - Throws: ``AudienceError`` with `invalidSegment` when it does not fit the audience, with `invalidValue` when
    ///   there is one of that name.
    public static func addSegment(
        _ definition: SegmentDefinition,
        named name: String,
        now: Int64,
        _ db: Database
    ) throws -> Int64 {
        try check(name: name, atMost: 100, field: "name")
        let known = try Int64.fetchOne(
            db,
            sql: "SELECT id FROM segment WHERE kind = 'saved' AND name_key = ?",
            arguments: [try folded(name)]
        )
        if known != nil {
            throw AudienceError(.invalidValue, "the audience has a segment \"\(name.brief)\" already", field: "name")
        }
        return try SavedSegments.save(definition, named: name, now: now, db)
    }

    /// Gives a tag or saved segment another name or other conditions, within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `unknownSegment`, `invalidSegment`, or `invalidValue` for a name that is taken.
    public static func change(
        segment id: Int64,
        name: String?,
        definition: SegmentDefinition?,
        now: Int64,
        _ db: Database
    ) throws {
        if let definition { _ = try Segment(definition, db) }
        if let name { try check(name: name, atMost: 100, field: "name") }
        let key = try name.map(folded)
        if let key { try requireUnwatched(tag: id, becoming: key, db) }
        let taken = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM segment AS other JOIN segment AS this ON this.kind = other.kind
                    WHERE this.id = ?1 AND other.id <> ?1 AND other.name_key = ?2)
                """,
            arguments: [id, key]
        )
        if taken ?? false { throw AudienceError(.invalidValue, "that name is another's already", field: "name") }
        try db.execute(
            sql: """
                UPDATE segment SET name = coalesce(?, name), name_key = coalesce(?, name_key),
                    definition = iif(kind = 'saved', coalesce(?, definition), NULL), updated = ? WHERE id = ?
                """,
            arguments: [name, key, try definition.map { try $0.json() }, now, id]
        )
        if db.changesCount == 0 { throw AudienceError(.unknownSegment, "the audience has no segment of the id \(id)") }
    }

    /// Refuses another name for a tag that journeys know by its name.
    private static func requireUnwatched(tag id: Int64, becoming key: String, _ db: Database) throws {
        let sql = "SELECT name_key FROM segment WHERE id = ? AND kind = 'static'"
        guard let known = try String.fetchOne(db, sql: sql, arguments: [id]), known != key,
            try JourneyTables.isWatched(tag: known, db)
        else { return }
        throw AudienceError(
            .invalidValue,
            "a journey begins or goes on by this tag, and knows it by its name: change or end that journey first",
            field: "name"
        )
    }

    /// Forgets a tag or saved segment, within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `unknownSegment`.
    public static func remove(segment id: Int64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM segment_contact WHERE segment_id = ?", arguments: [id])
        try db.execute(sql: "DELETE FROM segment WHERE id = ?", arguments: [id])
        if db.changesCount == 0 { throw AudienceError(.unknownSegment, "the audience has no segment of the id \(id)") }
    }

    /// Takes everybody off a tag, within a write of the caller's.
    public static func empty(tag id: Int64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM segment_contact WHERE segment_id = ?", arguments: [id])
    }

    /// A piece of the contacts of a selection, in the order in which they came.
    ///
    /// - Throws: ``AudienceError``.
    public func contacts(
        of selection: RecipientSelection,
        offset: Int,
        count: Int,
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> [Member] {
        let predicate = try selectionSQL(selection, context: context)
        return try read { db in
            let sql = "SELECT id FROM contact WHERE \(predicate.sql) ORDER BY id LIMIT ? OFFSET ?"
            let arguments = predicate.statementArguments + [count, offset]
            return try members(try Int64.fetchAll(db, sql: sql, arguments: arguments), db)
        }
    }
}
