/// How a value is written in a job file: what is accepted, said once for the reader, for error texts and for the JSON
/// Schema.
struct Format<Value: Sendable>: Sendable {
    /// What is accepted, to follow "accepted: ".
    let accepted: String
    /// The JSON Schema of it (draft 2020-12).
    let schema: JSONValue
    /// Reads a node; returns nil after it has reported why not.
    let read: @Sendable (SourceNode, inout Reading) -> Value?
}

extension Format {
    /// The same way of writing, for another value made of it.
    func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) -> Other) -> Format<Other> {
        Format<Other>(accepted: accepted, schema: schema) { node, reading in read(node, &reading).map(transform) }
    }

    /// The same, showing nothing of a value that `mayNotBeShown`.
    func concealed(if mayNotBeShown: @escaping @Sendable (SourceNode) -> Bool) -> Format {
        Format(accepted: accepted, schema: schema) { node, reading in
            mayNotBeShown(node) ? reading.conceal { read(node, &$0) } : read(node, &reading)
        }
    }
}

/// One key of a section.
struct Key<Value: Sendable>: Sendable {
    let name: String
    let format: Format<Value>
    /// What a file without the key means, as it would be written; nil: the section's words say.
    let defaultValue: JSONValue?
    let isRequired: Bool
    /// One sentence for the schema.
    let about: String

    init(
        _ name: String,
        _ format: Format<Value>,
        default defaultValue: JSONValue? = nil,
        required: Bool = false,
        _ about: String
    ) {
        self.name = name
        self.format = format
        self.defaultValue = defaultValue
        self.isRequired = required
        self.about = about
    }

    /// What the section's table needs to know of a key.
    var description: KeyDescription {
        var schema = format.schema.adding(["description": .string(about)])
        if let defaultValue { schema = schema.adding(["default": defaultValue]) }
        return KeyDescription(name: name, isRequired: isRequired, defaultValue: defaultValue, schema: schema)
    }
}

/// A key without the type of its value.
struct KeyDescription: Sendable {
    let name: String
    let isRequired: Bool
    let defaultValue: JSONValue?
    let schema: JSONValue
}
