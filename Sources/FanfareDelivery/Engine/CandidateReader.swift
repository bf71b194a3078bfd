import FanfareAudience
import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// Reads contacts of an audience as a template needs them, before anything is frozen: for previews, trials and checks.
///
/// Thread: one. The values of a row are SQLite's own bytes, valid while the row is looked at.
final class CandidateReader {
    /// One contact as it is now.
    struct Candidate {
        /// Its key in the audience.
        var key: Int64
        /// Its address; as many bytes as SQLite has, valid while the row is looked at.
        var address: UnsafeRawBufferPointer
        /// The same, folded.
        var foldedAddress: UnsafeRawBufferPointer
        /// Nil: a status that this version does not know.
        var status: ContactStatus?
        /// Whether tag or segment name it; its status is not asked.
        var isSelected: Bool
        /// What the template reads.
        var row: ContactRow
    }

    private let database: DatabaseQueue
    private let statement: HotStatement
    private let values: UnsafeMutableBufferPointer<ContactRow.Value>
    private static let firstValue = 5

    /// - Parameters:
    ///   - plan: Audience and template are used.
    ///   - part: Tag or segment.
    ///   - context: What segments mean now.
    /// - Throws: `StoreError` when the file cannot be opened, `AudienceError` for a selection that does not fit it.
    init(_ plan: FanOutPlan, part: RecipientSelection.Part, context: SegmentContext) throws {
        let audience = plan.audience
        // The statuses are a question of their own: whom they leave out is counted too.
        let everyStatus = RecipientSelection(part, statuses: Set(ContactStatus.allCases))
        let selection = try audience.selectionSQL(everyStatus, alias: "c", context: context)
        let columns = try plan.template.columns.map { try audience.columnSQL(for: $0, contactAlias: "c") }
        let list = ["c.id", "c.status", "c.email", selection.sql, "c.email_key"] + columns
        // Parameters are numbered in the order in which they stand: the selection's, then the range of keys.
        let sql = "SELECT \(list.joined(separator: ", ")) FROM contact AS c WHERE c.id BETWEEN ? AND ? ORDER BY c.id"
        database = try DatabaseFile.open(audience.path, mode: .readOnly, prepare: Audience.registerFunctions)
        statement = try database.inDatabase { try HotStatement($0, sql) }
        for (index, argument) in selection.arguments.enumerated() {
            Self.bind(argument, to: statement, index + 1)
        }
        firstParameter = selection.arguments.count + 1
        values = .allocate(capacity: plan.template.columns.count)
        values.initialize(repeating: .init(start: nil, count: 0))
    }

    private let firstParameter: Int

    deinit { values.deallocate() }

    private static func bind(_ value: DatabaseValue, to statement: HotStatement, _ index: Int) {
        switch value.storage {
        case .null: statement.bindNull(index)
        case .int64(let number): statement.bind(index, number)
        case .double(let number): statement.bind(index, number)
        case .string(let text): statement.bind(index, text)
        case .blob(let data): data.withUnsafeBytes { statement.bind(index, blob: $0, .duringCall) }
        }
    }

    /// The keys there may be.
    func keys() throws -> ClosedRange<Int64>? {
        try database.inDatabase { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT min(id), max(id) FROM contact"),
                let first: Int64 = row[0], let last: Int64 = row[1]
            else { return nil }
            return first...last
        }
    }

    /// The key of the contact with an address; case does not count.
    func key(ofAddress address: String) throws -> Int64? {
        try database.inDatabase { db in
            try Int64.fetchOne(db, sql: "SELECT id FROM contact WHERE email_key = fold(?)", arguments: [address])
        }
    }

    /// Looks at the contacts with these keys, in order, until `body` returns false.
    ///
    /// - Throws: `StoreError`, and whatever `body` throws.
    func read(_ keys: ClosedRange<Int64>, _ body: (Candidate) throws -> Bool) throws {
        try database.inDatabase { _ in
            statement.bind(firstParameter, keys.lowerBound)
            statement.bind(firstParameter + 1, keys.upperBound)
            defer { statement.reset() }
            while try statement.step() {
                guard try body(candidate()) else { return }
            }
        }
    }

    private func candidate() -> Candidate {
        for slot in values.indices {
            let bytes = statement.columnBytes(Self.firstValue + slot)
            values[slot] = .init(start: bytes?.baseAddress, count: bytes?.count ?? 0)
        }
        return Candidate(
            key: statement.columnInt64(0),
            address: statement.columnBytes(2) ?? UnsafeRawBufferPointer(start: nil, count: 0),
            foldedAddress: statement.columnBytes(4) ?? UnsafeRawBufferPointer(start: nil, count: 0),
            status: ContactStatus(storedCode: statement.columnInt64(1)),
            isSelected: statement.columnInt64(3) != 0,
            row: ContactRow(UnsafeBufferPointer(values))
        )
    }
}
