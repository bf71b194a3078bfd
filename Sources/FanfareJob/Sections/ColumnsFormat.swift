import FanfarePayload

/// `audience.columns`: a mapping from a column's header to a merge tag, or to a tag and a type.
enum ColumnsFormat {
    static let tag = Key<String>("tag", .mergeTag, required: true, "The merge field's tag; EMAIL is the address.")
    static let type = Key<MergeField.Kind>("type", .word(), default: "text", "The merge field's type.")

    private static let detailed = Format<JobAudience.Column>.section(
        "a merge tag, or {tag, type}",
        keys: [tag.description, type.description]
    ) { section, reading in
        let kind = section.value(Self.type, &reading) ?? .text
        return section.value(Self.tag, &reading).map { JobAudience.Column(header: "", tag: $0, kind: kind) }
    }

    static let format = Format<[JobAudience.Column]>(
        accepted: "a mapping from headers to merge tags, such as {First Name: FNAME}",
        schema: .object([
            "type": "object",
            "additionalProperties": .object(["anyOf": [Format<String>.mergeTag.schema, detailed.schema]]),
            "minProperties": 1,
        ])
    ) { node, reading in
        guard case .mapping(let members) = node.content else {
            reading.reportType(node, accepted: "a mapping from headers to merge tags, such as {First Name: FNAME}")
            return nil
        }
        var columns: [JobAudience.Column] = []
        for member in members {
            guard let column = reading.descend(.key(member.key), { read(member, &$0) }) else { continue }
            if let other = columns.first(where: { $0.tag == column.tag }) {
                reading.descend(.key(member.key)) {
                    $0.report(
                        .conflict,
                        at: member.keyPlace,
                        "two columns become `\(column.tag)`: \(other.header.shown) and \(member.key.shown)"
                    )
                }
            }
            columns.append(column)
        }
        return columns.count == members.count ? columns : nil
    }

    private static func read(_ member: SourceNode.Member, _ reading: inout Reading) -> JobAudience.Column? {
        if case .mapping = member.value.content {
            var column = detailed.read(member.value, &reading)
            column?.header = member.key
            return column
        }
        return Format<String>.mergeTag.read(member.value, &reading).map {
            JobAudience.Column(header: member.key, tag: $0)
        }
    }
}

extension Format where Value == String {
    /// A merge field's tag.
    static var mergeTag: Format {
        .text(
            "a merge tag: upper-case letters, digits and _, such as FNAME",
            pattern: "^[A-Z0-9_]{1,50}$",
            length: 1...50,
            suggestion: { text in
                let bare = text.hasPrefix("*|") && text.hasSuffix("|*") ? String(text.dropFirst(2).dropLast(2)) : text
                let upper = bare.uppercased()
                return upper != text && upper.isMergeTag ? "write `\(upper)`" : nil
            }
        ) { $0.isMergeTag ? $0 : nil }
    }
}

extension String {
    fileprivate var isMergeTag: Bool {
        !isEmpty && utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
    }
}
