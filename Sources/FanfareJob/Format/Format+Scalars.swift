import FanfarePayload

extension Format {
    /// A value written as text: quotes are free, but a plain number, truth value or null is not text.
    static func text(
        _ accepted: String,
        pattern: String? = nil,
        length: ClosedRange<Int> = 1...10_000,
        suggestion: (@Sendable (String) -> String?)? = nil,
        make: @escaping @Sendable (String) -> Value?
    ) -> Format {
        var schema = JSONValue.object(["type": "string"])
        if let pattern { schema = schema.adding(["pattern": .string(pattern)]) }
        if length.lowerBound > 0 { schema = schema.adding(["minLength": .number(String(length.lowerBound))]) }
        schema = schema.adding(["maxLength": .number(String(length.upperBound))])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, case .string(let text) = scalar.resolved else {
                reading.reportType(node, accepted: accepted, suggestion: suggestion?(node.text) ?? node.quotingAdvice)
                return nil
            }
            guard length.contains(text.unicodeScalars.count), let value = make(text) else {
                reading.reportValue(node, accepted: accepted, suggestion: suggestion?(text))
                return nil
            }
            return value
        }
    }
}

extension Format where Value == String {
    /// Any text.
    static func text(_ accepted: String, length: ClosedRange<Int> = 1...10_000) -> Format {
        .text(accepted, length: length) { $0 }
    }
}

extension Format where Value == Int {
    /// A whole number.
    static func integer(_ range: ClosedRange<Int>) -> Format {
        let accepted = "a whole number, \(range.lowerBound) … \(range.upperBound)"
        let schema = JSONValue.object([
            "type": "integer",
            "minimum": .number(String(range.lowerBound)),
            "maximum": .number(String(range.upperBound)),
        ])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, case .number(let literal) = scalar.resolved else {
                let suggestion = Int(node.text) == nil ? nil : "write it without quotes"
                reading.reportType(node, accepted: accepted, suggestion: suggestion)
                return nil
            }
            guard let value = Int(literal), String(value) == literal, range.contains(value) else {
                reading.reportValue(node, accepted: accepted)
                return nil
            }
            return value
        }
    }
}

extension Format where Value == Bool {
    /// `true` or `false`.
    static var truth: Format {
        let accepted = "true or false"
        return Format(accepted: accepted, schema: .object(["type": "boolean"])) { node, reading in
            guard case .scalar(let scalar) = node.content, case .bool(let value) = scalar.resolved else {
                reading.reportType(node, accepted: accepted)
                return nil
            }
            return value
        }
    }
}

extension Format where Value == String {
    /// One of these words.
    static func word(of words: [String]) -> Format {
        let accepted = words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
        let schema = JSONValue.object(["enum": .array(words.map { .string($0) })])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, case .string(let text) = scalar.resolved else {
                reading.reportType(node, accepted: accepted)
                return nil
            }
            guard words.contains(text) else {
                let near = nearestName(to: text, among: words)
                reading.reportValue(node, accepted: accepted, suggestion: near.map { "did you mean `\($0)`?" })
                return nil
            }
            return text
        }
    }
}

extension Format where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a type's words.
    ///
    /// - Parameter cases: Which of them; all, unless given.
    static func word(_ type: Value.Type = Value.self, of cases: [Value] = Array(Value.allCases)) -> Format {
        let word = Format<String>.word(of: cases.map(\.rawValue))
        return Format(accepted: word.accepted, schema: word.schema) { node, reading in
            word.read(node, &reading).flatMap { type.init(rawValue: $0) }
        }
    }
}

extension SourceNode {
    /// The text of a scalar; empty for anything else.
    var text: String {
        if case .scalar(let scalar) = content { scalar.text } else { "" }
    }

    /// For a plain number or truth value where text is wanted.
    var quotingAdvice: String? {
        guard case .scalar(let scalar) = content else { return nil }
        switch scalar.resolved {
        case .number, .bool: return "put quotes around it"
        case .null, .string: return nil
        }
    }
}
