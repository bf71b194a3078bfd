import FanfarePayload
import GRDB

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
            let sql = "SELECT id, status FROM contact WHERE email_key = ?"
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [try folded(email)]) else { return nil }
            guard let status = ContactStatus(storedCode: row[1]) else {
                throw AudienceError(.storage, "the contact has the unknown status \(row[1] as Int64)")
            }
            let compiler = ConditionCompiler(schema: nil, alias: "contact", context: context)
            let trial = SegmentTrial(contact: row[0], compiler: compiler, db: db)
            return SegmentExplanation(root: try trial.explain(segment), status: status)
        }
    }

    /// The definition that is kept under a name.
    ///
    /// - Throws: ``AudienceError`` with `unknownSegment`, naming the nearest.
    public func savedSegment(named name: String) throws(AudienceError) -> SegmentDefinition {
        try read { try SavedSegments.definition(named: name, $0) }
    }
}

/// Tries a segment on one contact, term by term.
private struct SegmentTrial {
    let contact: Int64
    let compiler: ConditionCompiler
    let db: Database

    func explain(_ segment: Segment) throws -> SegmentExplanation.Group {
        let terms = try segment.terms.map { term -> SegmentExplanation.Term in
            switch term {
            case .condition(let condition, let written):
                let isMet = try holds(compiler.predicate(condition))
                let value = try value(seenBy: condition)
                return .condition(SegmentExplanation.Condition(definition: written, isMet: isMet, value: value))
            case .group(let group):
                return .group(try explain(group))
            }
        }
        return SegmentExplanation.Group(
            match: segment.match,
            terms: terms,
            isMet: try holds(segment.predicate(compiler))
        )
    }

    private func holds(_ predicate: SelectionPredicate) throws -> Bool {
        var arguments: StatementArguments = [contact]
        arguments += predicate.statementArguments
        let sql = "SELECT 1 FROM contact WHERE id = ? AND (\(predicate.sql))"
        return try Int.fetchOne(db, sql: sql, arguments: arguments) != nil
    }

    /// What the contact has in the column, or of the tag, groups or place, that a condition looks at.
    private func value(seenBy condition: Condition) throws -> String? {
        let expression: String
        var arguments: StatementArguments = []
        switch condition {
        case .text(let column, _, _), .number(let column, _, _), .day(let column, _, _):
            expression = "CAST(\(column) AS TEXT)"
        case .blank(let column, _): expression = isTime(column) ? time(column) : "CAST(\(column) AS TEXT)"
        case .address(let column, _, _): expression = AddressSQL.line(column)
        case .time(let column, _): expression = time(column)
        case .vip: expression = "CASE vip WHEN 1 THEN 'VIP' END"
        case .tag(let id, _):
            expression = """
                (SELECT name FROM segment WHERE id = \(id) AND EXISTS (SELECT 1 FROM segment_contact \
                WHERE segment_id = \(id) AND contact_id = contact.id))
                """
        case .groups(_, let ids):
            expression = """
                (SELECT group_concat(name, ', ') FROM (SELECT name FROM interest WHERE id IN \
                (SELECT interest_id FROM contact_interest WHERE contact_id = contact.id) AND category_id = \
                (SELECT category_id FROM interest WHERE id = \(ids[0])) ORDER BY id))
                """
        case .near(let circle, _):
            expression = """
                CASE WHEN \(compiler.isLocated) THEN latitude || ', ' || longitude || ' (' || \
                round(miles(latitude, longitude, ?, ?), 1) || ' miles from it)' END
                """
            arguments = [circle.latitude, circle.longitude]
        case .unlocated:
            expression = """
                nullif(trim(coalesce(country, '') || ' ' || coalesce(region, '') || ' ' || \
                CASE WHEN \(compiler.isLocated) THEN latitude || ', ' || longitude ELSE '' END), '')
                """
        }
        arguments += [contact]
        return try String.fetchOne(db, sql: "SELECT \(expression) FROM contact WHERE id = ?", arguments: arguments)
    }

    private func isTime(_ column: String) -> Bool { SystemColumn(rawValue: column)?.content == .time }

    private func time(_ column: String) -> String { "strftime('%Y-%m-%d %H:%M:%S', \(column), 'unixepoch')" }
}
