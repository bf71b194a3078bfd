import FanfarePayload

extension Format where Value == Secret {
    /// A secret: its text, or where to find it.
    static var secret: Format {
        let accepted = "a secret's text, {env: NAME} or {file: PATH}"
        let schema = JSONValue.object(["$ref": "#/$defs/secret"])
        return Format(accepted: accepted, schema: schema) { node, reading in
            SecretReader.read(node, accepted: accepted, &reading)
        }
    }
}

enum SecretReader {
    static let environmentName = Key<String>(
        "env",
        .text("the name of an environment variable", length: 1...1000),
        "The environment variable that holds the secret."
    )
    static let file = Key<String>(
        "file",
        .text("the path of a file", length: 1...4000),
        "The file that holds the secret; a final line end is dropped. Relative to the job file's folder."
    )
    /// Only in jobs that were stored; not part of the schema.
    static let value = Key<String>("value", .text("a secret's text", length: 1...1_000_000), "The secret itself.")

    /// What `$ref: "#/$defs/secret"` means.
    static let definition = JSONValue.object([
        "description": "A secret: its text, or where to find it.",
        "anyOf": [
            .object(["type": "string", "minLength": 1]),
            .object([
                "type": "object",
                "properties": .object([
                    .init(key: environmentName.name, value: environmentName.description.schema),
                    .init(key: file.name, value: file.description.schema),
                ]),
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            ]),
        ],
    ])

    /// A secret's file is not read past this.
    private static let maximumBytes = 65_536

    static func read(_ node: SourceNode, accepted: String, _ reading: inout Reading) -> Secret? {
        switch node.content {
        case .scalar(let scalar):
            guard case .string(let text) = scalar.resolved else {
                reading.reportType(node, accepted: accepted, suggestion: node.quotingAdvice)
                return nil
            }
            guard !text.isEmpty else { return refuse("is empty", node, &reading) }
            if reading.refusesShownSecrets, text == Reading.shownSecret {
                reading.reportShownSecret(at: node.place)
                return nil
            }
            return Secret(text)
        case .mapping(let members):
            var keys = [environmentName.description, file.description]
            if reading.isStored { keys.append(value.description) }
            let section = SectionMembers(members, place: node.place, keys: keys, reading: &reading)
            guard members.count == 1 else {
                reading.reportType(node, accepted: accepted)
                return nil
            }
            guard reading.mayNameFiles else {
                reading.reportForeignName(at: node.place)
                return nil
            }
            if section.has(environmentName) { return readEnvironment(section, node, &reading) }
            if section.has(file) { return readFile(section, node, &reading) }
            return reading.isStored ? section.value(value, &reading).map { Secret($0) } : nil
        case .sequence:
            reading.reportType(node, accepted: accepted)
            return nil
        }
    }

    private static func readEnvironment(
        _ section: SectionMembers,
        _ node: SourceNode,
        _ reading: inout Reading
    ) -> Secret? {
        guard let name = section.value(environmentName, &reading) else { return nil }
        guard let text = reading.variable(name) else {
            return refuse("needs the environment variable \(name.shown), which is not set", node, &reading)
        }
        guard !text.isEmpty else {
            return refuse("needs the environment variable \(name.shown), which is empty", node, &reading)
        }
        return Secret(text, origin: .environment(name))
    }

    private static func readFile(_ section: SectionMembers, _ node: SourceNode, _ reading: inout Reading) -> Secret? {
        guard let path = section.value(file, &reading) else { return nil }
        let resolved = FileContents.resolve(path, in: reading.folder)
        var bytes: [UInt8]
        do throws(FileContents.Fault) {
            bytes = try FileContents.read(resolved, maximumBytes: maximumBytes)
        } catch {
            return refuse("needs the file \(resolved.shownPath): \(error.reason)", node, &reading)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            return refuse("needs the file \(resolved.shownPath), which is empty", node, &reading)
        }
        return Secret(bytes, origin: .file(resolved))
    }

    private static func refuse(_ reason: String, _ node: SourceNode, _ reading: inout Reading) -> Secret? {
        reading.report(.secret, at: node.place, "`\(reading.path.dotted)` \(reason)")
        return nil
    }
}
