import FanfareAudience
import FanfareStore
import GRDB
import Glibc

/// An audience in a directory of its own, and ways to fill it.
struct AudienceFixture {
    let folder: TemporaryDirectory
    let audience: Audience

    init() throws {
        folder = try TemporaryDirectory()
        audience = try Audience(path: folder.path + "/a.sqlite", id: "0123456789", mode: .createNew)
    }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let path = folder.path + "/" + name
        guard let file = fopen(path, "w") else { throw TemporaryDirectory.Failure(errno: errno) }
        defer { fclose(file) }
        let bytes = Array(bytes)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw TemporaryDirectory.Failure(errno: errno) }
        return path
    }

    @discardableResult
    func importCSV(_ text: String, _ options: ImportOptions = ImportOptions()) throws -> ImportSummary {
        try audience.importContacts(from: write(text.utf8, to: "contacts.csv"), options: options)
    }

    func strings(_ sql: String, _ arguments: StatementArguments = []) throws -> [String?] {
        try audience.database.read { try Optional<String>.fetchAll($0, sql: sql, arguments: arguments) }
    }

    /// Addresses of a selection, sorted.
    func addresses(_ selection: RecipientSelection, context: SegmentContext = SegmentContext(now: 0)) throws -> [String]
    {
        let predicate = try audience.selectionSQL(selection, context: context)
        return try audience.database.read { db in
            let sql = "SELECT email FROM contact WHERE \(predicate.sql) ORDER BY email"
            return try String.fetchAll(db, sql: sql, arguments: predicate.statementArguments)
        }
    }
}

extension AudienceFixture {
    func bytes(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw TemporaryDirectory.Failure(errno: errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
