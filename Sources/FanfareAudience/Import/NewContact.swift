/// A contact of your own making, to be added to an audience or to bring up to date the one with its address.
public struct NewContact: Sendable, Hashable {
    /// The value of a merge field.
    public enum Value: Sendable, Hashable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
        ExpressibleByFloatLiteral
    {
        /// Text, or what a field of another type takes: a date as `2026-11-27`, a number as `12.5`; empty: no value.
        case text(String)
        /// A number; a field that is made for it is a number field.
        case number(Double)

        /// Text.
        public init(stringLiteral value: String) { self = .text(value) }
        /// A whole number.
        public init(integerLiteral value: Int) { self = .number(Double(value)) }
        /// A number.
        public init(floatLiteral value: Double) { self = .number(value) }
    }

    /// The address; case does not count when it is looked for.
    public var email: String
    /// Values of merge fields by tag, in upper or lower case: of those left out nothing is said. A field that the
    /// audience does not have is added; see `Audience.addField(_:)` for types other than text and number.
    public var fields: [String: Value]
    /// Tags to be added; none is taken away.
    public var tags: [String]
    /// Whether it may be addressed.
    ///
    /// Nil: a known contact keeps what it has, a new one gets ``ImportOptions/statusOfNew``.
    public var status: ContactStatus?

    /// - Parameters: see the properties of the same names.
    public init(email: String, fields: [String: Value] = [:], tags: [String] = [], status: ContactStatus? = nil) {
        self.email = email
        self.fields = fields
        self.tags = tags
        self.status = status
    }
}

extension NewContact.Value {
    /// As a contact file has it.
    var text: String {
        switch self {
        case .text(let text): text
        case .number(let number): Int64(exactly: number).map(String.init) ?? String(number)
        }
    }
}
