import GRDB

/// A segment that has been checked against an audience: every condition has a known type, field, operator and operand.
struct Segment: Sendable {
    let match: SegmentDefinition.Match
    let conditions: [Condition]

    /// As many as Mailchimp takes.
    static let limit = 10

    /// Checks a definition.
    ///
    /// - Throws: `AudienceError` with `invalidSegment`; its message has every problem, its cause is
    ///   ``SegmentProblems``.
    init(_ definition: SegmentDefinition, _ db: Database) throws {
        var problems: [SegmentProblem] = []
        if definition.conditions.isEmpty {
            problems.append(SegmentProblem(condition: nil, key: "conditions", message: "there must be at least one"))
        }
        if definition.conditions.count > Segment.limit {
            let message = "\(definition.conditions.count) were seen; at most \(Segment.limit) are accepted"
            problems.append(SegmentProblem(condition: nil, key: "conditions", message: message))
        }
        let checker = try ConditionChecker(db)
        var checked: [Condition] = []
        for (index, condition) in definition.conditions.enumerated() {
            do {
                checked.append(try checker.check(condition))
            } catch let problem as ConditionProblem {
                problems.append(SegmentProblem(condition: index, key: problem.key, message: problem.message))
            }
        }
        guard problems.isEmpty else {
            let list = SegmentProblems(problems: problems)
            throw AudienceError(.invalidSegment, list.description, cause: list)
        }
        match = definition.match
        conditions = checked
    }

    func predicate(_ compiler: ConditionCompiler) -> SelectionPredicate {
        let parts = conditions.map(compiler.predicate)
        let joined = parts.map { "(\($0.sql))" }.joined(separator: match == .all ? " AND " : " OR ")
        var predicate = SelectionPredicate("(\(joined))")
        predicate.arguments = parts.flatMap(\.arguments)
        return predicate
    }
}

/// One thing that is wrong with a segment.
public struct SegmentProblem: Sendable, Hashable, CustomStringConvertible {
    /// The condition, from 0; nil: the segment as a whole.
    public let condition: Int?
    /// `condition_type`, `field`, `op`, `value`, `extra` or `conditions`.
    public let key: String
    /// What was seen and what is accepted.
    public let message: String

    /// `condition 1: op: …`; conditions are counted from 1 for a reader.
    public var description: String {
        condition.map { "condition \($0 + 1): \(key): \(message)" } ?? "\(key): \(message)"
    }
}

/// All that is wrong with a segment.
public struct SegmentProblems: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the order of the conditions.
    public let problems: [SegmentProblem]
    /// One after the other.
    public var description: String { problems.map(\.description).joined(separator: "; ") }
}

extension Audience {
    /// Checks a segment without using it.
    ///
    /// - Throws: ``AudienceError`` with `invalidSegment`, ``SegmentProblems`` as its cause.
    public func check(_ definition: SegmentDefinition) throws(AudienceError) {
        _ = try read { try Segment(definition, $0) }
    }
}
