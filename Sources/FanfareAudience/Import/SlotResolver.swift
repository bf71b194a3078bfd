import FanfarePayload
import GRDB

/// Decides what the columns of a file are: by the column map, by known names, by the audience's fields, else as a new
/// text field.
struct SlotResolver {
    let columns: [String: ColumnSpec]
    private(set) var fields: FieldTable
    private(set) var addedFields: [String] = []

    init(columns: [String: ColumnSpec], _ db: Database) throws {
        self.columns = columns
        fields = try FieldTable(db)
    }

    /// Takes note of fields that others have added.
    mutating func catchUp(_ db: Database) throws { fields = try FieldTable(db) }

    /// - Parameter kind: The type of a field that is made for it, unless the column map says another.
    /// - Returns: Nil for a header that is empty.
    mutating func target(of header: String, kind: MergeField.Kind, _ db: Database) throws -> SlotTarget? {
        if let spec = columns[header] { return try target(of: header, spec, db) }
        if header.isEmpty { return nil }
        // The API's members name fields by their tags.
        if header.hasPrefix(SlotResolver.fieldPrefix) {
            let tag = String(header.dropFirst(SlotResolver.fieldPrefix.count)).uppercased()
            if let entry = fields.entries.first(where: { $0.field.tag == tag }) { return .field(entry) }
            return .field(try add(MergeField(tag: tag, kind: kind), db))
        }
        if let known = KnownColumn(header: header) { return known.target }
        if let entry = fields.entries.first(where: { $0.field.tag == header || $0.field.name == header }) {
            return .field(entry)
        }
        guard let tag = derivedTag(of: header) else {
            throw AudienceError(
                .invalidColumns,
                "the column \"\(header.brief)\" gives no tag (no letter or digit of A-Z, 0-9); name one for it in "
                    + "`columns`"
            )
        }
        if let entry = fields.entry(named: tag) { return .field(entry) }
        return .field(try add(MergeField(tag: tag, name: header, kind: kind), db))
    }

    static let fieldPrefix = "merge_fields."

    private mutating func target(of header: String, _ spec: ColumnSpec, _ db: Database) throws -> SlotTarget {
        switch spec.role {
        case .ignored: return .ignored
        case .group: return .group(category: try InterestTable.idMakingCategory(titled: header, db))
        case .field: break
        }
        if let known = KnownColumn(header: spec.tag == "EMAIL" ? "email" : spec.tag) {
            guard spec.kind == nil else {
                throw AudienceError(.invalidColumns, "the column \"\(header.brief)\": \(spec.tag) takes no type")
            }
            return known.target
        }
        guard let entry = fields.entries.first(where: { $0.field.tag == spec.tag }) else {
            let field = MergeField(tag: spec.tag, name: header, kind: spec.kind ?? .text, dateFormat: spec.dateFormat)
            return .field(try add(field, db))
        }
        guard spec.kind == nil || spec.kind == entry.field.kind else {
            throw AudienceError(
                .invalidColumns,
                "the column \"\(header.brief)\": \(spec.tag) is a \(entry.field.kind.rawValue) field of the audience, "
                    + "not \(spec.kind?.rawValue ?? "")"
            )
        }
        return .field(entry)
    }

    private mutating func add(_ field: MergeField, _ db: Database) throws -> FieldTable.Entry {
        let entry = try fields.add(field, db)
        addedFields.append(field.tag)
        return entry
    }
}
