/// One kind of a section whose keys depend on what its key `type` says.
struct Variant<Kind: Sendable>: Sendable {
    /// What `type` says.
    let word: String
    /// One sentence for the schema.
    let about: String
    /// The keys that it has beside those of all kinds.
    let keys: [KeyDescription]
    /// What JSON Schema must say beyond the keys.
    let rules: KeyValuePairs<String, JSONValue>
    /// Reads these keys.
    let make: @Sendable (SectionMembers, inout Reading) -> Kind?

    init(
        _ word: String,
        _ about: String,
        keys: [KeyDescription] = [],
        rules: KeyValuePairs<String, JSONValue> = [:],
        make: @escaping @Sendable (SectionMembers, inout Reading) -> Kind?
    ) {
        self.word = word
        self.about = about
        self.keys = keys
        self.rules = rules
        self.make = make
    }
}

/// The key that says of which kind a section is.
let variantKey = "type"

extension Format {
    /// A mapping whose key `type` says which further keys it has.
    ///
    /// - Parameters:
    ///   - accepted: What the mapping is, with its article.
    ///   - first: The keys of all kinds that stand before `type`.
    ///   - last: Those that stand at the end.
    ///   - variants: The kinds.
    ///   - make: Reads the keys of all kinds; the kind is nil when its own keys are wrong.
    static func variants<Kind: Sendable>(
        _ accepted: String,
        first: [KeyDescription] = [],
        last: [KeyDescription] = [],
        _ variants: [Variant<Kind>],
        make: @escaping @Sendable (SectionMembers, Kind?, inout Reading) -> Value?
    ) -> Format {
        let sections = variants.map { variant in
            let type = KeyDescription(
                name: variantKey,
                isRequired: true,
                defaultValue: nil,
                schema: .object(["const": .string(variant.word), "description": .string(variant.about)])
            )
            return Format.section(accepted, keys: first + [type] + variant.keys + last, rules: variant.rules) {
                section,
                reading in
                let kind = variant.make(section, &reading)
                return make(section, kind, &reading)
            }
        }
        let words = variants.map(\.word)
        let word = Format<String>.word(of: words)
        return Format(accepted: accepted, schema: .object(["oneOf": .array(sections.map(\.schema))])) { node, reading in
            guard case .mapping(let members) = node.content else {
                reading.reportType(node, accepted: "\(accepted), with the key \(variantKey)")
                return nil
            }
            let type = members.first { $0.key == variantKey }
            let found = reading.descend(.key(variantKey)) { reading -> String? in
                if let type { return word.read(type.value, &reading) }
                reading.report(
                    .missingKey,
                    at: node.place,
                    "`\(reading.path.dotted)` is missing",
                    accepted: word.accepted,
                    suggestion: "add it"
                )
                return nil
            }
            return found.flatMap { words.firstIndex(of: $0) }.flatMap { sections[$0].read(node, &reading) }
        }
    }
}
