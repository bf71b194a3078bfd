import FanfarePayload
import GRDB

/// Turns contacts of a program's making into rows: every field that is met becomes a column.
///
/// Thread: that of the database access it is used in.
struct NewContactRows: ~Copyable {
    private static let firstColumns = ["email_address", "status", "tags"]

    private let importer: RowImporter
    private let source: String
    /// The columns of fields, by tag.
    private var columns: [String: Int] = [:]
    private var names = Self.firstColumns
    private var kinds: [MergeField.Kind?] = [nil, nil, nil]
    /// The text of one row, and where in it the cells are; nil: the contact says nothing of it.
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>?] = [nil, nil, nil]
    private var number = 0

    /// - Parameter source: What errors and rejects name as their place.
    init(_ importer: RowImporter, source: String) {
        self.importer = importer
        self.source = source
    }

    /// Takes one contact.
    mutating func take(_ contact: NewContact, _ db: Database) throws {
        number += 1
        let place = AudienceError.Place(file: source, line: number)
        if number == 1 { try importer.setColumns(names, kinds: kinds, place: place, db) }
        let fault = try fill(contact, place, db)
        try bytes.withUnsafeBytes { text in
            var cells: ContiguousArray<UnsafeRawBufferPointer> = []
            cells.reserveCapacity(ranges.count)
            for range in ranges {
                cells.append(range.map { .init(rebasing: text[$0]) } ?? UnsafeRawBufferPointer(start: nil, count: 0))
            }
            let nul = textFault(of: text).map { "the contact \($0.sentence)" }
            try importer.take(cells, fault: fault ?? nul, place: place, raw: text, db)
        }
    }

    /// - Returns: Why the contact cannot be taken.
    private mutating func fill(_ contact: NewContact, _ place: AudienceError.Place, _ db: Database) throws -> String? {
        bytes.removeAll(keepingCapacity: true)
        for index in ranges.indices { ranges[index] = nil }
        put(contact.email, at: 0)
        if let status = contact.status { put(status.rawValue, at: 1) }
        if !contact.tags.isEmpty {
            let start = bytes.count
            for tag in contact.tags { ListParser.append(name: tag.utf8, to: &bytes, isFirst: bytes.count == start) }
            ranges[2] = start..<bytes.count
        }
        for (key, value) in contact.fields {
            let tag = key.uppercased()
            guard let column = columns[tag] else { continue }
            if ranges[column] != nil { return "\(tag) is given twice" }
            put(value.text, at: column)
        }
        // The order of a dictionary is another one with each run: columns are made in that of their names.
        let unknown = contact.fields.filter { columns[$0.key.uppercased()] == nil }.sorted { $0.key < $1.key }
        for (key, value) in unknown {
            let tag = key.uppercased()
            if columns[tag] != nil { return "\(tag) is given twice" }
            try addColumn(tag, value, place, db)
            put(value.text, at: names.count - 1)
        }
        return nil
    }

    private mutating func addColumn(
        _ tag: String,
        _ value: NewContact.Value,
        _ place: AudienceError.Place,
        _ db: Database
    ) throws {
        let kind: MergeField.Kind? = if case .number = value { .number } else { nil }
        let name = SlotResolver.fieldPrefix + tag
        try importer.setColumns(names + [name], kinds: kinds + [kind], place: place, db)
        columns[tag] = names.count
        names.append(name)
        kinds.append(kind)
        ranges.append(nil)
    }

    private mutating func put(_ text: String, at column: Int) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        ranges[column] = start..<bytes.count
    }
}
