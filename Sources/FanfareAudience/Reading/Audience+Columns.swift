public import FanfarePayload
import GRDB

extension Audience {
    /// The SQL expression of what a template reads of a contact.
    ///
    /// Its values are text, or NULL where there is none; numbers have no trailing `.0`.
    ///
    /// - Parameters:
    ///   - column: What is read.
    ///   - alias: What the query calls `contact`.
    ///   - schema: The name under which the audience's file is attached; nil for its own connection.
    /// - Returns: An expression that may use the functions of ``registerFunctions``.
    /// - Throws: ``AudienceError`` with `unknownField`.
    public func columnSQL(
        for column: ContactColumn,
        contactAlias alias: String = "c",
        schema: String? = nil
    ) throws(AudienceError) -> String {
        switch column {
        case .email: return "\(alias).email"
        case .uniqueID: return "\(alias).uniqid"
        case .key: return "CAST(\(alias).id AS TEXT)"
        case .emailID: return "md5hex(fold(\(alias).email))"
        case .language: return "\(alias).language"
        case .field(let tag):
            return try read { db in
                let table = try FieldTable(db)
                guard let entry = table.entry(named: tag) else { throw Audience.unknownField(tag, table) }
                return Audience.valueSQL(of: entry, alias: alias)
            }
        case .interested(let category, let groups):
            return Audience.interestSQL(category: category, groups: groups, alias: alias, schema: schema)
        }
    }

    /// The text of a field's value.
    ///
    /// An address that came as an object is its JSON, else the line that came.
    static func valueSQL(of entry: FieldTable.Entry, alias: String) -> String {
        let column = "\(alias).\(entry.column)"
        return entry.field.kind == .number ? "CAST(\(column) AS TEXT)" : column
    }

    /// Names of groups match exactly, as in Mailchimp's `*|INTERESTED:…|*`.
    private static func interestSQL(category: String, groups: [String], alias: String, schema: String?) -> String {
        let prefix = schema.map { "\(quotedIdentifier($0))." } ?? ""
        let names = groups.map(quotedLiteral).joined(separator: ", ")
        return """
            CASE WHEN EXISTS (SELECT 1 FROM \(prefix)contact_interest AS ci \
            JOIN \(prefix)interest AS i ON i.id = ci.interest_id \
            JOIN \(prefix)interest_category AS ic ON ic.id = i.category_id \
            WHERE ci.contact_id = \(alias).id AND ic.title = \(quotedLiteral(category)) AND i.name IN (\(names))) \
            THEN '1' ELSE '0' END
            """
    }

    static func unknownField(_ tag: String, _ table: FieldTable) -> AudienceError {
        let tags = table.entries.map(\.field.tag)
        let hint = nearestName(to: tag, among: tags).map { "; did you mean \($0)?" } ?? ""
        return AudienceError(.unknownField, "the audience has no field \(tag)\(hint)")
    }
}

/// A name as SQL writes it.
func quotedIdentifier(_ name: String) -> String { quoted(name, "\"") }

/// A text as SQL writes it.
func quotedLiteral(_ text: String) -> String { quoted(text, "'") }

private func quoted(_ text: String, _ mark: Character) -> String {
    var result = String(mark)
    for character in text.unicodeScalars {
        if Character(character) == mark { result.append(mark) }
        result.unicodeScalars.append(character)
    }
    result.append(mark)
    return result
}
