package import FanfarePayload
package import GRDB

/// The merge fields of an audience file, in the order in which they were added.
package struct FieldTable: Sendable, Hashable {
    /// One field with its place in the file.
    package struct Entry: Sendable, Hashable {
        /// `N` in `mergeN`; 0 is the address, which is no field.
        package let id: Int64
        /// The field itself.
        package let field: MergeField

        /// The quoted column of `contact` that holds the values.
        package var column: String { FieldTable.column(of: field.tag) }
    }

    /// In the order in which they were added.
    package private(set) var entries: [Entry]

    /// Reads the fields of an open audience.
    ///
    /// - Throws: ``AudienceError`` for a field of an unknown type.
    package init(_ db: Database) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT id, tag, name, kind, default_value, date_format, choices FROM merge_field ORDER BY id"
            )
        )
        entries = try rows.map { row in
            guard let kind = MergeField.Kind(rawValue: row["kind"]) else {
                throw AudienceError(.storage, "a merge field has the unknown type \(row["kind"] as String)")
            }
            let choices: String = row["choices"]
            let field = MergeField(
                tag: row["tag"],
                name: row["name"],
                kind: kind,
                defaultValue: row["default_value"],
                dateFormat: row["date_format"],
                choices: choices.isEmpty ? [] : choices.split(separator: "\n").map(String.init)
            )
            return Entry(id: row["id"], field: field)
        }
    }

    /// The field with this tag, or, with `mergeN`, of this number.
    ///
    /// Case does not count.
    package func entry(named name: String) -> Entry? {
        let upper = name.uppercased()
        if let entry = entries.first(where: { $0.field.tag == upper }) { return entry }
        guard upper.hasPrefix("MERGE"), let number = Int64(upper.dropFirst(5)) else { return nil }
        return entries.first { $0.id == number }
    }

    /// Adds a field and its column; the column is there already when an earlier attempt was cut off.
    package mutating func add(_ field: MergeField, _ db: Database) throws -> Entry {
        try FieldTable.check(field)
        guard entries.count < FieldTable.limit else {
            throw AudienceError(.invalidColumns, "an audience has at most \(FieldTable.limit) merge fields")
        }
        let type = field.kind == .number ? "NUMERIC" : "TEXT"
        try db.execute(sql: "ALTER TABLE contact ADD COLUMN \(FieldTable.column(of: field.tag)) \(type)")
        try db.execute(
            sql: """
                INSERT INTO merge_field (tag, name, kind, default_value, date_format, choices)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                field.tag, field.name, field.kind.rawValue, field.defaultValue, field.dateFormat,
                field.choices.joined(separator: "\n"),
            ]
        )
        let entry = Entry(id: db.lastInsertedRowID, field: field)
        entries.append(entry)
        return entry
    }

    /// Takes a field and its column away again.
    static func remove(tag: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM merge_field WHERE tag = ?", arguments: [tag])
        try db.execute(sql: "ALTER TABLE contact DROP COLUMN \(column(of: tag))")
    }

    /// More than any plan of Mailchimp's (80), and few enough for one SQLite statement.
    static let limit = 500

    static func column(of tag: String) -> String { "\"m_\(tag)\"" }

    /// A tag goes into SQL as part of a column's name: nothing but these characters may be in it.
    private static func check(_ field: MergeField) throws {
        let accepted = field.tag.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        guard accepted, (1...50).contains(field.tag.utf8.count) else {
            throw AudienceError(
                .invalidColumns,
                "\"\(field.tag.brief)\" is no tag: upper-case letters, digits and underscore are accepted, at most 50"
            )
        }
        guard !reserved.contains(field.tag) else {
            throw AudienceError(
                .invalidColumns,
                "the tag \(field.tag) has a meaning of its own; choose another tag"
            )
        }
        guard field.choices.allSatisfy({ !$0.contains("\n") }) else {
            throw AudienceError(.invalidColumns, "a choice of \(field.tag) holds a line break")
        }
    }

    private static let reserved: Set<String> = ["EMAIL"]
}
