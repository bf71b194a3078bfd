/// One thing that is wrong with a job file, and where.
///
/// No text in it holds a secret's value.
public struct JobProblem: Sendable, Hashable {
    /// What kind of thing is wrong.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case file, encoding, syntax, unknown, duplicate, missing, type, value, conflict, secret
        }
        private let kind: Kind

        /// The file cannot be read, or is too large.
        public static let unreadableFile = Code(kind: .file)
        /// The file is not UTF-8 text.
        public static let encoding = Code(kind: .encoding)
        /// The file is not YAML, or uses a part of YAML that job files do without.
        public static let syntax = Code(kind: .syntax)
        /// A key that the format does not have.
        public static let unknownKey = Code(kind: .unknown)
        /// A key that stands twice in one mapping.
        public static let duplicateKey = Code(kind: .duplicate)
        /// A key that must be there is not.
        public static let missingKey = Code(kind: .missing)
        /// A list where a number is needed, and the like.
        public static let wrongType = Code(kind: .type)
        /// The right type, but not a value that is accepted.
        public static let badValue = Code(kind: .value)
        /// Two keys that exclude each other, or one that needs another.
        public static let conflict = Code(kind: .conflict)
        /// A secret that cannot be had.
        public static let secret = Code(kind: .secret)

        /// A short word without values, fit for a metric's label.
        public var description: String { kind.rawValue }
    }

    /// What kind of thing is wrong.
    public var code: Code
    /// The value's path from the top of the file; empty: the file itself.
    public var path: [PathElement]
    /// Where it stands; nil: the file could not be read at all.
    public var place: Place?
    /// One sentence: what is wrong.
    public var message: String
    /// What is accepted there.
    public var accepted: String?
    /// What the writer probably meant, as a sentence.
    public var suggestion: String?

    /// - Parameters: see the properties of the same names.
    public init(
        _ code: Code,
        path: [PathElement] = [],
        place: Place?,
        message: String,
        accepted: String? = nil,
        suggestion: String? = nil
    ) {
        self.code = code
        self.path = path
        self.place = place
        self.message = message
        self.accepted = accepted
        self.suggestion = suggestion
    }
}
