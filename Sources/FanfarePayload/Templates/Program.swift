/// A stretch of the literal bytes of a ``Program``.
struct LiteralSpan: Sendable {
    var offset: UInt32
    var count: UInt32
    static let empty = LiteralSpan(offset: 0, count: 0)
}

/// How a stored value becomes text.
enum ValueShape: UInt8, Sendable {
    case asStored
    /// `YYYY-MM-DD` shown `MM/DD/YYYY` or `DD/MM/YYYY`.
    case monthFirstDate, dayFirstDate
    /// `MM/DD` shown `DD/MM`.
    case dayFirstBirthday
    /// A JSON object of strings, its parts joined.
    case address
}

/// One step of rendering.
enum Instruction: Sendable {
    /// Bytes that are already escaped for their place.
    case literal(LiteralSpan)
    /// A contact's value, or the fallback (escaped already) when there is none.
    case value(slot: UInt16, shape: ValueShape, escape: Escape, fallback: LiteralSpan)
    /// A number that stands for itself in JSON; in quotes when the value is none. The fallback is a whole JSON value.
    case number(slot: UInt16, fallback: LiteralSpan)
    /// A part of now, by its letter in ``PHPDateFormat``.
    case datePart(letter: UInt8, escape: Escape)
    case deliveryID
    /// The token of a link to a page of the contact's own, from the key in one slot and the random id in another.
    case pageToken(page: ContactPage, contact: UInt16, uniqueID: UInt16, audience: LiteralSpan)
    case boundary
    case beginHeader(Int)
    case endHeader
    case jump(to: Int)
    case jumpUnless(condition: Int, to: Int)
}

/// The question an IF asks.
struct Condition: Sendable {
    enum Test: UInt8, Sendable {
        case hasValue
        /// Neither missing nor `0`.
        case isSet
        case equal, less, lessOrEqual, greater, greaterOrEqual
    }

    var slot: UInt16
    var test: Test
    var negated: Bool
    /// Compare as decimal numbers, not byte by byte.
    var numeric: Bool
    var operand: LiteralSpan
}

/// A compiled template: what to copy from where.
struct Program: Sendable {
    var literals: [UInt8] = []
    var instructions: [Instruction] = []
    var conditions: [Condition] = []
    /// Signs links to hosted pages; nil: it has none.
    var pageKey: PageKey?
}
