import FanfarePayload

extension Format where Value == PayloadNode {
    /// A structure of the user's own: anything that JSON can say.
    ///
    /// Numbers stay as written. A number that YAML knows and JSON does not (`0612345678`, `+33…`, `0x1F`, `.5`) is
    /// refused: it is far more often a telephone number than a number.
    static var payload: Format {
        Format(
            accepted: "text, a number, true, false, null, a list or a mapping",
            schema: .object(["type": ["object", "array", "string", "number", "boolean", "null"]])
        ) { node, reading in
            PayloadReader.read(node, &reading)
        }
    }
}

private enum PayloadReader {
    /// libyaml reads keys of at most 1,024 characters, escapes included.
    static let longestKey = 200

    static func read(_ node: SourceNode, _ reading: inout Reading) -> PayloadNode? {
        switch node.content {
        case .scalar(let scalar): return read(scalar, node, &reading)
        case .sequence(let nodes):
            let items = nodes.enumerated().map { index, node in
                reading.descend(.index(index)) { read(node, &$0) }
            }
            let right = items.compactMap { $0 }
            return right.count == items.count ? .array(right) : nil
        case .mapping(let members):
            let values = members.map { member in reading.descend(.key(member.key)) { read(member, &$0) } }
            let right = values.compactMap { $0 }
            return right.count == values.count ? .object(right) : nil
        }
    }

    private static func read(_ member: SourceNode.Member, _ reading: inout Reading) -> PayloadNode.Member? {
        if member.key.unicodeScalars.count > longestKey {
            reading.report(.badValue, at: member.keyPlace, "a key of more than \(longestKey) characters")
            return nil
        }
        return read(member.value, &reading).map { PayloadNode.Member(member.key, $0) }
    }

    private static func read(
        _ scalar: SourceNode.Scalar,
        _ node: SourceNode,
        _ reading: inout Reading
    ) -> PayloadNode? {
        switch scalar.resolved {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .string(let text): return .string(text)
        case .number(let literal):
            guard literal.isJSONNumber else {
                reading.reportValue(
                    node,
                    accepted: "a number as JSON writes it: no `+`, no leading zero, a digit before and after the point",
                    suggestion: "put quotes around it to send it as text"
                )
                return nil
            }
            return .number(literal)
        }
    }
}
