import FanfareAudience
import FanfareStore
import FanfareTesting
import Foundation
import GRDB

/// An audience in a directory of its own, and ways to fill it.
struct AudienceFixture {
    private let folder: FixtureFolder
    let audience: Audience

    init() throws {
        folder = try FixtureFolder()
        audience = try Audience(path: folder.path + "/a.sqlite", id: "0123456789", mode: .createNew)
    }

    /// The path of a file in the directory, there or not; the directory's own without a name.
    func path(_ name: String = "") -> String { name.isEmpty ? folder.path : folder.path + "/" + name }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
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
        try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
