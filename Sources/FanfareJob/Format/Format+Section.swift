import FanfarePayload

/// The members of one mapping, looked up by the keys of its table.
struct SectionMembers {
    let place: Place
    private let members: [SourceNode.Member]

    /// Reports keys that the table does not have, and required ones that are missing.
    init(_ members: [SourceNode.Member], place: Place, keys: [KeyDescription], reading: inout Reading) {
        self.members = members
        self.place = place
        let names = keys.map(\.name)
        for member in members where !names.contains(member.key) {
            reading.reportUnknown(member, names: names)
        }
        for key in keys where key.isRequired && !members.contains(where: { $0.key == key.name }) {
            reading.descend(.key(key.name)) {
                $0.report(.missingKey, at: place, "`\($0.path.dotted)` is missing", suggestion: "add it")
            }
        }
    }

    /// Whether the key was written, rightly or wrongly.
    func has<Value>(_ key: Key<Value>) -> Bool { has(key.name) }

    /// The same by the key's name.
    func has(_ name: String) -> Bool { members.contains { $0.key == name } }

    /// The key's value; nil: not written, or wrong and reported.
    func value<Value>(_ key: Key<Value>, _ reading: inout Reading) -> Value? {
        guard let member = member(key) else { return nil }
        return reading.descend(.key(key.name)) { key.format.read(member.value, &$0) }
    }

    /// Where the key stands; where the section begins when it was not written.
    func place<Value>(_ key: Key<Value>) -> Place { member(key)?.keyPlace ?? place }

    /// What was written as the key's value, rightly or wrongly.
    func node<Value>(_ key: Key<Value>) -> SourceNode? { member(key)?.value }

    private func member<Value>(_ key: Key<Value>) -> SourceNode.Member? {
        members.first { $0.key == key.name }
    }
}

extension Reading {
    fileprivate mutating func reportUnknown(_ member: SourceNode.Member, names: [String]) {
        let section = path.isEmpty ? whole : "`\(path.dotted)`"
        let near = nearestName(to: member.key, among: names)
        // Where a secret belongs, a key may be one that lost its quotes.
        let key = isConcealed && near == nil ? "this key" : "key \(member.key.shown)"
        report(
            .unknownKey,
            at: member.keyPlace,
            "\(section) has no \(key)",
            accepted: names.joined(separator: ", "),
            suggestion: near.map { "did you mean `\($0)`?" }
        )
        // What a misspelt key holds may be a secret.
        descend(.key(member.key)) { $0.conceal { _ in } }
    }
}

extension Format {
    /// A mapping with keys of its own.
    ///
    /// - Parameters:
    ///   - accepted: What the mapping is, with its article.
    ///   - keys: All of its keys.
    ///   - mayBeEmpty: Whether a section without a value means one without keys, as when every line of it is a comment.
    ///   - rules: What JSON Schema must say beyond the keys.
    ///   - make: Reads the keys' values.
    static func section(
        _ accepted: String,
        keys: [KeyDescription],
        mayBeEmpty: Bool = false,
        rules: KeyValuePairs<String, JSONValue> = [:],
        make: @escaping @Sendable (SectionMembers, inout Reading) -> Value?
    ) -> Format {
        let schema = JSONValue.section(keys: keys, mayBeEmpty: mayBeEmpty).adding(rules)
        return Format(accepted: accepted, schema: schema) { node, reading in
            switch node.content {
            case .mapping(let members):
                return make(SectionMembers(members, place: node.place, keys: keys, reading: &reading), &reading)
            case .scalar where mayBeEmpty && node.isNull:
                return make(SectionMembers([], place: node.place, keys: keys, reading: &reading), &reading)
            default:
                reading.reportType(
                    node,
                    accepted: "\(accepted), with the keys \(keys.map(\.name).joined(separator: ", "))"
                )
                return nil
            }
        }
    }
}

extension JSONValue {
    fileprivate static func section(keys: [KeyDescription], mayBeEmpty: Bool) -> JSONValue {
        var schema = JSONValue.object([
            "type": mayBeEmpty ? ["object", "null"] : "object",
            "properties": .object(keys.map { JSONValue.Member(key: $0.name, value: $0.schema) }),
            "additionalProperties": false,
        ])
        let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema = schema.adding(["required": .array(required)]) }
        return schema
    }
}
