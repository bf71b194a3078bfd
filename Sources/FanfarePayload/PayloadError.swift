/// One thing that is wrong with a webhook definition, a secret or a signature.
///
/// Never holds a secret's value, nor a contact's.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is; stable, for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidURL, credentialsInURL, mergeTagInOrigin
        case invalidHeaderName, reservedHeader, duplicateHeader, invalidHeaderValue
        case invalidAuthorization
        case unclosedTag, unknownTag, unbalancedBlock, invalidCondition
        case unknownField
        case bodyNotAllowed, invalidBody, mergeTagInKey, duplicateKey, invalidNumber
        case invalidSigningSecret
        case invalidSealingKey, cannotUnseal
    }

    /// A step from the definition to the value concerned: `["data", "items", 0]`.
    public enum PathElement: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case key(String)
        /// From 0.
        case index(Int)

        /// A key.
        public init(stringLiteral value: String) { self = .key(value) }
        /// An index, from 0.
        public init(integerLiteral value: Int) { self = .index(value) }
    }

    /// A place within one string of the definition.
    public struct Position: Sendable, Hashable {
        /// In bytes of UTF-8, from 0.
        public var offset: Int
        /// From 1.
        public var line: Int
        /// In Unicode scalars, from 1.
        public var column: Int

        /// The place `offset` bytes into `text`.
        init(offset: Int, in text: [UInt8]) {
            self.offset = offset
            line = 1
            column = 1
            for byte in text.prefix(offset) {
                if byte == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else if byte & 0xC0 != 0x80 {
                    column += 1
                }
            }
        }
    }

    /// What kind of problem it is.
    public var code: Code
    /// What was seen and what is accepted, one line, for people.
    public var message: String
    /// Which value of the definition.
    ///
    /// Its elements follow ``WebhookDefinition``: `url`, `headers` and a name, `auth` and `username`, `password` or
    /// `bearer`, `data` and the keys within, `content_type`, `require` and an index, `signing`, `secrets` and an index.
    /// Empty when no definition is concerned.
    public var path: [PathElement]
    /// Where within that value's text.
    ///
    /// Nil when the whole value is concerned.
    public var position: Position?

    init(_ code: Code, _ message: String, at path: [PathElement] = [], position: Position? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.position = position
    }

    /// `data.text, line 2, column 5: message`.
    public var description: String {
        var place = ""
        for element in path {
            switch element {
            case .key(let key): place += place.isEmpty ? key : ".\(key)"
            case .index(let index): place += "[\(index)]"
            }
        }
        if let position { place += "\(place.isEmpty ? "" : ", ")line \(position.line), column \(position.column)" }
        return place.isEmpty ? message : "\(place): \(message)"
    }
}

/// Everything that is wrong with a webhook definition, in the order of its parts.
public struct PayloadErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one.
    public let all: [PayloadError]

    /// One line each.
    public var description: String { all.map(\.description).joined(separator: "\n") }
}
