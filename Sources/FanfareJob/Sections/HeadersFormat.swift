import FanfarePayload

/// `webhook.headers`: a mapping from header names to texts or secrets.
enum HeadersFormat {
    static let format = Format<[WebhookDefinition.Header]>(
        accepted: "a mapping from header names to texts, such as {X-Campaign: black-friday}",
        schema: .object([
            "type": "object",
            "additionalProperties": .object([
                "anyOf": [
                    .object(["type": ["string", "number", "boolean"]]),
                    .object(["$ref": "#/$defs/secret"]),
                ]
            ]),
        ])
    ) { node, reading in
        read(node, &reading)
    }

    private static func read(_ node: SourceNode, _ reading: inout Reading) -> [WebhookDefinition.Header]? {
        guard case .mapping(let members) = node.content else {
            reading.reportType(
                node,
                accepted: "a mapping from header names to texts, such as {X-Campaign: black-friday}"
            )
            return nil
        }
        var headers: [WebhookDefinition.Header] = []
        for member in members {
            let value = reading.descend(.key(member.key)) { readValue(member.value, &$0) }
            guard let value else { continue }
            headers.append(WebhookDefinition.Header(name: member.key, value: value))
        }
        return headers.count == members.count ? headers : nil
    }

    private static func readValue(_ node: SourceNode, _ reading: inout Reading) -> WebhookDefinition.Header.Value? {
        switch node.content {
        case .mapping: return Format<Secret>.secret.read(node, &reading).map { .secret($0) }
        case .scalar(let scalar) where !node.isNull: return .text(scalar.text)
        default:
            reading.reportType(node, accepted: "text, {env: NAME} or {file: PATH}")
            return nil
        }
    }
}
