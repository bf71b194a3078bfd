import FanfarePayload
import GRDB

/// Why a contact is in a segment, or is not.
public struct SegmentExplanation: Sendable, Hashable {
    /// What one condition made of the contact.
    public struct Condition: Sendable, Hashable {
        /// The condition as it was written.
        public let definition: SegmentDefinition.Condition
        /// Whether the contact meets it.
        public let isMet: Bool
        /// What the contact has there; nil: nothing.
        public let value: String?
    }

    /// Whether one condition is enough.
    public let match: SegmentDefinition.Match
    /// In the order in which they were written.
    public let conditions: [Condition]
    /// Whether the contact is in the segment.
    public let isMember: Bool
    /// The contact's status: only some receive.
    public let status: ContactStatus
}

extension Audience {
    /// Tries every condition of a segment on one contact, with the SQL that selects recipients.
    ///
    /// - Returns: Nil when there is no contact with the address.
    /// - Throws: ``AudienceError`` with `invalidSegment`, ``SegmentProblems`` as its cause.
    public func explain(
        _ definition: SegmentDefinition,
        email: String,
        context: SegmentContext = SegmentContext()
    ) throws(AudienceError) -> SegmentExplanation? {
        try read { db in
            let segment = try Segment(definition, db)
            let key = try folded(email)
            let sql = "SELECT status FROM contact WHERE email_key = ?"
            guard let code = try Int64.fetchOne(db, sql: sql, arguments: [key]) else { return nil }
            guard let status = ContactStatus(storedCode: code) else {
                throw AudienceError(.storage, "the contact has the unknown status \(code)")
            }
            let compiler = ConditionCompiler(schema: nil, alias: "contact", context: context)
            let conditions = try zip(definition.conditions, segment.conditions).map { written, condition in
                SegmentExplanation.Condition(
                    definition: written,
                    isMet: try Audience.holds(compiler.predicate(condition), key, db),
                    value: try Audience.value(seenBy: condition, key, db)
                )
            }
            return SegmentExplanation(
                match: definition.match,
                conditions: conditions,
                isMember: try Audience.holds(segment.predicate(compiler), key, db),
                status: status
            )
        }
    }

    /// The definition that is kept under a name.
    ///
    /// - Throws: ``AudienceError`` with `unknownSegment`, naming the nearest.
    public func savedSegment(named name: String) throws(AudienceError) -> SegmentDefinition {
        try read { try SavedSegments.definition(named: name, $0) }
    }

    private static func holds(_ predicate: SelectionPredicate, _ key: String, _ db: Database) throws -> Bool {
        let sql = "SELECT 1 FROM contact WHERE email_key = ? AND (\(predicate.sql))"
        var arguments: StatementArguments = [key]
        arguments += predicate.statementArguments
        return try Int.fetchOne(db, sql: sql, arguments: arguments) != nil
    }

    /// What the contact has in the column, or of the tag, that a condition looks at.
    private static func value(seenBy condition: Condition, _ key: String, _ db: Database) throws -> String? {
        let expression: String
        switch condition {
        case .text(let column, _, _), .number(let column, _, _), .day(let column, _, _), .blank(let column, _):
            expression = "CAST(\(column) AS TEXT)"
        case .time(let column, _): expression = "strftime('%Y-%m-%d %H:%M:%S', \(column), 'unixepoch')"
        case .vip: expression = "CASE vip WHEN 1 THEN 'VIP' END"
        case .tag(let id, _):
            expression = """
                (SELECT name FROM segment WHERE id = \(id) AND EXISTS (SELECT 1 FROM segment_contact \
                WHERE segment_id = \(id) AND contact_id = contact.id))
                """
        }
        return try String.fetchOne(db, sql: "SELECT \(expression) FROM contact WHERE email_key = ?", arguments: [key])
    }
}
