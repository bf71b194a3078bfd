import FanfarePayload

/// The types of condition that are understood; the raw value is Mailchimp's `condition_type`.
enum ConditionType: String, Sendable, CaseIterable {
    case textMerge = "TextMerge", selectMerge = "SelectMerge", emailAddress = "EmailAddress", dateMerge = "DateMerge"
    case birthdayMerge = "BirthdayMerge", date = "Date", language = "Language", memberRating = "MemberRating"
    case vip = "VIP", signupSource = "SignupSource", staticSegment = "StaticSegment"

    /// The names of `field` that belong to the type alone; nil for those that take a merge field.
    var fieldNames: [String]? {
        switch self {
        case .emailAddress: ["EMAIL", "merge0"]
        case .date: ["timestamp_opt", "info_changed"]
        case .language: ["language"]
        case .memberRating: ["rating"]
        case .vip: ["gmonkey"]
        case .signupSource: ["source"]
        case .staticSegment: ["static_segment"]
        case .textMerge, .selectMerge, .dateMerge, .birthdayMerge: nil
        }
    }

    /// The type that compares values of a merge field; nil: none does yet.
    init?(_ kind: MergeField.Kind) {
        switch kind {
        case .text, .number, .phone, .url, .imageurl, .zip: self = .textMerge
        case .radio, .dropdown: self = .selectMerge
        case .date: self = .dateMerge
        case .birthday: self = .birthdayMerge
        case .address: return nil
        }
    }
}

extension ConditionChecker {
    /// The type of a condition, as written or told from its field.
    func conditionType(_ condition: SegmentDefinition.Condition, field: String) throws -> ConditionType {
        guard let written = condition.conditionType else { return try type(ofField: field) }
        guard let type = ConditionType(rawValue: written) else {
            let accepted = ConditionType.allCases.map(\.rawValue)
            throw ConditionProblem(key: "condition_type", seen: written, accepted: accepted)
        }
        if let names = type.fieldNames, !names.contains(field) {
            throw ConditionProblem(key: "field", seen: field, accepted: names, note: ", which \(written) takes")
        }
        return type
    }

    private func type(ofField name: String) throws -> ConditionType {
        if let type = ConditionType.allCases.first(where: { $0.fieldNames?.contains(name) ?? false }) { return type }
        let entry = try field(name)
        guard let type = ConditionType(entry.field.kind) else {
            throw ConditionProblem(
                key: "field",
                message: "\(entry.field.tag) is an address field; none of the types compares it"
            )
        }
        return type
    }

    /// The merge field of a condition whose type takes one.
    func merge(_ type: ConditionType, _ name: String) throws -> FieldTable.Entry {
        let entry = try field(name)
        guard ConditionType(entry.field.kind) == type else {
            let accepted = ConditionType(entry.field.kind)?.rawValue ?? "no type yet"
            throw ConditionProblem(
                key: "condition_type",
                message: "\(type.rawValue) does not fit \(entry.field.tag), a \(entry.field.kind.rawValue) field; "
                    + "accepted: \(accepted)"
            )
        }
        return entry
    }

    private func field(_ name: String) throws -> FieldTable.Entry {
        if let entry = fields.entry(named: name) { return entry }
        let special = ConditionType.allCases.flatMap { $0.fieldNames ?? [] }
        let known = fields.entries.map(\.field.tag) + special
        let hint = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? "."
        let message = "the audience has no field \"\(name)\"\(hint) Accepted: \(known.joined(separator: ", "))"
        throw ConditionProblem(key: "field", message: message)
    }
}
