import FanfarePayload
import GRDB

/// Turns the objects of JSON Lines into rows: every key that is met becomes a column.
///
/// Objects may spell the key of the address differently, also one in another way than the next.
///
/// A key that is missing, or null, says nothing of the contact; an empty text clears the value.
struct JSONLinesImport: ~Copyable {
    private let importer: RowImporter
    private let file: String
    private var objects = JSONObjectReader()
    /// Names of the columns, and their bytes for comparing.
    private var names: [String] = []
    private var keys: [[UInt8]] = []
    private var kinds: [MergeField.Kind?] = []
    private var cells: ContiguousArray<UnsafeRawBufferPointer> = []
    /// Tags given as a list are joined here as a cell has them.
    private var tagCell: [UInt8] = []

    init(_ importer: RowImporter, file: String) {
        self.importer = importer
        self.file = file
    }

    /// Takes one line.
    mutating func take(_ line: UnsafeRawBufferPointer, number: Int, _ db: Database) throws {
        let place = AudienceError.Place(file: file, line: number)
        var fault = textFault(of: line).map { "the line \($0.sentence)" } ?? objects.read(line).map { "the line \($0)" }
        if fault == nil { fault = try gather(place, db) }
        if fault == nil, !importer.hasAddressColumn {
            fault = "the object has no email, email_address or mapped address"
        }
        let list = tagCell
        let tagColumn = names.firstIndex(of: JSONLinesImport.tagList)
        try list.withUnsafeBytes { tags in
            if let tagColumn { cells[tagColumn] = tags }
            try importer.take(cells, fault: fault, place: place, raw: line, db)
        }
    }

    /// The column of tags given as a list.
    private static let tagList = "tags"
    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Puts the members of the current object into the cells of their columns.
    ///
    /// - Returns: Why it cannot be taken.
    private mutating func gather(_ place: AudienceError.Place, _ db: Database) throws -> String? {
        for index in cells.indices { cells[index] = JSONLinesImport.nothing }
        tagCell.removeAll(keepingCapacity: true)
        let isMember = objects.members.contains { member in
            member.prefix.utf8CodeUnitCount == "merge_fields.".utf8.count || equals(member, "unique_email_id")
        }
        var expected = 0
        for index in objects.members.indices {
            let member = objects.members[index]
            if member.value.kind == .null { continue }
            let column = try column(of: member, near: expected, isMember: isMember, place, db)
            guard column >= 0 else { continue }
            expected = column + 1
            if let reason = fill(column, member) { return reason }
        }
        return nil
    }

    private mutating func fill(_ column: Int, _ member: JSONObjectReader.Member) -> String? {
        switch member.value.kind {
        case .array:
            guard names[column] == JSONLinesImport.tagList else {
                return "\(names[column]): a list is not accepted here"
            }
            var tags: [UInt8] = []
            guard objects.names(in: member.value, { ListParser.append(name: $0, to: &tags, isFirst: tags.isEmpty) })
            else {
                return "tags: accepted are texts, or objects with a name"
            }
            tagCell = tags
        case .object:
            guard importer.isAddress(column: column) else { return "\(names[column]): an object is not accepted here" }
            cells[column] = objects.isBlank(member.value) ? emptyCell(member.value) : member.value.bytes
        default:
            if names[column] == JSONLinesImport.tagList {
                tagCell = Array(member.value.bytes)
            } else {
                cells[column] = member.value.bytes
            }
        }
        return nil
    }

    /// An empty cell that is there, unlike ``nothing``.
    private func emptyCell(_ value: JSONScanner.Value) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: value.bytes.baseAddress, count: 0)
    }

    // MARK: Columns

    /// - Parameter near: Where the column is when the keys come in the order of the object before.
    /// - Returns: -1 for a key that is not read.
    private mutating func column(
        of member: JSONObjectReader.Member,
        near: Int,
        isMember: Bool,
        _ place: AudienceError.Place,
        _ db: Database
    ) throws -> Int {
        if near < keys.count, equals(member, keys[near]) { return near }
        if let index = keys.firstIndex(where: { equals(member, $0) }) { return index }
        let key = "\(member.prefix)\(String(decoding: member.key, as: UTF8.self))"
        if isMember && MemberKeys.ignored.contains(key) { return -1 }
        let name = importer.isMapped(key) ? key : MemberKeys.headers[key] ?? key
        try importer.setColumns(
            names + [name],
            kinds: kinds + [member.value.kind == .object ? .address : nil],
            spellsAddress: true,
            place: place,
            db
        )
        kinds.append(member.value.kind == .object ? .address : nil)
        names.append(name)
        keys.append(Array(key.utf8))
        cells.append(JSONLinesImport.nothing)
        return names.count - 1
    }

    private func equals(_ member: JSONObjectReader.Member, _ key: some Collection<UInt8>) -> Bool {
        let prefix = UnsafeBufferPointer(start: member.prefix.utf8Start, count: member.prefix.utf8CodeUnitCount)
        return key.count == prefix.count + member.key.count && key.starts(with: prefix)
            && key.dropFirst(prefix.count).elementsEqual(member.key)
    }

    private func equals(_ member: JSONObjectReader.Member, _ key: String) -> Bool { equals(member, key.utf8) }
}
