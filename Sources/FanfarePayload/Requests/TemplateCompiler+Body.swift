extension TemplateCompiler {
    /// What became of the body.
    struct CompiledBody {
        /// Its instructions.
        var section: Range<Int>
        /// The delimiters of a multipart body; nil for other bodies.
        var boundaryCount: Int?
    }

    private static let path: [PayloadError.PathElement] = ["data"]

    /// Checks and compiles the body.
    mutating func compileBody(of definition: WebhookDefinition) -> CompiledBody {
        let first = builder.label()
        var boundaryCount: Int?
        if definition.method == .get, definition.body != .none {
            report(.bodyNotAllowed, "a GET carries no body", at: Self.path)
        }
        switch definition.body {
        case .none: break
        case .json(let node): emitJSON(node, at: Self.path)
        case .form(let node): emitForm(node)
        case .multipart(let node): boundaryCount = emitMultipart(node)
        case .raw(let text, let type):
            compile(Array(text.utf8), at: Self.path, for: .raw)
            if let type, type.isEmpty || type.utf8.contains(where: \.isForbiddenInHeaderValue) {
                report(
                    .invalidHeaderValue,
                    "a content type is not empty and holds no control character",
                    at: ["content_type"]
                )
            }
        }
        return CompiledBody(section: first..<builder.position, boundaryCount: boundaryCount)
    }

    private mutating func emitJSON(_ node: PayloadNode, at path: [PayloadError.PathElement]) {
        switch node {
        case .null: builder.emit(literal: "null")
        case .bool(let value): builder.emit(literal: value ? "true" : "false")
        case .number(let text):
            if !JSONNumber.matches(Array(text.utf8)) {
                report(.invalidNumber, "\"\(text.shortened)\" is no JSON number; in quotes it would be text", at: path)
            }
            builder.emit(literal: text.utf8)
        case .string(let text): emitJSONString(Array(text.utf8), at: path)
        case .array(let elements):
            builder.emit(literal: "[")
            for (index, element) in elements.enumerated() {
                if index > 0 { builder.emit(literal: ",") }
                emitJSON(element, at: path + [.index(index)])
            }
            builder.emit(literal: "]")
        case .object(let members):
            check(keysOf: members, at: path)
            builder.emit(literal: "{")
            for (index, member) in members.enumerated() {
                builder.emit(literal: index > 0 ? ",\"" : "\"")
                builder.emit(literal: Escape.json.escaped(member.key.utf8) ?? [])
                builder.emit(literal: "\":")
                emitJSON(member.value, at: path + [.key(member.key)])
            }
            builder.emit(literal: "}")
        }
    }

    private mutating func emitJSONString(_ text: [UInt8], at path: [PayloadError.PathElement]) {
        if let field = numberField(in: text) { return emitNumber(field) }
        builder.emit(literal: "\"")
        compile(text, at: path, for: .json)
        builder.emit(literal: "\"")
    }

    /// Refuses keys that could not be told apart or would be sent otherwise than meant.
    mutating func check(keysOf members: [PayloadNode.Member], at path: [PayloadError.PathElement]) {
        var seen: Set<String> = []
        for member in members {
            let place = path + [.key(member.key)]
            if !seen.insert(member.key).inserted { report(.duplicateKey, "the key is given twice", at: place) }
            if member.key.contains("*|") { report(.mergeTagInKey, "merge tags may stand in values only", at: place) }
        }
    }
}
