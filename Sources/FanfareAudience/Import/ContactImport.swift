import FanfareStore
import GRDB

/// Runs one import: chunk by chunk, each in a transaction of its own, so that another writer never waits long.
///
/// A crash or error leaves the chunks that were committed; opening the audience again builds the indexes they lack.
final class ContactImport {
    /// Rows of a transaction.
    static let chunk = 20_000

    private let database: DatabaseQueue
    private let options: ImportOptions
    private let progress: (ImportProgress) -> Bool
    private let importer: RowImporter
    /// Whether a row that was taken has been committed.
    private var hasTakenRows = false

    /// Runs one import.
    ///
    /// - Returns: What became of the rows, and the contacts that were there before and have had one.
    static func run(
        _ path: String,
        into database: DatabaseQueue,
        options: ImportOptions,
        progress: @escaping (ImportProgress) -> Bool
    ) throws -> (summary: ImportSummary, seen: IDSet) {
        var contactImport: ContactImport? = try ContactImport(database, options: options, progress: progress)
        // Its statements may be finalised only while no other thread uses the connection.
        defer { database.inDatabase { _ in contactImport = nil } }
        do {
            return try contactImport.map { (try $0.run(path: path), $0.importer.seen) } ?? (ImportSummary(), IDSet())
        } catch {
            // Fields in which nobody has anything would only be in the way of the mended file.
            if let contactImport, !contactImport.hasTakenRows {
                try contactImport.importer.removeAddedFields(database)
            }
            throw error
        }
    }

    private init(
        _ database: DatabaseQueue,
        options: ImportOptions,
        progress: @escaping (ImportProgress) -> Bool
    ) throws {
        self.database = database
        self.options = options
        self.progress = progress
        importer = try database.write { try RowImporter(options: options, $0) }
    }

    /// Reads a file: by its name's ending a zip archive (`.zip`), JSON Lines (`.jsonl`, `.ndjson`), else CSV.
    private func run(path: String) throws -> ImportSummary {
        let name = path.lowercased()
        if name.hasSuffix(".zip") {
            try readArchive(path)
        } else {
            let source = try FileSource(path: path, name: options.fileName)
            if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
                try readJSONLines(source)
            } else {
                try readCSV(source, total: source.size)
            }
        }
        try importer.requireUsableRow(database)
        try database.write { try importer.finish($0) }
        return importer.summary
    }

    private func readArchive(_ path: String) throws {
        let archive = try ArchiveReader(path: path, name: options.fileName)
        var hasContacts = false
        while let name = try archive.next() {
            guard let status = exportedStatus(ofFile: name) else {
                importer.ignoreFile(name)
                continue
            }
            hasContacts = true
            importer.defaultStatus = status
            try readCSV(ArchiveEntrySource(name: name, archive: archive), total: nil, mayBeEmpty: true)
        }
        guard hasContacts else {
            throw AudienceError(
                .noAddressColumn,
                "\(options.fileName ?? path) has no contacts: files such as subscribed_….csv, unsubscribed_….csv or cleaned_….csv were "
                    + "expected"
            )
        }
    }

    private func readCSV(_ source: any ByteSource, total: Int64?, mayBeEmpty: Bool = false) throws {
        let reader = CSVReader(InputBuffer(source: source))
        guard try reader.next() else {
            if mayBeEmpty { return }
            throw AudienceError(.noAddressColumn, "the file is empty", place: AudienceError.Place(file: source.name))
        }
        try database.write { db in
            try importer.beginChunk(db)
            try readHeader(reader, file: source.name, db)
            try importer.endChunk(db)
        }
        try inChunks(reader.input, total: total) { db in
            guard try reader.next() else { return false }
            try importer.take(
                reader.cells,
                fault: reader.fault.map { "the row \($0.sentence)" },
                place: AudienceError.Place(file: source.name, line: reader.line),
                raw: reader.record,
                db
            )
            return true
        }
    }

    private func readHeader(_ reader: CSVReader, file: String, _ db: Database) throws {
        let place = AudienceError.Place(file: file, line: reader.line)
        if let fault = reader.fault {
            throw AudienceError(.malformedFile, "the header \(fault.sentence)", place: place)
        }
        let names = reader.cells.map { String(decoding: trimmingSpaces($0), as: UTF8.self) }
        try importer.checkHeader(names, options: options, place: place)
        try importer.setColumns(names, place: place, db)
    }

    private func readJSONLines(_ source: FileSource) throws {
        let reader = LineReader(InputBuffer(source: source))
        try refuseArray(reader.input)
        var objects = JSONLinesImport(importer, file: source.name)
        try inChunks(reader.input, total: source.size) { db in
            guard try reader.next() else { return false }
            try objects.take(reader.record, number: reader.line, db)
            return true
        }
        guard importer.summary.rows > 0 else {
            throw AudienceError(.noAddressColumn, "the file is empty", place: AudienceError.Place(file: source.name))
        }
        importer.noteUnusedColumns()
    }

    /// Refuses an array before its lines are taken one by one: each but the last of a printed one ends with a comma, so
    /// that the last contact alone would be taken.
    private func refuseArray(_ input: InputBuffer) throws {
        guard try input.refill() else { return }
        var text = UnsafeRawBufferPointer(start: input.base, count: input.end)[...]
        if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        let blank = text.prefix { " \t\r\n".utf8.contains($0) }
        guard text.dropFirst(blank.count).first == UInt8(ascii: "[") else { return }
        throw AudienceError(
            .malformedFile,
            "this is a JSON array; JSON Lines has one object a line",
            place: AudienceError.Place(file: input.name, line: 1 + blank.count { $0 == UInt8(ascii: "\n") })
        )
    }

    /// Calls `row` until it returns false, with a transaction and a progress report for every chunk.
    private func inChunks(_ input: InputBuffer, total: Int64?, row: (Database) throws -> Bool) throws {
        var goesOn = true
        while goesOn {
            try database.write { db in
                try importer.beginChunk(db)
                var rows = 0
                while goesOn, rows < ContactImport.chunk {
                    goesOn = try row(db)
                    rows += 1
                }
                try importer.endChunk(db)
            }
            if importer.summary.rows > importer.summary.rejected { hasTakenRows = true }
            let state = ImportProgress(bytesRead: input.bytesRead, bytesTotal: total, summary: importer.summary)
            guard progress(state) else { throw AudienceError(.cancelled, "the import was stopped") }
        }
    }
}

extension CSVReader.Fault {
    /// Goes on from "the row".
    var sentence: String {
        switch self {
        case .textAfterQuote: "has text between a closing quote and the next comma"
        case .nul: "holds a NUL byte"
        case .notUTF8: "is not UTF-8"
        }
    }
}
