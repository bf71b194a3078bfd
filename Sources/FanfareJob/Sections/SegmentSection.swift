import FanfareAudience

/// `audience.segment`: conditions in Mailchimp's form (Marketing API 3.0, `options`) and groups of such, or a saved
/// segment's name.
enum SegmentSection {
    static let match = Key<SegmentDefinition.Match>(
        "match",
        .word(),
        default: "all",
        "Whether all conditions must hold, or any of them."
    )

    static let conditionsName = "conditions"

    /// - Parameter depth: At which a group with this key stands; 1: the segment itself.
    private static func conditions(_ limits: SegmentLimits, depth: Int) -> Key<[SegmentDefinition.Term]> {
        let isNesting = depth < limits.depth
        return Key(
            conditionsName,
            list(of: term(limits, depth: depth), "a list of conditions", count: 1...limits.conditions),
            required: true,
            isNesting ? "The conditions; a group of conditions may stand for one." : "The conditions."
        )
    }

    private static func group(_ limits: SegmentLimits, depth: Int) -> Format<SegmentDefinition> {
        let conditions = conditions(limits, depth: depth)
        return .section(
            depth == 1 ? "a segment" : "a group",
            keys: [match.description, conditions.description]
        ) { section, reading in
            let match = section.value(Self.match, &reading) ?? .all
            return section.value(conditions, &reading).map { SegmentDefinition(match: match, terms: $0) }
        }
    }

    /// A condition or, where there is depth left, a group.
    private static func term(_ limits: SegmentLimits, depth: Int) -> Format<SegmentDefinition.Term> {
        let condition = ConditionSection.format.map { SegmentDefinition.Term.condition($0) }
        guard depth < limits.depth else {
            return Format(accepted: condition.accepted, schema: condition.schema) { node, reading in
                guard node.isGroup else { return condition.read(node, &reading) }
                reading.report(.badValue, at: node.place, "`\(reading.path.dotted)`: \(limits.tooDeep)")
                return nil
            }
        }
        let group = group(limits, depth: depth + 1).map { SegmentDefinition.Term.group($0) }
        return Format(
            accepted: "a condition, or a group {match: any, conditions: [...]}",
            schema: .object(["anyOf": [condition.schema, group.schema]])
        ) { node, reading in
            node.isGroup ? group.read(node, &reading) : condition.read(node, &reading)
        }
    }

    /// The schema of conditions that are written out.
    static let ownSchema = group(.own, depth: 1).schema

    private static let saved = Format<String>.text("the name of a saved segment", length: 1...100)

    /// - Parameter limits: How large a segment may be.
    static func format(_ limits: SegmentLimits = .own) -> Format<RecipientSelection.Part> {
        let inline = group(limits, depth: 1)
        let accepted = "{match: all, conditions: [...]}, or the name of a saved segment"
        let schema = JSONValue.object(["anyOf": [saved.schema, inline.schema]])
        return Format(accepted: accepted, schema: schema) { node, reading in
            switch node.content {
            case .mapping: return inline.read(node, &reading).map { .segment($0) }
            case .scalar(let scalar):
                if case .string = scalar.resolved { return saved.read(node, &reading).map { .savedSegment($0) } }
            case .sequence: break
            }
            reading.reportType(node, accepted: accepted, suggestion: node.quotingAdvice)
            return nil
        }
    }
}

extension SourceNode {
    /// Whether this has a key of a group, which no condition has.
    fileprivate var isGroup: Bool {
        guard case .mapping(let members) = content else { return false }
        return members.contains { $0.key == SegmentSection.match.name || $0.key == SegmentSection.conditionsName }
    }
}

/// The keys of one condition; which fields and operators there are, the audience knows.
enum ConditionSection {
    static let type = Key<String>(
        "condition_type",
        .text("a condition type such as TextMerge", length: 1...50),
        "TextMerge, Date, …; without it: told from field and op."
    )
    static let field = Key<String>(
        "field",
        .text("a merge tag or field such as FNAME or rating", length: 1...300),
        "What is compared."
    )
    static let op = Key<String>(
        "op",
        .text("an operator such as is, contains or greater", length: 1...50),
        "How it is compared."
    )
    static let value = Key<SegmentDefinition.Operand>("value", .operand, "What it is compared with.")
    static let extra = Key<SegmentDefinition.Operand>("extra", .operand, "A second operand, where a type takes one.")
    static let address = Key<SegmentDefinition.Operand>("addr", .operand, "The name of the place at lat and lng.")
    static let latitude = Key<SegmentDefinition.Operand>("lat", .operand, "A place's latitude in degrees.")
    static let longitude = Key<SegmentDefinition.Operand>("lng", .operand, "Its longitude in degrees.")

    static let keys = [
        type.description, field.description, op.description, value.description, extra.description,
        address.description, latitude.description, longitude.description,
    ]

    static let inline = Format<SegmentDefinition.Condition>.section("a condition", keys: keys) { section, reading in
        SegmentDefinition.Condition(
            conditionType: section.value(Self.type, &reading),
            field: section.value(Self.field, &reading),
            op: section.value(Self.op, &reading),
            value: section.value(Self.value, &reading),
            extra: section.value(Self.extra, &reading),
            address: section.value(Self.address, &reading),
            latitude: section.value(Self.latitude, &reading),
            longitude: section.value(Self.longitude, &reading)
        )
    }

    /// What `$ref: "#/$defs/condition"` means.
    static let definition = inline.schema

    static let format = Format<SegmentDefinition.Condition>(
        accepted: inline.accepted,
        schema: .object(["$ref": "#/$defs/condition"]),
        read: inline.read
    )
}

extension Format where Value == SegmentDefinition.Operand {
    /// Text, a number as written, or a list of texts.
    static var operand: Format {
        let texts = list(of: Format<String>.text("text", length: 0...10_000), "a list of texts", count: 1...1000)
        let schema = JSONValue.object(["anyOf": [.object(["type": ["string", "number"]]), texts.schema]])
        return Format(accepted: "text, a number or a list of texts", schema: schema) { node, reading in
            switch node.content {
            case .scalar(let scalar):
                switch scalar.resolved {
                case .string(let text): return .text(text)
                case .number(let literal) where literal.isJSONNumber: return .number(literal)
                default: break
                }
            case .sequence: return texts.read(node, &reading).map { .list($0) }
            case .mapping: break
            }
            reading.reportType(node, accepted: "text, a number or a list of texts", suggestion: node.quotingAdvice)
            return nil
        }
    }
}
