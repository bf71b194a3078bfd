import FanfareAudience

/// `audience.segment`: conditions in Mailchimp's form (Marketing API 3.0, `options`), or a saved segment's name.
enum SegmentSection {
    static let match = Key<SegmentDefinition.Match>(
        "match",
        .word(),
        default: "all",
        "Whether all conditions must hold, or any of them."
    )
    static let conditions = Key<[SegmentDefinition.Condition]>(
        "conditions",
        list(of: ConditionSection.format, "a list of conditions", count: 1...10),
        required: true,
        "The conditions."
    )

    private static let inline = Format<SegmentDefinition>.section(
        "a segment",
        keys: [match.description, conditions.description]
    ) { section, reading in
        let match = section.value(Self.match, &reading) ?? .all
        return section.value(Self.conditions, &reading).map { SegmentDefinition(match: match, conditions: $0) }
    }

    private static let saved = Format<String>.text("the name of a saved segment", length: 1...100)

    static let format = Format<RecipientSelection.Part>(
        accepted: "{match: all, conditions: [...]}, or the name of a saved segment",
        schema: .object(["anyOf": [saved.schema, inline.schema]])
    ) { node, reading in
        switch node.content {
        case .mapping: return inline.read(node, &reading).map { .segment($0) }
        case .scalar(let scalar):
            if case .string = scalar.resolved { return saved.read(node, &reading).map { .savedSegment($0) } }
        case .sequence: break
        }
        reading.reportType(
            node,
            accepted: "{match: all, conditions: [...]}, or the name of a saved segment",
            suggestion: node.quotingAdvice
        )
        return nil
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
        .text("a merge tag or field such as FNAME or rating", length: 1...100),
        "What is compared."
    )
    static let op = Key<String>(
        "op",
        .text("an operator such as is, contains or greater", length: 1...50),
        "How it is compared."
    )
    static let value = Key<SegmentDefinition.Operand>("value", .operand, "What it is compared with.")
    static let extra = Key<SegmentDefinition.Operand>("extra", .operand, "A second operand, where a type takes one.")

    static let keys = [
        type.description, field.description, op.description, value.description, extra.description,
    ]

    static let format = Format<SegmentDefinition.Condition>.section("a condition", keys: keys) { section, reading in
        SegmentDefinition.Condition(
            conditionType: section.value(Self.type, &reading),
            field: section.value(Self.field, &reading),
            op: section.value(Self.op, &reading),
            value: section.value(Self.value, &reading),
            extra: section.value(Self.extra, &reading)
        )
    }
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
