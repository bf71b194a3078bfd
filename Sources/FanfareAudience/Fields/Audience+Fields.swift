public import FanfarePayload
public import GRDB

/// A merge field with what only programs ask for.
public struct ListedField: Sendable, Hashable {
    /// `N` in `mergeN`.
    public let id: Int64
    /// The field itself.
    public let field: MergeField
    /// Whether programs, and persons who sign up, must give a value.
    public let isRequired: Bool
    /// What a person who fills it in is told.
    public let helpText: String
    /// Whether it stands on the sign-up page.
    public let isPublic: Bool
    /// Where it stands among the fields that people see; its id, unless the team has put it elsewhere.
    public let displayOrder: Int64
}

/// What is to be changed of a merge field; nil stays as it is. Its tag and its type stay for good.
public struct FieldChange: Sendable, Hashable {
    /// The title a person reads.
    public var name: String?
    /// What a template inserts for a contact without a value.
    public var defaultValue: String?
    /// The values accepted; those that contacts have already stay.
    public var choices: [String]?
    /// How templates show a date.
    public var dateFormat: String?
    /// Whether programs must give a value.
    public var isRequired: Bool?
    /// What a person who fills it in is told.
    public var helpText: String?
    /// Whether it stands on the sign-up page.
    public var isPublic: Bool?
    /// Where it stands among the fields that people see.
    public var displayOrder: Int64?

    /// Nothing.
    public init() {}
}

extension Audience {
    /// The merge fields with their ids, in the order in which they were added.
    public func listedFields() throws(AudienceError) -> [ListedField] { try read(Audience.listedFields) }

    /// The same within an access of the caller's.
    package static func listedFields(_ db: Database) throws -> [ListedField] {
        try listedFields(of: FieldTable(db), db)
    }

    /// The same of a table that the caller has read.
    package static func listedFields(of table: FieldTable, _ db: Database) throws -> [ListedField] {
        let sql = "SELECT id, required, help_text, is_public, coalesce(display_order, id) FROM merge_field"
        let rows = try Row.fetchAll(db.cachedStatement(sql: sql))
        let more = Dictionary(rows.map { ($0[0] as Int64, $0) }) { first, _ in first }
        return table.entries.map { entry in
            ListedField(
                id: entry.id,
                field: entry.field,
                isRequired: more[entry.id].map { $0[1] } ?? false,
                helpText: more[entry.id].map { $0[2] } ?? "",
                isPublic: more[entry.id].map { $0[3] } ?? false,
                displayOrder: more[entry.id].map { $0[4] } ?? entry.id
            )
        }
    }

    /// A tag for a field that is given none, as `MMERGE7`, within a write of the caller's.
    public static func freeTag(_ db: Database) throws -> String {
        let taken = Set(try FieldTable(db).entries.map(\.field.tag))
        var number =
            (try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'merge_field'") ?? 0) + 1
        while taken.contains("MMERGE\(number)") { number += 1 }
        return "MMERGE\(number)"
    }

    /// Adds a merge field within a write of the caller's.
    ///
    /// - Returns: Its id.
    /// - Throws: ``AudienceError`` with `invalidColumns` when the tag is taken or none.
    public static func add(_ field: MergeField, _ change: FieldChange, _ db: Database) throws -> Int64 {
        var table = try FieldTable(db)
        guard !table.entries.contains(where: { $0.field.tag == field.tag }) else {
            throw AudienceError(.invalidColumns, "the audience has a field \(field.tag) already", field: "tag")
        }
        let id = try table.add(field, db).id
        try self.change(field: id, change, db)
        return id
    }

    /// Changes a merge field within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `unknownField`.
    public static func change(field id: Int64, _ change: FieldChange, _ db: Database) throws {
        let texts = [
            ("name", change.name), ("default_value", change.defaultValue), ("help_text", change.helpText),
            ("options.date_format", change.dateFormat),
        ]
        for (field, text) in texts { try check(text: text, field: field) }
        for choice in change.choices ?? [] { try check(text: choice, field: "options.choices") }
        if (change.choices?.count ?? 0) > 1000 {
            throw AudienceError(.invalidValue, "a field has at most 1,000 choices", field: "options.choices")
        }
        try db.execute(
            sql: """
                UPDATE merge_field SET name = coalesce(?, name), default_value = coalesce(?, default_value),
                    choices = coalesce(?, choices), date_format = coalesce(?, date_format),
                    required = coalesce(?, required), help_text = coalesce(?, help_text),
                    is_public = coalesce(?, is_public), display_order = coalesce(?, display_order)
                WHERE id = ?
                """,
            arguments: [
                change.name, change.defaultValue, change.choices?.joined(separator: "\n"), change.dateFormat,
                change.isRequired, change.helpText, change.isPublic, change.displayOrder, id,
            ]
        )
        if db.changesCount == 0 { throw AudienceError(.unknownField, "the audience has no field of the id \(id)") }
    }

    /// - Throws: ``AudienceError`` with `invalidValue` for a text that is none for a person to read.
    static func check(text: String?, field: String) throws {
        guard let text else { return }
        guard text.utf8.count <= 255, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw AudienceError(
                .invalidValue,
                "\"\(text.brief)\" is not accepted: at most 255 bytes without control characters",
                field: field
            )
        }
    }

    /// Takes a merge field and all its values away, within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `unknownField`; with `fieldInUse` when a saved segment has a condition on it, and
    ///   would mean nobody without it, or a journey begins or waits by its changes.
    public static func remove(field id: Int64, _ db: Database) throws {
        guard let tag = try String.fetchOne(db, sql: "SELECT tag FROM merge_field WHERE id = ?", arguments: [id]) else {
            throw AudienceError(.unknownField, "the audience has no field of the id \(id)")
        }
        if let segment = try SavedSegments.first(on: FieldTable.column(of: tag), db) {
            throw AudienceError(
                .fieldInUse,
                "the saved segment \"\(segment.brief)\" has a condition on \(tag): change or delete that first"
            )
        }
        if try JourneyTables.isWatched(FieldTable.column(of: tag), db) {
            throw AudienceError(
                .fieldInUse,
                "a journey begins or goes on when \(tag) changes: change or end that journey first"
            )
        }
        try FieldTable.remove(tag: tag, db)
    }
}
