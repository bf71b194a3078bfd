import GRDB

/// Segments kept under a name, evaluated when they are used.
enum SavedSegments {
    static func segment(named name: String, _ db: Database) throws -> Segment {
        try Segment(definition(named: name, db), db)
    }

    static func definition(named name: String, _ db: Database) throws -> SegmentDefinition {
        let definition = try String.fetchOne(
            db,
            sql: "SELECT definition FROM segment WHERE kind = 'saved' AND name_key = ?",
            arguments: [try folded(name)]
        )
        guard let definition else {
            throw AudienceError(.unknownSegment, try Audience.unknownName("saved segment", name, kind: "saved", db))
        }
        return try SegmentDefinition(json: definition)
    }

    /// - Returns: The segment's id.
    static func save(_ definition: SegmentDefinition, named name: String, now: Int64, _ db: Database) throws -> Int64 {
        _ = try Segment(definition, db)
        try db.execute(
            sql: """
                INSERT INTO segment (kind, name, name_key, definition, created, updated) VALUES ('saved', ?, ?, ?, ?, ?)
                ON CONFLICT (kind, name_key) DO UPDATE
                SET name = excluded.name, definition = excluded.definition, updated = excluded.updated
                """,
            arguments: [name, try folded(name), try definition.json(), now, now]
        )
        let id = try Int64.fetchOne(
            db,
            sql: "SELECT id FROM segment WHERE kind = 'saved' AND name_key = ?",
            arguments: [try folded(name)]
        )
        guard let id else { throw AudienceError(.storage, "the segment \"\(name)\" was not stored") }
        return id
    }

    /// The name of the first that has a condition on a column of `contact`; nil: none has. One that fits the audience no
    /// longer, whatever it names, is passed over.
    static func first(on column: String, _ db: Database) throws -> String? {
        let rows = try Row.fetchAll(db, sql: "SELECT name, definition FROM segment WHERE kind = 'saved' ORDER BY id")
        return try rows.first { row in
            let definition = try SegmentDefinition(json: row["definition"])
            do {
                return try Segment(definition, db).uses(column)
            } catch let error as AudienceError where error.code == .invalidSegment {
                return false
            }
        }?["name"]
    }
}

extension Audience {
    /// Keeps a segment under a name; one of that name is replaced.
    ///
    /// - Returns: Its id.
    /// - Throws: ``AudienceError`` with `invalidSegment` when it does not fit the audience.
    @discardableResult
    public func saveSegment(
        _ definition: SegmentDefinition,
        named name: String,
        now: Int64 = currentUnixTime()
    ) throws(AudienceError) -> Int64 {
        try write { try SavedSegments.save(definition, named: name, now: now, $0) }
    }

    /// Forgets a saved segment.
    ///
    /// - Throws: ``AudienceError`` with `unknownSegment`, naming the nearest.
    public func deleteSavedSegment(named name: String) throws(AudienceError) {
        try write { db in
            _ = try SavedSegments.definition(named: name, db)
            let sql = "DELETE FROM segment WHERE kind = 'saved' AND name_key = ?"
            try db.execute(sql: sql, arguments: [try folded(name)])
        }
    }
}
