import FanfareJob

/// Parts of JSON Schema (draft 2020-12), as OpenAPI 3.1 uses it.
enum JSONSchema {
    /// A schema that the document names.
    static func named(_ name: String) -> JSONValue { .object(["$ref": .string("#/components/schemas/\(name)")]) }

    static func text(_ description: String? = nil, length: ClosedRange<Int>? = nil, format: String? = nil) -> JSONValue
    {
        var value = JSONValue.object(["type": "string"])
        if let length {
            value = value.adding(["minLength": .whole(length.lowerBound), "maxLength": .whole(length.upperBound)])
        }
        if let format { value = value.adding(["format": .string(format)]) }
        return described(value, description)
    }

    /// Text of a pattern.
    static func text(_ description: String? = nil, pattern: String) -> JSONValue {
        described(.object(["type": "string", "pattern": .string(pattern)]), description)
    }

    /// One of some words.
    static func word(_ words: [String], _ description: String? = nil) -> JSONValue {
        described(.object(["type": "string", "enum": .array(words.map { .string($0) })]), description)
    }

    /// A moment, in ISO 8601.
    static func time(_ description: String? = nil) -> JSONValue { text(description, format: "date-time") }

    static func whole(_ description: String? = nil, in range: ClosedRange<Int>? = nil) -> JSONValue {
        var value = JSONValue.object(["type": "integer"])
        if let range {
            value = value.adding(["minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)])
        }
        return described(value, description)
    }

    static func number(_ description: String? = nil) -> JSONValue {
        described(.object(["type": "number"]), description)
    }

    static func flag(_ description: String? = nil) -> JSONValue { described(.object(["type": "boolean"]), description) }

    static func list(of items: JSONValue, _ description: String? = nil, count: ClosedRange<Int>? = nil) -> JSONValue {
        var value = JSONValue.object(["type": "array", "items": items])
        if let count {
            value = value.adding(["minItems": .whole(count.lowerBound), "maxItems": .whole(count.upperBound)])
        }
        return described(value, description)
    }

    /// The same, or null.
    static func orNull(_ schema: JSONValue) -> JSONValue {
        guard case .object(let members) = schema, schema["$ref"] == nil, let type = schema["type"] else {
            return .object(["anyOf": [schema, .object(["type": "null"])]])
        }
        return .object(
            members.map { member in
                switch member.key {
                case "type": .init(key: "type", value: [type, "null"])
                case "enum": .init(key: "enum", value: .array(member.value.items + [.null]))
                default: member
                }
            }
        )
    }

    /// An object of these members and no others.
    ///
    /// - Parameters:
    ///   - properties: The members, in their order.
    ///   - optional: The names of those that may be left out.
    static func object(
        _ properties: KeyValuePairs<String, JSONValue>,
        optional: Set<String> = [],
        _ description: String? = nil
    ) -> JSONValue {
        object(properties.map { .init(key: $0.key, value: $0.value) }, optional: optional, description)
    }

    /// The same.
    static func object(
        _ properties: [JSONValue.Member],
        optional: Set<String> = [],
        _ description: String? = nil
    ) -> JSONValue {
        let required = properties.map(\.key).filter { !optional.contains($0) }
        var value = JSONValue.object(["type": "object", "properties": .object(properties)])
        if !required.isEmpty { value = value.adding(["required": .array(required.map { .string($0) })]) }
        return described(value.adding(["additionalProperties": false]), description)
    }

    private static func described(_ schema: JSONValue, _ description: String?) -> JSONValue {
        guard let description else { return schema }
        return schema.adding(["description": .string(description)])
    }
}

extension JSONValue {
    fileprivate var items: [JSONValue] {
        if case .array(let items) = self { return items }
        return []
    }
}
