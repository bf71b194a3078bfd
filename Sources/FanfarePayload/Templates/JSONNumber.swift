/// The number grammar of JSON (RFC 8259 §6).
struct JSONNumber {
    private let text: UnsafeRawBufferPointer
    private var index = 0

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Whether the text is one number and nothing else.
    static func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONNumber(text)
        return scanner.number() && scanner.index == text.count
    }

    /// See ``matches(_:)-(UnsafeRawBufferPointer)``.
    static func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBytes { matches($0) } }

    private mutating func number() -> Bool {
        _ = skip("-", or: "-")
        let leadingZero = index < text.count && text[index] == UInt8(ascii: "0")
        let integer = index
        guard digits(), !(leadingZero && index > integer + 1) else { return false }
        if skip(".", or: "."), !digits() { return false }
        if skip("e", or: "E") {
            _ = skip("+", or: "-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let first = index
        while index < text.count, text[index].isASCIIDigit { index += 1 }
        return index > first
    }

    private mutating func skip(_ accepted: Unicode.Scalar, or other: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: accepted) || text[index] == UInt8(ascii: other) else {
            return false
        }
        index += 1
        return true
    }
}
