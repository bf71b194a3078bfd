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

    init(
        _ database: DatabaseQueue,
        options: ImportOptions,
        progress: @escaping (ImportProgress) -> Bool
    ) throws {
        self.database = database
        self.options = options
        self.progress = progress
        importer = try database.write { try RowImporter(options: options, $0) }
    }

    func run(path: String) throws -> ImportSummary {
        let source = try FileSource(path: path)
        try readCSV(source, total: source.size)
        try database.write { try importer.finish($0) }
        return importer.summary
    }

    private func readCSV(_ source: any ByteSource, total: Int64?) throws {
        let reader = CSVReader(InputBuffer(source: source))
        guard try reader.next() else {
            throw AudienceError(.noAddressColumn, "the file is empty", place: AudienceError.Place(file: source.name))
        }
        try database.write { try readHeader(reader, file: source.name, $0) }
        var goesOn = true
        while goesOn {
            try database.write { db in goesOn = try readChunk(reader, file: source.name, db) }
            let state = ImportProgress(bytesRead: reader.input.bytesRead, bytesTotal: total, summary: importer.summary)
            guard progress(state) else { throw AudienceError(.cancelled, "the import was stopped") }
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

    private func readChunk(_ reader: CSVReader, file: String, _ db: Database) throws -> Bool {
        for _ in 0..<ContactImport.chunk {
            guard try reader.next() else {
                try importer.endChunk()
                return false
            }
            try importer.take(
                reader.cells,
                fault: reader.fault.map { "the row \($0.sentence)" },
                place: AudienceError.Place(file: file, line: reader.line),
                raw: reader.record,
                db
            )
        }
        try importer.endChunk()
        return true
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
