import FanfarePayload
import FanfareStore
import GRDB
import Glibc

/// Takes rows of cells, whatever they were read from: checks them, writes contacts and tags, counts and reports.
///
/// Thread: that of the database access it is used in. The caller opens and commits the transactions.
final class RowImporter {
    private let options: ImportOptions
    private let rejects: RejectsFile?
    @exclusivity(unchecked)
    private(set) var summary = ImportSummary()
    private var resolver: SlotResolver
    @exclusivity(unchecked)
    private var slots: [Slot] = []
    private var valueSlots: [Slot] = []
    private var writer: ContactWriter?
    private let memberships: MembershipWriter
    /// Nil: nobody is told what changes.
    private let changes: ImportChanges?
    /// The only address that is wanted: as given, and folded.
    private let wanted: (address: [UInt8], key: [UInt8])?
    @exclusivity(unchecked)
    private var parser = CellParser()
    @exclusivity(unchecked)
    private var lists = ListParser()
    @exclusivity(unchecked)  // As all of the importer, used by one database access at a time.
    private var values: ContiguousArray<CellValue> = []
    /// What had been written when this importer last did so, over this connection and over others.
    private var seenBefore: [Int64]
    private var keyBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
    /// The status of rows that name none: that of the archive's entry, else nil.
    var defaultStatus: ContactStatus?

    init(options: ImportOptions, _ db: Database) throws {
        self.options = options
        rejects = try options.rejectsPath.map(RejectsFile.init(path:))
        resolver = try SlotResolver(columns: options.columns, db)
        memberships = try MembershipWriter(now: options.now, db)
        changes = try options.notesChanges ? ImportChanges(now: options.now, db) : nil
        wanted = try options.onlyAddress.map { (Array($0.utf8), Array(try folded($0).utf8)) }
        seenBefore = try Self.written(db)
    }

    deinit { keyBuffer.deallocate() }

    /// Sets what the cells of the rows to come are.
    ///
    /// Every name of `names` has one slot, in that order.
    ///
    /// - Throws: `AudienceError` with `invalidColumns` when two columns have one meaning.
    ///
    /// - Parameters:
    ///   - kinds: The types that new fields get, one per name; empty: text.
    ///   - spellsAddress: Whether more than one name may be the address, of which a row then gives one.
    func setColumns(
        _ names: [String],
        kinds: [MergeField.Kind?] = [],
        spellsAddress: Bool = false,
        place: AudienceError.Place,
        _ db: Database
    ) throws {
        var resolved: [Slot] = []
        for (index, name) in names.enumerated() {
            let kind = index < kinds.count ? kinds[index] : nil
            let target = try resolver.target(of: name, kind: kind ?? .text, db) ?? .ignored
            let mayRepeat = target == .ignored || (spellsAddress && target == .email)
            if !mayRepeat, let other = resolved.first(where: { $0.target == target }) {
                // The map tells columns apart by their names.
                throw AudienceError(
                    .invalidColumns,
                    other.name == name
                        ? "two columns are called \"\(name.brief)\"; rename one of them in the file"
                        : "the columns \"\(other.name.brief)\" and \"\(name.brief)\" are both \(target.description); "
                            + "map one of them in `columns`",
                    place: place
                )
            }
            resolved.append(Slot(name: name, target: target))
        }
        slots = resolved
        valueSlots = resolved.filter { $0.target.column != nil }
        writer = try ContactWriter(slots: valueSlots, options: options, continuing: writer, changes: changes, db)
        try changes?.columnsChanged(db)
        summary.addedFields = resolver.addedFields
        for slot in slots where slot.target == .ignored && !summary.ignoredColumns.contains(slot.name) {
            summary.ignoredColumns.append(slot.name)
        }
    }

    /// The contacts that were there before and have had a row.
    var seen: IDSet { writer?.seen ?? IDSet() }

    /// Whether a column has the addresses.
    var hasAddressColumn: Bool { slots.contains { $0.target == .email } }
    /// Whether a column holds the values of an address field, which may be objects.
    func isAddress(column: Int) -> Bool {
        if case .field(let entry) = slots[column].target { return entry.field.kind == .address }
        return slots[column].target == .ignored
    }

    /// Whether the column map explains a key.
    func isMapped(_ key: String) -> Bool { options.columns[key] != nil }

    /// Takes one row.
    ///
    /// - Parameters:
    ///   - cells: One per column; more or fewer make the row a reject.
    ///   - fault: What the reader found wrong with it, as a sentence.
    ///   - raw: The row as it stands in the file, for the rejects file.
    func take(
        _ cells: ContiguousArray<UnsafeRawBufferPointer>,
        fault: String?,
        place: @autoclosure () -> AudienceError.Place,
        raw: UnsafeRawBufferPointer,
        _ db: Database
    ) throws {
        summary.rows += 1
        if let wanted, try !isAbout(wanted, fault == nil ? cells : [], raw) {
            summary.notAdded += 1
            return
        }
        if let reason = try fault ?? write(cells, db) {
            try reject(reason, at: place(), raw)
        }
    }

    /// Whether a row has an address, or, where its cells cannot be told apart, may have it.
    private func isAbout(
        _ wanted: (address: [UInt8], key: [UInt8]),
        _ cells: ContiguousArray<UnsafeRawBufferPointer>,
        _ raw: UnsafeRawBufferPointer
    ) throws -> Bool {
        guard cells.count == slots.count else { return contains(wanted.address, raw) }
        for index in slots.indices where slots[index].target == .email {
            let address = trimmingSpaces(cells[index])
            // Folding needs twice the room; what is longer is no address, and that is for the check to say.
            guard address.count * 2 <= keyBuffer.count else { return contains(wanted.address, address) }
            if try fold(address, into: keyBuffer).elementsEqual(wanted.key) { return true }
        }
        return false
    }

    private func contains(_ needle: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
        text.indices.contains { text[$0...].starts(with: needle) }
    }

    /// Notes keys of the column map that no row had.
    func noteUnusedColumns() {
        let used = Set(slots.map(\.name))
        summary.unusedColumns = options.columns.keys.filter { !used.contains($0) }.sorted()
    }

    /// Refuses a file whose every row was rejected: whoever gave it did not mean nobody.
    ///
    /// The fields that it added go again, so that the mended file may give them other types.
    func requireUsableRow(_ database: DatabaseQueue) throws {
        guard let first = summary.rejects.first, summary.rejected == summary.rows else { return }
        try removeAddedFields(database)
        let rows = summary.rows
        let all = rows == 1 ? "the only row was rejected:" : "all \(rows) rows were rejected; the first:"
        let kept = options.rejectsPath.map { "; see \($0)" } ?? ""
        throw AudienceError(
            .noUsableRow,
            "\(all) \(first.reason)\(kept)",
            place: first.place
        )
    }

    /// Takes back the fields of an import that failed before any row was taken for good.
    ///
    /// Those that are there: a header that was refused has taken its own back with its transaction.
    func removeAddedFields(_ database: DatabaseQueue) throws {
        try database.write { db in
            writer = nil
            let there = Set(try FieldTable(db).entries.map(\.field.tag))
            for tag in resolver.addedFields where there.contains(tag) { try FieldTable.remove(tag: tag, db) }
        }
        summary.addedFields = []
    }

    /// Builds what the import left for the end.
    func finish(_ db: Database) throws {
        guard options.buildsIndexes else { return try endChunk(db) }
        try writer?.buildIndex(db)
        try db.execute(sql: AudienceSchema.tagIndexSQL)
        try db.execute(sql: AudienceSchema.listIndexSQL)
    }

    /// Takes note of what others have written since the last transaction; to be called when one has begun.
    func beginChunk(_ db: Database) throws {
        if try seenBefore != Self.written(db) {
            try writer?.catchUp(db)
            try resolver.catchUp(db)
            memberships.forgetNames()
        }
        try JourneyTables.note(isImport: true, db)
    }

    /// Writes what is pending; to be called before a transaction commits.
    func endChunk(_ db: Database) throws {
        try writer?.endChunk()
        try memberships.flush()
        try changes?.endChunk(db)
        try rejects?.flush()
        try JourneyTables.note(isImport: false, db)
        seenBefore = try Self.written(db)
    }

    private static func written(_ db: Database) throws -> [Int64] {
        [Int64(db.totalChangesCount), try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0]
    }

    /// Notes an entry of an archive that holds no contacts.
    func ignoreFile(_ name: String) { summary.ignoredFiles.append(name) }

    /// - Returns: Why the row cannot be taken; nil when it was written.
    private func write(_ cells: ContiguousArray<UnsafeRawBufferPointer>, _ db: Database) throws -> String? {
        guard cells.count == slots.count else {
            return "the row has \(cells.count) cell\(cells.count == 1 ? "" : "s"), the header \(slots.count)"
        }
        guard let writer else { return "there is no header" }
        var contact = ContactWriter.Contact()
        contact.status = defaultStatus
        if let reason = try check(cells, &contact) { return reason }
        if let suppressed = options.suppressed, suppressed.contains(folded: contact.emailKey) {
            summary.suppressed += 1
            return nil
        }
        let outcome = try writer.write(contact, values: values, db)
        if outcome == .notAdded {
            summary.notAdded += 1
            return nil
        }
        for index in slots.indices where slots[index].content == nil && !cells[index].isEmpty {
            try writeList(slots[index].target, cells[index], writer.contactID, db)
        }
        switch outcome {
        case .created: summary.created += 1
        case .updated: summary.updated += 1
        case .repeated: summary.repeated += 1
        case .notAdded: break
        }
        if writer.statusWasKept { summary.statusKept += 1 }
        return nil
    }

    private func check(
        _ cells: ContiguousArray<UnsafeRawBufferPointer>,
        _ contact: inout ContactWriter.Contact
    ) throws -> String? {
        parser.beginRow()
        values.removeAll(keepingCapacity: true)
        for index in slots.indices {
            guard let content = slots[index].content else {
                if slots[index].target == .email, let reason = try takeAddress(index, cells, &contact) { return reason }
                continue
            }
            guard let value = parser.parse(cells[index], as: content) else {
                return "\(slots[index].name): \"\(shown(cells[index]))\" is not \(content.accepted)"
            }
            if slots[index].target != .status {
                values.append(value)
            } else if case .integer(let code) = value {
                contact.status = ContactStatus(storedCode: code)
            }
        }
        if let reason = addressFault(contact.email) { return reason }
        contact.emailKey = try fold(contact.email, into: keyBuffer)
        return nil
    }

    /// Takes an address unless the row gave another one under another name.
    private func takeAddress(
        _ index: Int,
        _ cells: ContiguousArray<UnsafeRawBufferPointer>,
        _ contact: inout ContactWriter.Contact
    ) throws -> String? {
        let address = trimmingSpaces(cells[index])
        if contact.email.isEmpty {
            contact.email = address
        } else if !address.isEmpty, !address.elementsEqual(contact.email),
            try folded(String(decoding: address, as: UTF8.self))
                != folded(String(decoding: contact.email, as: UTF8.self))
        {
            let names = slots.indices.filter { slots[$0].target == .email && !cells[$0].isEmpty }.prefix(2)
                .map { "\"\(slots[$0].name)\"" }
            return "\(names.joined(separator: " and ")) give different addresses; map one of them in `columns`"
        }
        return nil
    }

    private func writeList(
        _ target: SlotTarget,
        _ cell: UnsafeRawBufferPointer,
        _ contactID: Int64,
        _ db: Database
    ) throws {
        switch target {
        case .tags:
            lists.parse(cell)
            for name in lists.names { try memberships.tag(contactID, name, db) }
        case .group(let category):
            lists.parse(cell)
            for name in lists.names { try memberships.interest(contactID, name, category: category, db) }
        default: break
        }
    }

    private func reject(_ reason: String, at place: AudienceError.Place, _ raw: UnsafeRawBufferPointer) throws {
        summary.rejected += 1
        if summary.rejects.count < ImportSummary.listedRejects {
            summary.rejects.append(ImportSummary.Reject(place: place, reason: reason))
        }
        try rejects?.append(place: place, reason: reason, row: raw)
        if let limit = options.maxRejects, summary.rejected > limit {
            throw AudienceError(
                .tooManyRejects,
                "more than \(limit) row\(limit == 1 ? " was" : "s were") rejected; the last: \(reason)",
                place: place
            )
        }
    }

    private func shown(_ cell: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: cell.prefix(40), as: UTF8.self)
        return cell.count > 40 ? text + "…" : text
    }
}

extension SlotTarget: CustomStringConvertible {
    var description: String {
        switch self {
        case .email: "the address"
        case .status: "the status"
        case .tags: "the tags"
        case .ignored: "ignored"
        case .system(let column): column.exportHeader
        case .field(let entry): entry.field.tag
        case .group: "the groups of one category"
        }
    }
}
