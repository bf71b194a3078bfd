/// A text of YAML or JSON as a JSON value, whatever it says.
package enum DocumentText {
    /// Reads a text: YAML 1.2, of which JSON is a part.
    ///
    /// Members keep their order and numbers stay as written; a number that YAML knows and JSON does not is text.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - file: What to call it in errors.
    /// - Throws: ``JobError`` with all that is wrong: what is no YAML, keys that stand twice, a text that is too long.
    package static func json(of text: [UInt8], named file: String) throws(JobError) -> JSONValue {
        let source: SourceText
        do throws(SourceFault) {
            source = try SourceText(text)
        } catch {
            throw JobError([error.problem], in: JobSource(file: file))
        }
        let result = YAMLReader.read(source)
        let lines = Concealment.shownLines(of: source, root: result.root, concealed: [])
        if !result.problems.isEmpty { throw JobError(result.problems, in: JobSource(file: file, lines: lines)) }
        return result.root.map(value) ?? .null
    }

    private static func value(_ node: SourceNode) -> JSONValue {
        switch node.content {
        case .sequence(let items): .array(items.map(value))
        case .mapping(let members): .object(members.map { .init(key: $0.key, value: value($0.value)) })
        case .scalar(let scalar):
            switch scalar.resolved {
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let literal): literal.isJSONNumber ? .number(literal) : .string(scalar.text)
            case .string(let text): .string(text)
            }
        }
    }
}
