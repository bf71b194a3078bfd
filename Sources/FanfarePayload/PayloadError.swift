/// One thing that is wrong with a webhook definition, a secret or a signature.
///
/// Never holds a secret's value, nor a contact's.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is; stable, for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The URL is none of http or https that requests can go to.
        case invalidURL
        /// The URL has a user or password.
        case credentialsInURL
        /// The URL has a merge tag in scheme, host or port.
        case mergeTagInOrigin
        /// A name that no header can have.
        case invalidHeaderName
        /// A header that the agent sets itself.
        case reservedHeader
        /// A header that is given twice.
        case duplicateHeader
        /// A value that no header can have.
        case invalidHeaderValue
        /// A user name, password or token that cannot be sent.
        case invalidAuthorization
        /// A merge tag begins and does not end.
        case unclosedTag
        /// A merge tag that nothing goes by.
        case unknownTag
        /// A merge tag that is known, and needs what is not there.
        case unavailableTag
        /// A block without its end, or an end without its block.
        case unbalancedBlock
        /// A condition that cannot be understood.
        case invalidCondition
        /// A field that the audience does not have.
        case unknownField
        /// A group, or a category of groups, that the audience does not have.
        case unknownGroup
        /// A body where the method has none.
        case bodyNotAllowed
        /// A body that its content type cannot have.
        case invalidBody
        /// A merge tag in the key of a value.
        case mergeTagInKey
        /// A key that is given twice.
        case duplicateKey
        /// A number that JSON does not know.
        case invalidNumber
        /// A secret that nothing can be signed with.
        case invalidSigningSecret
        /// A key that nothing can be sealed with.
        case invalidSealingKey
        /// A sealed text that does not open: another key, or damage.
        case cannotUnseal
    }

    /// A step from the definition to the value concerned: `["data", "items", 0]`.
    public enum PathElement: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        /// The member of this name.
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
