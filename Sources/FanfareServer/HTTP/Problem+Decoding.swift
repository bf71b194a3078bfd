extension Problem {
    /// Names where in the body it is, and what is expected there in the words of JSON: the decoder's text tells of the
    /// types of Swift.
    init(decoding error: DecodingError) {
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty: self = .notJSON
        // The decoder says this of bodies alone: of a value somewhere in one the text is our own.
        case .dataCorrupted(let context): self = .unfit(context.codingPath, context.debugDescription)
        case .typeMismatch(let type, let context):
            self = .unfit(context.codingPath, "\(Self.name(of: type)) is expected, and another value was found.")
        case .valueNotFound(let type, let context):
            self = .unfit(context.codingPath, "\(Self.name(of: type)) is expected, and null was found.")
        case .keyNotFound(let key, let context):
            self = .unfit(context.codingPath + [key], "This value is required.")
        @unknown default: self = .badRequest("The body could not be read.")
        }
    }

    /// Of a value in the body; an empty path is that of the body itself, which no field names.
    private static func unfit(_ path: [any CodingKey], _ message: String) -> Problem {
        if path.isEmpty { return .invalid("The body could not be validated. \(message)") }
        let parts = path.map { key in key.intValue.map { String($0) } ?? key.stringValue }
        return .unfit(parts.joined(separator: "."), message)
    }

    /// What JSON calls that which is decoded as a type.
    private static func name(of type: Any.Type) -> String {
        switch type {
        case is Bool.Type: "True or false"
        case is String.Type: "A string"
        case is any BinaryInteger.Type: "A whole number"
        case is any BinaryFloatingPoint.Type: "A number"
        case is any ObjectInJSON.Type: "An object"
        case is any ArrayInJSON.Type: "An array"
        default: "Another kind of value"
        }
    }
}

/// Marks what is decoded from an object, whatever its values are.
private protocol ObjectInJSON {}

extension Dictionary: ObjectInJSON {}

/// Marks what is decoded from an array, whatever its items are.
private protocol ArrayInJSON {}

extension Array: ArrayInJSON {}
