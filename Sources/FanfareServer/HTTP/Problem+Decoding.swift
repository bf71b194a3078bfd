import Foundation

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

    /// Of a body that is JSON and has a number where the decoder cannot take it: it calls the whole body corrupted then,
    /// and names no place.
    ///
    /// - Returns: A problem that names all numbers that may be meant; nil when the body is no JSON.
    static func unfitNumbers(in body: Data) -> Problem? {
        let value: Any
        do { value = try JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed) } catch { return nil }
        var problem = Problem.invalid(
            "The resource submitted could not be validated: a number is no whole number where one is expected, or too "
                + "large."
        )
        problem.errors = unfitNumbers(value, at: "").prefix(10).map { field in
            Field(field: field, message: "A whole number is expected, if it is this one.")
        }
        return problem
    }

    private static func unfitNumbers(_ value: Any, at path: String) -> [String] {
        func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch value {
        case let object as [String: Any]:
            return object.sorted { $0.key < $1.key }.flatMap { unfitNumbers($0.value, at: inner($0.key)) }
        case let array as [Any]:
            return array.enumerated().flatMap { unfitNumbers($0.element, at: inner("\($0.offset)")) }
        case let number as NSNumber: return Int64(exactly: number.doubleValue) == nil ? [path] : []
        default: return []
        }
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
