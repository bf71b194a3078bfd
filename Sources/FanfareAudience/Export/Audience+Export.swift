import FanfarePayload
import FanfareStore
import Foundation
import GRDB

extension Audience {
    /// Writes contacts so that ``importContacts(from:options:progress:)`` reads them back, in the order in which they
    /// came.
    ///
    /// One moment's state, however long it takes; memory does not grow with the number of contacts. Types of fields are
    /// not part of the formats, and neither are `*|UNIQID|*` and saved segments; group columns of a CSV are read back
    /// where a column map says that they are groups.
    ///
    /// - Parameters:
    ///   - options: What, and how.
    ///   - sink: Called with the bytes of one line after another, a CSV's header first.
    /// - Returns: How many contacts were written.
    /// - Throws: ``AudienceError`` with `unknownTag`, `unknownSegment`, `invalidSegment` or `unknownField`, and what
    ///   `sink` throws.
    @discardableResult
    public func exportContacts(
        _ options: ExportOptions = ExportOptions(),
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        let selection = RecipientSelection(options.part, statuses: options.statuses)
        let predicate = try selectionSQL(selection)
        return try database.read { db in
            let table = try ExportTable(db, fields: options.fields)
            var count = 0
            switch options.format {
            case .csv:
                var line = CSVLine()
                try line.write(table.columns.map(\.header), to: sink)
                let values = table.columns.map(\.csv).joined(separator: ", ")
                try Audience.forEachRow(db, values, predicate) { statement in
                    try line.write(statement, columns: table.columns.count, to: sink)
                    count += 1
                }
            case .jsonl:
                var line: [UInt8] = []
                try Audience.forEachRow(db, table.object, predicate) { statement in
                    line.removeAll(keepingCapacity: true)
                    if let object = statement.columnBytes(0) { line.append(contentsOf: object) }
                    line.append(UInt8(ascii: "\n"))
                    try line.withUnsafeBytes(sink)
                    count += 1
                }
            }
            return count
        }
    }

    private static func forEachRow(
        _ db: Database,
        _ values: String,
        _ predicate: SelectionPredicate,
        _ body: (HotStatement) throws -> Void
    ) throws {
        let sql = "SELECT \(values) FROM contact WHERE \(predicate.sql) ORDER BY contact.id"
        let statement = try HotStatement(db, sql)
        for (index, argument) in predicate.arguments.enumerated() {
            switch argument.storage {
            case .null: statement.bindNull(index + 1)
            case .int64(let value): statement.bind(index + 1, value)
            case .double(let value): statement.bind(index + 1, value)
            case .string(let value): statement.bind(index + 1, value)
            case .blob(let value): value.withUnsafeBytes { statement.bind(index + 1, blob: $0, .duringCall) }
            }
        }
        while try statement.step() { try body(statement) }
    }
}

/// One line of a CSV, in memory that is kept from line to line.
///
/// Cells are quoted as RFC 4180 says where they hold what PHP's `fputcsv` quotes, which Mailchimp writes with. One that
/// begins with `+` and a digit has an apostrophe before it, as there.
private struct CSVLine {
    private var bytes: [UInt8] = []

    mutating func write(_ cells: [String], to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        bytes.removeAll(keepingCapacity: true)
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            var cell = cell
            cell.withUTF8 { append(UnsafeRawBufferPointer($0)) }
        }
        try end(sink)
    }

    mutating func write(
        _ row: HotStatement,
        columns: Int,
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        bytes.removeAll(keepingCapacity: true)
        for index in 0..<columns {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let cell = row.columnBytes(index) { append(cell) }
        }
        try end(sink)
    }

    private mutating func end(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        bytes.append(UInt8(ascii: "\n"))
        try bytes.withUnsafeBytes(sink)
    }

    private mutating func append(_ cell: UnsafeRawBufferPointer) {
        let isGuarded = cell.count > 1 && cell[0] == UInt8(ascii: "+") && isDigit(cell[1])
        let isQuoted = cell.contains(where: Self.needsQuotes)
        if isQuoted { bytes.append(UInt8(ascii: "\"")) }
        if isGuarded { bytes.append(UInt8(ascii: "'")) }
        for byte in cell {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        if isQuoted { bytes.append(UInt8(ascii: "\"")) }
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\\"): true
        default: false
        }
    }
}
