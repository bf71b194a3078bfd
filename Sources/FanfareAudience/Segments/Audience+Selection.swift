import FanfarePayload
public import Foundation
import GRDB

/// What the meaning of a segment depends on beside the contacts.
public struct SegmentContext: Sendable {
    /// In which `timestamp_opt` and `info_changed` are read.
    public var timeZone: TimeZone
    /// Unix time in seconds.
    public var now: Int64
    /// The question is asked of single contacts, one after the other: each membership is looked up, where else all of a
    /// tag's are gathered first.
    package var isOfSingleContacts = false

    /// - Parameters: see the properties of the same names.
    public init(timeZone: TimeZone = .gmt, now: Int64 = currentUnixTime()) {
        self.timeZone = timeZone
        self.now = now
    }
}

extension Audience {
    /// Compiles a selection to SQL, for this connection or one to which the file is attached.
    ///
    /// - Parameters:
    ///   - selection: Which contacts.
    ///   - schema: The name under which the file is attached; nil for its own connection.
    ///   - alias: What the query calls `contact`.
    ///   - context: Time zone and now.
    /// - Throws: ``AudienceError`` with `unknownTag`, `unknownSegment` or `invalidSegment`.
    public func selectionSQL(
        _ selection: RecipientSelection,
        schema: String? = nil,
        alias: String = "contact",
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> SelectionPredicate {
        try read { db in
            let part = try self.partSQL(selection.part, schema: schema, alias: alias, context: context, db)
            return Audience.statusSQL(selection.statuses, alias: alias).and(part)
        }
    }

    /// How many contacts a selection has.
    public func count(
        _ selection: RecipientSelection,
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> Int {
        let predicate = try selectionSQL(selection, context: context)
        return try read { db in
            try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM contact WHERE \(predicate.sql)",
                arguments: predicate.statementArguments
            ) ?? 0
        }
    }

    /// How many contacts of a selection there are by the time zone that they have; the empty text: none.
    public func countByTimeZone(
        _ selection: RecipientSelection,
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> [String: Int64] {
        let predicate = try selectionSQL(selection, context: context)
        return try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT coalesce(time_zone, ''), count(*) FROM contact WHERE \(predicate.sql) GROUP BY 1",
                arguments: predicate.statementArguments
            )
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        }
    }

    /// How many contacts of a selection's part there are by status, those that do not receive included.
    public func countByStatus(
        _ part: RecipientSelection.Part = .everyone,
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> [ContactStatus: Int] {
        try read { db in
            let predicate = try self.partSQL(part, schema: nil, alias: "contact", context: context, db)
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT status, count(*) FROM contact WHERE \(predicate.sql) GROUP BY status",
                arguments: predicate.statementArguments
            )
            var counts: [ContactStatus: Int] = [:]
            for row in rows { if let status = ContactStatus(storedCode: row[0]) { counts[status] = row[1] } }
            return counts
        }
    }

    private func partSQL(
        _ part: RecipientSelection.Part,
        schema: String?,
        alias: String,
        context: SegmentContext,
        _ db: Database
    ) throws -> SelectionPredicate {
        let compiler = ConditionCompiler(schema: schema, alias: alias, context: context)
        switch part {
        case .everyone:
            return SelectionPredicate("1")
        case .tag(let name):
            guard let id = try TagTable.id(ofTagNamed: name, db) else {
                throw AudienceError(.unknownTag, try Audience.unknownName("tag", name, kind: "static", db))
            }
            return compiler.membership(segment: id, isMember: true)
        case .segment(let definition):
            return try Segment(definition, db).predicate(compiler)
        case .savedSegment(let name):
            return try SavedSegments.segment(named: name, db).predicate(compiler)
        }
    }

    private static func statusSQL(_ statuses: Set<ContactStatus>, alias: String) -> SelectionPredicate {
        let codes = statuses.map(\.storedCode).sorted().map(String.init).joined(separator: ", ")
        return SelectionPredicate("\(alias).status IN (\(codes))")
    }

    static func unknownName(_ what: String, _ name: String, kind: String, _ db: Database) throws -> String {
        let names = try String.fetchAll(db, sql: "SELECT name FROM segment WHERE kind = ?", arguments: [kind])
        let known =
            names.isEmpty ? "it has none" : nearestName(to: name, among: names).map { "did you mean \"\($0)\"?" } ?? ""
        return "the audience has no \(what) \"\(name)\"" + (known.isEmpty ? "" : "; \(known)")
    }
}
