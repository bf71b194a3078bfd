import FanfarePayload

extension ConditionChecker {
    /// The type of a condition, as written or told from its field and operator; it fits the field.
    func conditionType(_ condition: SegmentDefinition.Condition, field name: String) throws -> ConditionType {
        guard let written = condition.conditionType else { return try type(ofField: name, op: condition.op) }
        guard let type = ConditionType(rawValue: written) else {
            let refused = RefusedConditions.problem(key: "condition_type", seen: written, among: \.types)
            let accepted = ConditionType.allCases.map(\.rawValue)
            throw refused ?? ConditionProblem(key: "condition_type", seen: written, accepted: accepted)
        }
        guard type.fieldNames.isEmpty || type.fieldNames.contains(name) else {
            let refused = RefusedConditions.problem(key: "field", seen: name, among: \.fields)
            throw refused
                ?? ConditionProblem(
                    key: "field",
                    seen: name,
                    accepted: type.fieldNames,
                    note: ", which \(written) takes"
                )
        }
        if type.takesMergeField { _ = try merge(type, name) }
        return type
    }

    private func type(ofField name: String, op: String?) throws -> ConditionType {
        if let op, let refused = RefusedConditions.problem(key: "op", seen: op, among: \.operators) { throw refused }
        let candidates = ConditionType.allCases.filter { $0.fieldNames.contains(name) }
        if candidates.count == 1 { return candidates[0] }
        if !candidates.isEmpty {
            let op = try oneOf(candidates.flatMap(\.operators), op)
            return candidates.first { $0.operators.contains(op) } ?? candidates[0]
        }
        if name.hasPrefix(ConditionType.interestsPrefix) { return .interests }
        return ConditionType(try field(name).field.kind)
    }

    /// The merge field of a condition whose type takes one.
    func merge(_ type: ConditionType, _ name: String) throws -> FieldTable.Entry {
        let entry = try field(name)
        let fitting = ConditionType(entry.field.kind)
        guard fitting == type else {
            throw ConditionProblem(
                key: "condition_type",
                message: "\(type.rawValue) does not fit \(entry.field.tag), a \(entry.field.kind.rawValue) field; "
                    + "accepted: \(fitting.rawValue)"
            )
        }
        return entry
    }

    private func field(_ name: String) throws -> FieldTable.Entry {
        if let entry = fields.entry(named: name) { return entry }
        if let refused = RefusedConditions.problem(key: "field", seen: name, among: \.fields) { throw refused }
        var known = fields.entries.map(\.field.tag)
        for name in ConditionType.allCases.flatMap(\.fieldNames) where !known.contains(name) { known.append(name) }
        known += groups.categories.map { ConditionType.interestsPrefix + $0.title }
        let hint = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? "."
        let message = "the audience has no field \"\(name.brief)\"\(hint) Accepted: \(known.joined(separator: ", "))"
        throw ConditionProblem(key: "field", message: message)
    }
}
