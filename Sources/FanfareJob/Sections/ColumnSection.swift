import FanfarePayload

/// `audience.columns`: a mapping from headers to merge tags, or to what else a column is.
enum ColumnSection {
    static let role = Key<JobAudience.Column.Role>(
        "role",
        .word(),
        default: "field",
        "field: values of a merge field. group: names of groups, the header being their category. ignored: not read."
    )
    static let tag = Key<String>("tag", .mergeTag, "The merge field's tag; EMAIL is the address.")
    static let type = Key<MergeField.Kind>(
        "type",
        .word(),
        "The merge field's type. Without it: the type it has in the audience, else text."
    )
    static let dateFormat = Key<JobAudience.Column.DateFormat>(
        "date_format",
        .word(),
        "How dates and birthdays are written. Without it: the month first."
    )

    static let keys = [role.description, tag.description, type.description, dateFormat.description]

    private static let detailed = Format<JobAudience.Column>.section(
        "a merge tag, or a column's description",
        keys: keys,
        rules: [
            "if": .object(["properties": .object(["role": .object(["const": "field"])])]),
            "then": .object(["required": ["tag"]]),
            "else": .object(["maxProperties": 1]),
        ]
    ) { section, reading in
        let role = section.value(Self.role, &reading) ?? .field
        let tag = section.value(Self.tag, &reading)
        let kind = section.value(type, &reading)
        let dateFormat = section.value(dateFormat, &reading)
        let others = section.has(Self.tag) || section.has(type) || section.has(Self.dateFormat)
        guard others == (role == .field), section.has(Self.tag) == (role == .field) else {
            reading.report(
                .conflict,
                at: section.place,
                "`\(reading.path.dotted)` is not one kind of column",
                accepted: "{tag: TAG} with type and date_format if need be, {role: group} or {role: ignored}"
            )
            return nil
        }
        return JobAudience.Column(header: "", role: role, tag: tag ?? "", kind: kind, dateFormat: dateFormat)
    }

    private static let accepted = "a mapping from headers to merge tags, such as {First Name: FNAME}"

    /// The whole of `audience.columns`.
    static let mapping = Format<[JobAudience.Column]>(
        accepted: accepted,
        schema: .object([
            "type": "object",
            "additionalProperties": .object(["anyOf": [Format<String>.mergeTag.schema, detailed.schema]]),
        ])
    ) { node, reading in
        guard case .mapping(let members) = node.content else {
            reading.reportType(node, accepted: accepted)
            return nil
        }
        var columns: [JobAudience.Column] = []
        for member in members {
            reading.descend(.key(member.key)) {
                guard let column = read(member, &$0) else { return }
                reportRepeated(column, among: columns, at: member.keyPlace, &$0)
                columns.append(column)
            }
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

    private static func reportRepeated(
        _ column: JobAudience.Column,
        among columns: [JobAudience.Column],
        at place: Place,
        _ reading: inout Reading
    ) {
        guard column.role == .field, let other = columns.first(where: { $0.tag == column.tag }) else { return }
        reading.report(
            .conflict,
            at: place,
            "two columns become `\(column.tag)`: \(other.header.shown) and \(column.header.shown)"
        )
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
            },
            make: { $0.isMergeTag ? $0 : nil }
        )
    }
}

extension String {
    fileprivate var isMergeTag: Bool {
        !isEmpty && utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
    }
}
