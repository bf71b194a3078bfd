/// The number grammar of JSON (RFC 8259 §6).
enum JSONNumber {
    /// Whether the text is one number and nothing else.
    static func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        func digits() -> Bool {
            let first = index
            while index < text.count, text[index].isASCIIDigit { index += 1 }
            return index > first
        }
        func skip(_ accepted: UInt8, _ other: UInt8) -> Bool {
            guard index < text.count, text[index] == accepted || text[index] == other else { return false }
            index += 1
            return true
        }
        _ = skip(UInt8(ascii: "-"), UInt8(ascii: "-"))
        let leadingZero = index < text.count && text[index] == UInt8(ascii: "0")
        let integer = index
        guard digits(), !(leadingZero && index > integer + 1) else { return false }
        if skip(UInt8(ascii: "."), UInt8(ascii: ".")), !digits() { return false }
        if skip(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = skip(UInt8(ascii: "+"), UInt8(ascii: "-"))
            guard digits() else { return false }
        }
        return index == text.count
    }

    /// See ``matches(_:)-(UnsafeRawBufferPointer)``.
    static func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBytes { matches($0) } }
}
