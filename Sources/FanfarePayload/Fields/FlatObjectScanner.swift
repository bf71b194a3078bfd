/// Reads the members of a JSON object without nested values, allocating nothing.
struct FlatObjectScanner {
    struct Member {
        /// Between the quotes.
        var key: Range<Int>
        /// Between the quotes of a string; the whole of another value.
        var value: Range<Int>
        var isString: Bool
    }

    private let text: UnsafeRawBufferPointer
    private var index = 0
    private var isFirst = true
    /// Whether the object was read to its end and nothing but spaces follows.
    private(set) var isComplete = false

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The next member; nil at the end, or when the text is no such object.
    mutating func next() -> Member? {
        skipSpaces()
        if isFirst {
            guard skip("{") else { return nil }
            skipSpaces()
        }
        if skip("}") {
            skipSpaces()
            isComplete = index == text.count
            return nil
        }
        if !isFirst {
            guard skip(",") else { return nil }
            skipSpaces()
        }
        isFirst = false
        guard let key = string() else { return nil }
        skipSpaces()
        guard skip(":") else { return nil }
        skipSpaces()
        if let value = string() { return Member(key: key, value: value, isString: true) }
        let start = index
        while index < text.count, text[index].isASCIILetterOrDigit || "+-.".utf8.contains(text[index]) { index += 1 }
        return index > start ? Member(key: key, value: start..<index, isString: false) : nil
    }

    private mutating func skipSpaces() {
        while index < text.count, text[index] == 0x20 || (0x09...0x0D).contains(text[index]) { index += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func string() -> Range<Int>? {
        guard skip("\"") else { return nil }
        let start = index
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        let end = index
        return skip("\"") ? start..<end : nil
    }
}
