// Data as a program writes it down: `["to": "*|EMAIL|*", "amount": 12.5, "tags": ["a", "b"], "note": nil]`.

extension PayloadNode: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// An object, its members in the order written.
    public init(dictionaryLiteral elements: (String, PayloadNode)...) {
        self = .object(elements.map { Member($0, $1) })
    }

    /// An array.
    public init(arrayLiteral elements: PayloadNode...) { self = .array(elements) }
    /// A template.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(String(value)) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
}
