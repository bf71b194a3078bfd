import GRDB

/// A segment that has been checked against an audience: every condition has a known type, field, operator and operand.
struct Segment: Sendable {
    enum Term: Sendable {
        case condition(Condition, written: SegmentDefinition.Condition)
        case group(Segment)
    }

    let match: SegmentDefinition.Match
    let terms: [Term]

    fileprivate init(match: SegmentDefinition.Match, terms: [Term]) {
        self.match = match
        self.terms = terms
    }

    /// Checks a definition.
    ///
    /// - Throws: `AudienceError` with `invalidSegment`; its message has every problem, its cause is
    ///   ``SegmentProblems``.
    init(_ definition: SegmentDefinition, limits: SegmentLimits = .own, _ db: Database) throws {
        var check = SegmentCheck(checker: try ConditionChecker(db), limits: limits)
        let segment = try check.segment(definition)
        guard check.problems.isEmpty else {
            let list = SegmentProblems(problems: check.problems)
            throw AudienceError(.invalidSegment, list.description, cause: list)
        }
        self = segment
    }

    /// Whether a condition is on a column of `contact`, as ``FieldTable/Entry/column`` has it.
    func uses(_ column: String) -> Bool {
        terms.contains { term in
            switch term {
            case .condition(let condition, _): condition.column == column
            case .group(let segment): segment.uses(column)
            }
        }
    }

    func predicate(_ compiler: ConditionCompiler) -> SelectionPredicate {
        let parts = terms.map { term in
            switch term {
            case .condition(let condition, _): compiler.predicate(condition)
            case .group(let segment): segment.predicate(compiler)
            }
        }
        let joined = parts.map { "(\($0.sql))" }.joined(separator: match == .all ? " AND " : " OR ")
        var predicate = SelectionPredicate("(\(joined))")
        predicate.arguments = parts.flatMap(\.arguments)
        return predicate
    }
}

/// Checks a segment from its root down and keeps what is wrong with it.
private struct SegmentCheck {
    let checker: ConditionChecker
    let limits: SegmentLimits
    private(set) var problems: [SegmentProblem] = []
    /// Conditions met so far.
    private var count = 0

    init(checker: ConditionChecker, limits: SegmentLimits) {
        self.checker = checker
        self.limits = limits
    }

    /// - Returns: What there is without the conditions that have problems.
    mutating func segment(_ definition: SegmentDefinition) throws -> Segment {
        let segment = try group(definition, at: [])
        if count > limits.conditions {
            report("conditions", "\(count) were seen; at most \(limits.conditions) are accepted", at: [])
        }
        return segment
    }

    private mutating func group(_ definition: SegmentDefinition, at path: [Int]) throws -> Segment {
        if definition.terms.isEmpty { report("conditions", "there must be at least one", at: path) }
        var terms: [Segment.Term] = []
        for (index, term) in definition.terms.enumerated() {
            switch term {
            case .condition(let condition):
                count += 1
                // Who writes too many is told so once, not of each.
                guard count <= limits.conditions else { continue }
                if let checked = try check(condition, at: path + [index]) {
                    terms.append(.condition(checked, written: condition))
                }
            case .group(let group):
                guard path.count + 1 < limits.depth else {
                    report("conditions", limits.tooDeep, at: path + [index])
                    continue
                }
                terms.append(.group(try self.group(group, at: path + [index])))
            }
        }
        return Segment(match: definition.match, terms: terms)
    }

    private mutating func check(_ condition: SegmentDefinition.Condition, at path: [Int]) throws -> Condition? {
        do {
            return try checker.check(condition)
        } catch let problem as ConditionProblem {
            report(problem.key, problem.message, at: path)
            return nil
        }
    }

    private mutating func report(_ key: String, _ message: String, at path: [Int]) {
        problems.append(SegmentProblem(path: path, key: key, message: message))
    }
}

extension SegmentLimits {
    /// What is said of a group that stands too deep.
    package var tooDeep: String {
        depth == 1
            ? "a group is not accepted here, only conditions"
            : "a group is not accepted here, only conditions: groups are nested to depth \(depth)"
    }
}

extension Audience {
    /// Checks a segment without using it.
    ///
    /// - Parameters:
    ///   - definition: The segment.
    ///   - limits: How large it may be where it comes from.
    /// - Throws: ``AudienceError`` with `invalidSegment`, ``SegmentProblems`` as its cause.
    public func check(_ definition: SegmentDefinition, limits: SegmentLimits = .own) throws(AudienceError) {
        _ = try read { try Segment(definition, limits: limits, $0) }
    }
}
