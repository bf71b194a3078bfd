public import FanfarePayload
import FanfareStore
import GRDB

/// A contact with the ids by which programs know its tags and groups.
public struct Member: Sendable, Hashable {
    /// The contact's key; never used twice.
    public let id: Int64
    /// As it was written.
    public let email: String
    /// Whether it may be addressed.
    public let status: ContactStatus
    /// `*|UNIQID|*`.
    public let uniqueID: String
    /// Its tags, by name.
    public let tags: [Tag]
    /// The ids of the groups it is in.
    public let groups: Set<Int64>
    fileprivate let fields: FieldTable
    /// Values of the merge fields in their order, and of the standard columns in theirs.
    fileprivate let values: [String?]

    /// A tag that it has.
    public struct Tag: Sendable, Hashable {
        /// The static segment's id.
        public let id: Int64
        /// As it was written first.
        public let name: String
    }

    /// The value of a standard column, as text; nil: it has none. Times are in seconds since 1970.
    public subscript(column: SystemColumn) -> String? { values[fields.entries.count + column.place] }

    /// Every merge field, in the order in which they were added, with its value; nil: it has none.
    public var fieldValues: [(field: MergeField, value: String?)] { zip(fields.entries, values).map { ($0.field, $1) } }

    /// The values of some merge fields by their tags; those without a value are left out.
    public func values(of tags: [String]) -> [String: String] {
        tags.reduce(into: [:]) { values, tag in values[tag] = value(ofField: tag) }
    }

    /// The value of a merge field by its tag; nil: it has none.
    public func value(ofField tag: String) -> String? {
        fields.entries.firstIndex { $0.field.tag == tag }.flatMap { values[$0] }
    }
}

extension SystemColumn {
    /// Its place among ``allCases``: how Swift numbers cases that carry nothing, which a test holds it to. Looked up, the
    /// places of one member's values would take longer than reading them.
    var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}

/// Reads members over one connection, one after the other.
struct MemberReader {
    private let form: ContactForm
    private let contact: HotStatement
    private let tags: HotStatement
    private let groups: HotStatement

    /// - Parameter db: The access that it is used in.
    init(_ form: ContactForm, _ db: Database) throws {
        self.form = form
        contact = try HotStatement(cachedIn: db, form.memberSQL)
        tags = try HotStatement(
            cachedIn: db,
            """
            SELECT s.id, s.name FROM segment_contact AS sc JOIN segment AS s ON s.id = sc.segment_id
            WHERE sc.contact_id = ? ORDER BY s.name_key
            """
        )
        groups = try HotStatement(cachedIn: db, "SELECT interest_id FROM contact_interest WHERE contact_id = ?")
    }

    /// The contact of a key; nil: there is none.
    ///
    /// - Throws: ``AudienceError`` with `storage`, `StoreError`.
    func member(_ id: Int64) throws -> Member? {
        contact.bind(1, id)
        defer { contact.reset() }
        guard try contact.step() else { return nil }
        guard let status = ContactStatus(storedCode: contact.columnInt64(1)) else {
            throw AudienceError(.storage, "the contact with the id \(id) has no known status")
        }
        let count = form.fields.entries.count + SystemColumn.allCases.count
        return Member(
            id: id,
            email: contact.columnText(2) ?? "",
            status: status,
            uniqueID: contact.columnText(3) ?? "",
            tags: try tags.rows(id) { Member.Tag(id: $0.columnInt64(0), name: $0.columnText(1) ?? "") },
            groups: Set(try groups.rows(id) { $0.columnInt64(0) }),
            fields: form.fields,
            values: (0..<count).map { contact.columnText(4 + $0) }
        )
    }
}

extension HotStatement {
    /// What is made of each row that a statement gives for a contact.
    fileprivate func rows<Value>(_ contact: Int64, _ value: (HotStatement) -> Value) throws -> [Value] {
        bind(1, contact)
        defer { reset() }
        var values: [Value] = []
        while try step() { values.append(value(self)) }
        return values
    }
}
