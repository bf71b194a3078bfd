extension Format where Value == String {
    /// The id of a point of a journey.
    static var pointID: Format {
        .text(
            "an id: 1 … 40 lower-case letters, digits, _ and -, such as say-hello",
            pattern: "^[a-z0-9_-]{1,40}$",
            length: 1...40,
            suggestion: { text in
                let lower = text.lowercased().replacing(" ", with: "-")
                return lower != text && lower.isPointID ? "write `\(lower)`" : nil
            },
            make: { $0.isPointID ? $0 : nil }
        )
    }

    /// A value of a merge field, of whatever type: a number counts as it is written.
    ///
    /// - Parameter length: Of its text.
    static func fieldValue(length: ClosedRange<Int>) -> Format {
        let accepted = length.lowerBound == 0 ? "text or a number" : "text, which is not empty, or a number"
        let schema = JSONValue.object([
            "type": ["string", "number"],
            "minLength": .number(String(length.lowerBound)),
            "maxLength": .number(String(length.upperBound)),
        ])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content else {
                reading.reportType(node, accepted: accepted)
                return nil
            }
            switch scalar.resolved {
            case .string(let text), .number(let text):
                if text.unicodeScalars.contains("\0") {
                    reading.reportValue(node, accepted: "\(accepted), without NUL characters")
                    return nil
                }
                if length.contains(text.unicodeScalars.count) { return text }
                reading.reportValue(node, accepted: "\(accepted), of at most \(length.upperBound) characters")
            case .bool, .null:
                reading.reportType(node, accepted: accepted, suggestion: node.quotingAdvice)
            }
            return nil
        }
    }
}

extension Format where Value == String? {
    /// Where a contact goes from a point: to another, or with null out of the journey.
    static var way: Format {
        let point = Format<String>.pointID
        let accepted = "the id of a point, or null: the contact leaves"
        let schema = JSONValue.object(["anyOf": [point.schema, .object(["type": "null"])]])
        return Format(accepted: accepted, schema: schema) { node, reading in
            // Read, and nowhere.
            node.isNull ? .some(nil) : point.read(node, &reading).map { .some($0) }
        }
    }
}

extension Format where Value == Int64 {
    /// A length of time in whole seconds, from a second to ten years.
    static var wholeSeconds: Format {
        let range = Duration.seconds(1)...Duration.seconds(3650 * 86_400)
        return .text(
            "a duration in whole seconds such as 30m, 2d or 1d12h, \(range.lowerBound.jobText) … "
                + range.upperBound.jobText,
            pattern: "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            length: 2...40,
            suggestion: { text in
                DurationText.suggestion(for: text, within: range).flatMap { $0.hasSuffix("ms`") ? nil : $0 }
            }
        ) { text in
            guard !text.hasSuffix("ms"), let duration = DurationText.read(text), range.contains(duration) else {
                return nil
            }
            return duration.components.seconds
        }
    }
}

extension Format where Value == Double {
    /// How many of a hundred, as a number: more than 0, less than 100.
    static var shareOfHundred: Format {
        let accepted = "a number, more than 0 and less than 100"
        let schema = JSONValue.object(["type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100])
        return Format(accepted: accepted, schema: schema) { node, reading in
            guard case .scalar(let scalar) = node.content, case .number(let literal) = scalar.resolved else {
                let bare = node.text.hasSuffix("%") ? String(node.text.dropLast()) : node.text
                let suggestion = bare.isJSONNumber ? "write `\(bare)`" : nil
                reading.reportType(node, accepted: accepted, suggestion: suggestion)
                return nil
            }
            guard literal.isJSONNumber, let value = Double(literal), value > 0, value < 100 else {
                reading.reportValue(node, accepted: accepted)
                return nil
            }
            return value
        }
    }
}

extension String {
    /// Whether it can be a point's id.
    var isPointID: Bool { utf8.count <= 40 && isPlainWord && self == lowercased() }
}
