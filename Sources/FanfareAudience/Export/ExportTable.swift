import FanfarePayload
import GRDB

/// What an export has of each contact, as SQL over `contact`.
struct ExportTable {
    /// One column of a CSV.
    struct Column {
        let header: String
        /// The text of its cell, NULL where it is empty.
        let csv: String
    }

    /// Of a CSV, in Mailchimp's order.
    let columns: [Column]
    /// The object of JSON Lines.
    let object: String

    /// - Parameter tags: The merge fields; nil: all.
    /// - Throws: ``AudienceError`` with `unknownField`.
    init(_ db: Database, fields tags: [String]?) throws {
        let table = try FieldTable(db)
        let fields = try tags.map { tags in
            try tags.map { tag in
                guard let entry = table.entry(named: tag) else { throw Audience.unknownField(tag, table) }
                return entry
            }
        }
        let entries = fields ?? table.entries
        let categories = try Row.fetchAll(db, sql: "SELECT id, title FROM interest_category ORDER BY id")
            .map { Category(id: $0[0], title: $0[1]) }
        columns = Self.columns(entries, categories)
        object = Self.object(entries, categories)
    }

    private struct Category {
        let id: Int64
        let title: String
    }

    // MARK: CSV

    private static func columns(_ fields: [FieldTable.Entry], _ categories: [Category]) -> [Column] {
        var columns = [Column(header: "Email Address", csv: "contact.email")]
        var taken: Set<String> = ["Email Address"]
        for entry in fields { columns.append(Column(header: header(of: entry, &taken), csv: cell(of: entry))) }
        for category in categories { columns.append(Column(header: category.title, csv: groups(category.id))) }
        columns += systemColumns.map { Column(header: $0.exportHeader, csv: cell(of: $0)) }
        columns.append(Column(header: "STATUS", csv: status))
        columns.append(Column(header: "TAGS", csv: tagList))
        return columns
    }

    /// A field's name where the import finds the field by it, else its tag as the API's members spell it.
    private static func header(of entry: FieldTable.Entry, _ taken: inout Set<String>) -> String {
        let name = entry.field.name
        let isPlain = !name.isEmpty && KnownColumn(header: name) == nil && !taken.contains(name)
        let header = isPlain ? name : SlotResolver.fieldPrefix + entry.field.tag
        taken.insert(header)
        return header
    }

    /// Mailchimp's columns in its order, then those that only this export has.
    private static let systemColumns: [SystemColumn] = [
        .emailType, .rating, .signupTime, .signupIP, .optTime, .optIP, .latitude, .longitude, .gmtOffset, .dstOffset,
        .timeZone, .country, .region, .lastChanged, .unsubscribeTime, .unsubscribeCampaignTitle,
        .unsubscribeCampaignID, .unsubscribeReason, .unsubscribeReasonOther, .cleanTime, .cleanCampaignTitle,
        .cleanCampaignID, .webID, .uniqueEmailID, .notes, .smsStatus, .language, .vip, .source, .emailClient,
    ]

    private static func cell(of column: SystemColumn) -> String {
        column.content == .time
            ? "strftime('%Y-%m-%d %H:%M:%S', contact.\(column.rawValue), 'unixepoch')" : "contact.\(column.rawValue)"
    }

    private static func cell(of entry: FieldTable.Entry) -> String {
        let column = "contact.\(entry.column)"
        return entry.field.kind == .address ? AddressSQL.line(column) : Audience.valueSQL(of: entry, alias: "contact")
    }

    /// A name with a comma has a backslash before it, as in Mailchimp's exports; one with a quote is quoted whole.
    private static func groups(_ category: Int64) -> String {
        """
        (SELECT group_concat(CASE WHEN instr(name, '"') THEN '"' || replace(name, '"', '""') || '"' \
        ELSE replace(name, ',', '\\,') END, ', ') \
        FROM (SELECT i.name FROM contact_interest AS ci JOIN interest AS i ON i.id = ci.interest_id \
        WHERE ci.contact_id = contact.id AND i.category_id = \(category) ORDER BY i.id))
        """
    }

    private static let tagNames = """
        (SELECT s.name FROM segment_contact AS sc JOIN segment AS s ON s.id = sc.segment_id \
        WHERE sc.contact_id = contact.id ORDER BY s.name_key)
        """

    private static let tagList = """
        (SELECT group_concat('"' || replace(name, '"', '""') || '"', ',') FROM \(tagNames))
        """

    private static let status: String = {
        let cases = ContactStatus.allCases.map { "WHEN \($0.storedCode) THEN '\($0.rawValue)'" }
        return "CASE contact.status \(cases.joined(separator: " ")) END"
    }()

    // MARK: JSON Lines

    private static func object(_ fields: [FieldTable.Entry], _ categories: [Category]) -> String {
        var members = [("email_address", "contact.email"), ("status", status)]
        var nested: [String: [(String, String)]] = ["merge_fields": fields.map { ($0.field.tag, value(of: $0)) }]
        for column in systemColumns {
            let key = memberKeys[column.exportHeader] ?? column.exportHeader
            guard let dot = key.firstIndex(of: ".") else {
                members.append((key, value(of: column)))
                continue
            }
            nested[String(key[..<dot]), default: []].append((String(key[key.index(after: dot)...]), value(of: column)))
        }
        for category in categories { members.append((category.title, groups(category.id))) }
        for (key, inner) in nested.sorted(by: { $0.key < $1.key }) {
            members.append((key, "nullif(json(\(joined(inner))), json('{}'))"))
        }
        members.append(("tags", "nullif((SELECT json_group_array(name) FROM \(tagNames)), '[]')"))
        return joined(members)
    }

    private static let memberKeys = Dictionary(uniqueKeysWithValues: MemberKeys.headers.map { ($0.value, $0.key) })

    private static func value(of column: SystemColumn) -> String {
        let value = "contact.\(column.rawValue)"
        return column.content == .boolean
            ? "CASE \(value) WHEN 1 THEN json('true') WHEN 0 THEN json('false') END" : cell(of: column)
    }

    private static func value(of entry: FieldTable.Entry) -> String {
        let column = "contact.\(entry.column)"
        return entry.field.kind == .address ? "iif(\(AddressSQL.isObject(column)), json(\(column)), \(column))" : column
    }

    /// An object without the members that are NULL: what a merge patch (RFC 7396) makes of it.
    ///
    /// SQLite's functions take at most 127 arguments, hence the pieces.
    private static func joined(_ members: [(key: String, value: String)]) -> String {
        var object = "'{}'"
        for start in stride(from: 0, to: members.count, by: 50) {
            let piece = members[start..<min(start + 50, members.count)]
                .map { "\(quotedLiteral($0.key)), \($0.value)" }
                .joined(separator: ", ")
            object = "json_patch(\(object), json_object(\(piece)))"
        }
        return object
    }
}
