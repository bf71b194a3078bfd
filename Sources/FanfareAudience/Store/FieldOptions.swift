public import GRDB

/// How the input of a merge field is meant to look: kept for the programs that ask for it, and of no effect here.
public struct FieldOptions: Sendable, Hashable {
    /// How telephone numbers are written, in Mailchimp's words `US` or `International`.
    public var phoneFormat: String?
    /// Mailchimp's number of the country that is taken where an address names none.
    public var defaultCountry: Int64?
    /// How many characters long the input is.
    public var size: Int64?

    /// Nothing, which a change leaves as it is.
    public init() {}
}

extension Audience {
    /// The step that gives merge fields their columns; what was never given is NULL.
    static func addFieldOptions(_ db: Database) throws {
        for column in ["phone_format TEXT", "default_country INTEGER", "size INTEGER"] {
            try db.execute(sql: "ALTER TABLE merge_field ADD COLUMN \(column)")
        }
    }

    /// The options of all merge fields, by the fields' ids.
    public func fieldOptions() throws(AudienceError) -> [Int64: FieldOptions] {
        try read { db in
            let sql = "SELECT id, phone_format, default_country, size FROM merge_field"
            return try Row.fetchAll(db, sql: sql).reduce(into: [:]) { all, row in
                var options = FieldOptions()
                options.phoneFormat = row[1]
                options.defaultCountry = row[2]
                options.size = row[3]
                let id: Int64 = row[0]
                all[id] = options
            }
        }
    }

    /// Changes the options of a merge field within a write of the caller's.
    ///
    /// - Throws: ``AudienceError`` with `invalidValue` for a text that is none for a person to read, `unknownField`.
    public static func change(optionsOf field: Int64, _ options: FieldOptions, _ db: Database) throws {
        // A form that is drawn anew for nothing costs those who write contacts a reading.
        if options == FieldOptions() { return }
        try check(text: options.phoneFormat, field: "options.phone_format")
        try db.execute(
            sql: """
                UPDATE merge_field SET phone_format = coalesce(?, phone_format),
                    default_country = coalesce(?, default_country), size = coalesce(?, size)
                WHERE id = ?
                """,
            arguments: [options.phoneFormat, options.defaultCountry, options.size, field]
        )
        if db.changesCount == 0 { throw AudienceError(.unknownField, "the audience has no field of the id \(field)") }
    }
}
