/// The JSON Schema of a journey's document (draft 2020-12), made of the same tables that the reader goes by.
package enum JourneySchema {
    /// The schema as a document of its own.
    ///
    /// What JSON Schema cannot say is left to the reader: whether ways lead to points, whether all can be reached, loops,
    /// what waits and dates there may be; whether files and variables are there, whether a time zone is known.
    package static let document = JSONValue.object([
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fanfare journey",
        "description": "Where contacts begin, and what happens to them from point to point.",
    ]).merging(JourneySection.format.schema).adding(["$defs": .object(definitions)])

    private static let definitions = [
        JSONValue.Member(key: "condition", value: ConditionSection.definition),
        JSONValue.Member(key: "secret", value: SecretReader.definition),
        JSONValue.Member(key: "segment", value: JourneySection.segmentDefinition),
    ]

    /// The schema for a document that holds others too, without ``definitions(at:)``.
    ///
    /// - Parameter address: Where a definition stands there, for example `#/components/schemas/Condition`; asked by the
    ///   names `condition`, `secret` and `segment`.
    /// - Returns: The schema.
    package static func schema(at address: (String) -> String) -> JSONValue {
        JourneySection.format.schema.referring(to: address)
    }

    /// What the schema refers to: `condition`, which ``SegmentText/conditionSchema`` is too, `secret` and `segment`, which
    /// is conditions or the name of a saved segment.
    ///
    /// - Parameter address: As in ``schema(at:)``.
    /// - Returns: The definitions by their names.
    package static func definitions(at address: (String) -> String) -> [JSONValue.Member] {
        definitions.map { .init(key: $0.key, value: $0.value.referring(to: address)) }
    }
}
