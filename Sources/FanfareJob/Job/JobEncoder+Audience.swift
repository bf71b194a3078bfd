import FanfareAudience
import FanfarePayload

extension JobEncoder {
    func encode(_ audience: JobAudience) -> JSONValue {
        var tag: JSONValue?
        var segment: JSONValue?
        switch audience.selection.part {
        case .everyone: break
        case .tag(let name): tag = .string(name)
        case .savedSegment(let name): segment = .string(name)
        case .segment(let definition): segment = encode(definition)
        }
        let statuses = audience.selection.statuses.map(\.rawValue).sorted()
        return .members(
            (AudienceSection.file.name, audience.file.map { .string(keepsPaths ? $0.path : $0.resolvedPath) }),
            (AudienceSection.name.name, audience.name.map { .string($0) }),
            (AudienceSection.columns.name, audience.file.flatMap { encode($0.columns) }),
            (AudienceSection.tag.name, tag),
            (AudienceSection.segment.name, segment),
            (AudienceSection.statuses.name, .array(statuses.map { .string($0) })),
            (AudienceSection.holdout.name, audience.holdout.map { encode($0) })
        )
    }

    private func encode(_ holdout: JobAudience.Holdout) -> JSONValue {
        .members(
            (HoldoutSection.share.name, .string(PercentText.write(holdout.share))),
            (HoldoutSection.name.name, holdout.name.map { .string($0) })
        )
    }

    private func encode(_ columns: [JobAudience.Column]) -> JSONValue? {
        guard !columns.isEmpty else { return nil }
        return .object(columns.map { JSONValue.Member(key: $0.header, value: encode($0)) })
    }

    private func encode(_ column: JobAudience.Column) -> JSONValue {
        .members(
            (ColumnSection.role.name, .string(column.role.rawValue)),
            (ColumnSection.tag.name, column.role == .field ? .string(column.tag) : nil),
            (ColumnSection.type.name, column.kind.map { .string($0.rawValue) }),
            (ColumnSection.dateFormat.name, column.dateFormat.map { .string($0.rawValue) })
        )
    }

    func encode(_ segment: SegmentDefinition) -> JSONValue {
        let terms = segment.terms.map { term in
            switch term {
            case .condition(let condition): encode(condition)
            case .group(let group): encode(group)
            }
        }
        return .members(
            (SegmentSection.match.name, .string(segment.match.rawValue)),
            (SegmentSection.conditionsName, .array(terms))
        )
    }

    private func encode(_ condition: SegmentDefinition.Condition) -> JSONValue {
        .members(
            (ConditionSection.type.name, condition.conditionType.map { .string($0) }),
            (ConditionSection.field.name, condition.field.map { .string($0) }),
            (ConditionSection.op.name, condition.op.map { .string($0) }),
            (ConditionSection.value.name, condition.value.map(encode)),
            (ConditionSection.extra.name, condition.extra.map(encode)),
            (ConditionSection.address.name, condition.address.map(encode)),
            (ConditionSection.latitude.name, condition.latitude.map(encode)),
            (ConditionSection.longitude.name, condition.longitude.map(encode))
        )
    }

    private func encode(_ operand: SegmentDefinition.Operand) -> JSONValue {
        switch operand {
        case .text(let text): .string(text)
        case .number(let literal): .number(literal)
        case .list(let texts): .array(texts.map { .string($0) })
        }
    }
}
