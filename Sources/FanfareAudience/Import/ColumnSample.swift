/// The header of a CSV file, or of the first with contacts in an archive, and what its first rows have of addresses.
struct ColumnSample {
    /// As they stand in the file, without spaces around them.
    private(set) var headers: [String] = []
    /// Cells with something in them, and those of them that are addresses, by column.
    private var filled: [Int] = []
    private var addresses: [Int] = []

    private static let rows = 1_000

    /// - Returns: Nil for what is no CSV, cannot be read twice, or has no header.
    /// - Throws: `AudienceError` for a file that cannot be read.
    init?(of path: String) throws {
        guard let source = try Self.source(path) else { return nil }
        let reader = CSVReader(InputBuffer(source: source))
        guard try reader.next(), reader.fault == nil else { return nil }
        headers = reader.cells.map { String(decoding: trimmingSpaces($0), as: UTF8.self) }
        filled = headers.map { _ in 0 }
        addresses = filled
        var seen = 0
        while seen < Self.rows, try reader.next() {
            seen += 1
            if reader.fault == nil, reader.cells.count == headers.count { look(at: reader.cells) }
        }
    }

    private static func source(_ path: String) throws -> (any ByteSource)? {
        let name = path.lowercased()
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") { return nil }
        guard name.hasSuffix(".zip") else {
            let source = try FileSource(path: path)
            return source.size == nil ? nil : source
        }
        let archive = try ArchiveReader(path: path)
        while let entry = try archive.next() {
            if exportedStatus(ofFile: entry) != nil { return ArchiveEntrySource(name: entry, archive: archive) }
        }
        return nil
    }

    private mutating func look(at cells: ContiguousArray<UnsafeRawBufferPointer>) {
        for index in cells.indices {
            let cell = trimmingSpaces(cells[index])
            if cell.isEmpty { continue }
            filled[index] += 1
            if addressFault(cell) == nil { addresses[index] += 1 }
        }
    }

    /// The column that mostly holds addresses, where no header says which one does; nil: none, or the header is data.
    var addressColumn: String? {
        let isNamed = headers.contains { header in
            if case .email? = KnownColumn(header: header) { true } else { false }
        }
        if isNamed || headers.contains(where: { $0.contains("@") }) { return nil }
        let found = headers.indices.filter { index in
            addresses[index] * 2 > filled[index] && headers.count { $0 == headers[index] } == 1
                && !headers[index].isEmpty && KnownColumn(header: headers[index]) == nil
        }
        return found.max { addresses[$0] < addresses[$1] }.map { headers[$0] }
    }
}
