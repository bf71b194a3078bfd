/// One name of a form and its value, nested keys flattened with brackets as PHP does: `data[merges][FNAME]`.
private struct FormEntry {
    var name: [UInt8]
    var value: PayloadNode
    var path: [PayloadError.PathElement]
}

extension TemplateCompiler {
    /// Emits `application/x-www-form-urlencoded`.
    ///
    /// True and false are written so, null as an empty value; an empty object or array adds nothing.
    mutating func emitForm(_ node: PayloadNode) {
        for (index, entry) in formEntries(of: node).enumerated() {
            if index > 0 { builder.emit(literal: "&") }
            builder.emit(literal: Escape.form.escaped(entry.name) ?? [])
            builder.emit(literal: "=")
            emitText(of: entry, for: .form)
        }
    }

    /// Emits `multipart/form-data` (RFC 7578), values as in ``emitForm(_:)``.
    ///
    /// - Returns: How many delimiters the body holds.
    mutating func emitMultipart(_ node: PayloadNode) -> Int {
        let entries = formEntries(of: node)
        for entry in entries {
            builder.emit(literal: "--")
            builder.emit(.boundary)
            builder.emit(literal: "\r\nContent-Disposition: form-data; name=\"")
            builder.emit(literal: Escape.multipartName.escaped(entry.name) ?? [])
            builder.emit(literal: "\"\r\n\r\n")
            emitText(of: entry, for: .text)
            builder.emit(literal: "\r\n")
        }
        builder.emit(literal: "--")
        builder.emit(.boundary)
        builder.emit(literal: "--\r\n")
        return entries.count + 1
    }

    private mutating func emitText(of entry: FormEntry, for escape: Escape) {
        switch entry.value {
        case .string(let text): compile(Array(text.utf8), at: entry.path, for: escape)
        case .number(let text): builder.emit(literal: escape.escaped(text.utf8) ?? [])
        case .bool(let value): builder.emit(literal: value ? "true" : "false")
        case .null, .object, .array: break
        }
    }

    private mutating func formEntries(of node: PayloadNode) -> [FormEntry] {
        var entries: [FormEntry] = []
        guard case .object(let members) = node else {
            report(.invalidBody, "a form is made of keys and values", at: ["data"])
            return entries
        }
        check(keysOf: members, at: ["data"])
        for member in members {
            let path: [PayloadError.PathElement] = ["data", .key(member.key)]
            flatten(member.value, name: Array(member.key.utf8), at: path, into: &entries)
        }
        return entries
    }

    private mutating func flatten(
        _ node: PayloadNode,
        name: [UInt8],
        at path: [PayloadError.PathElement],
        into entries: inout [FormEntry]
    ) {
        switch node {
        case .object(let members):
            check(keysOf: members, at: path)
            for member in members {
                let inner = name + Array("[\(member.key)]".utf8)
                flatten(member.value, name: inner, at: path + [.key(member.key)], into: &entries)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                let inner = name + Array("[\(index)]".utf8)
                flatten(element, name: inner, at: path + [.index(index)], into: &entries)
            }
        default: entries.append(FormEntry(name: name, value: node, path: path))
        }
    }
}
