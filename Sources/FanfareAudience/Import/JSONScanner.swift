/// Reads one JSON text (RFC 8259) in place, member by member, without building a tree.
///
/// It is strict: what it accepts is JSON. Strings without escapes are handed out where they stand, others are put
/// together in a buffer that lasts until ``reset(_:)``.
struct JSONScanner: ~Copyable {
    /// A value: its bytes, and what it is.
    struct Value {
        enum Kind {
            case string, number, bool, null, object, array
        }
        let kind: Kind
        /// A string's text; everything else as written.
        let bytes: UnsafeRawBufferPointer
        /// Where it begins in the text.
        let offset: Int
    }

    /// Deeper nesting is refused, so that a hostile line cannot exhaust the stack.
    private static let deepest = 32

    private(set) var text = UnsafeRawBufferPointer(start: nil, count: 0)
    var position = 0
    private var scratch: UnsafeMutablePointer<UInt8>
    private var capacity = 1 << 12
    private var used = 0
    private let acceptsNUL: Bool

    /// - Parameter acceptsNUL: Whether a string may hold the escape of NUL, which is in no text from outside.
    init(acceptsNUL: Bool = false) {
        self.acceptsNUL = acceptsNUL
        scratch = .allocate(capacity: capacity)
    }
    deinit { scratch.deallocate() }

    /// Begins a new text; strings of the one before become invalid.
    mutating func reset(_ text: UnsafeRawBufferPointer) {
        self.text = text
        position = 0
        used = 0
        isFaulty = false
        // Unescaping never makes a string longer, and a member is read twice at most: in passing, and for itself.
        if 2 * text.count > capacity {
            scratch.deallocate()
            capacity = 2 * text.count
            scratch = .allocate(capacity: capacity)
        }
    }

    /// The next value; an object or array is passed over and handed out as written.
    ///
    /// - Returns: Nil when there is no valid value.
    mutating func value(depth: Int = 0) -> Value? {
        skipSpaces()
        guard position < text.count, depth < JSONScanner.deepest else { return nil }
        let begin = position
        switch text[position] {
        case UInt8(ascii: "\""): return string().map { Value(kind: .string, bytes: $0, offset: begin) }
        case UInt8(ascii: "{"): return compound(.object, depth)
        case UInt8(ascii: "["): return compound(.array, depth)
        case UInt8(ascii: "t"): return word("true", .bool)
        case UInt8(ascii: "f"): return word("false", .bool)
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    /// Steps into an object or array.
    ///
    /// - Returns: Whether one with this opening begins here.
    mutating func enter(_ opening: Unicode.Scalar) -> Bool { take(opening) }

    /// Goes on to the next member of an object, or leaves it.
    ///
    /// - Returns: The key; nil at the end or on an error, told apart by ``isFaulty``.
    mutating func key(isFirst: Bool) -> UnsafeRawBufferPointer? {
        guard item(isFirst: isFirst, closing: "}") else { return nil }
        skipSpaces()
        guard let key = string(), take(":") else { return fault() }
        return key
    }

    /// Goes on to the next item of an array, or leaves it.
    ///
    /// - Returns: Whether there is one.
    mutating func item(isFirst: Bool, closing: Unicode.Scalar = "]") -> Bool {
        if take(closing) { return false }
        if !isFirst, !take(",") {
            isFaulty = true
            return false
        }
        return true
    }

    /// Whether the text turned out to be no JSON.
    private(set) var isFaulty = false

    /// Whether nothing but spaces is left.
    mutating func isAtEnd() -> Bool {
        skipSpaces()
        return position == text.count
    }

    private mutating func fault() -> UnsafeRawBufferPointer? {
        isFaulty = true
        return nil
    }

    private mutating func compound(_ kind: Value.Kind, _ depth: Int) -> Value? {
        let begin = position
        let isObject = kind == .object
        position += 1
        var isFirst = true
        while true {
            if isObject {
                guard key(isFirst: isFirst) != nil else { break }
            } else {
                guard item(isFirst: isFirst) else { break }
            }
            guard value(depth: depth + 1) != nil else { return nil }
            isFirst = false
        }
        guard !isFaulty else { return nil }
        return Value(kind: kind, bytes: UnsafeRawBufferPointer(rebasing: text[begin..<position]), offset: begin)
    }

    private mutating func word(_ word: StaticString, _ kind: Value.Kind) -> Value? {
        let begin = position
        let bytes = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard text.count - begin >= bytes.count else { return nil }
        let seen = UnsafeRawBufferPointer(rebasing: text[begin..<(begin + bytes.count)])
        guard seen.elementsEqual(bytes) else { return nil }
        position += bytes.count
        return Value(kind: kind, bytes: seen, offset: begin)
    }

    private mutating func number() -> Value? {
        let begin = position
        while position < text.count, isNumberByte(text[position]) { position += 1 }
        let bytes = UnsafeRawBufferPointer(rebasing: text[begin..<position])
        guard !bytes.isEmpty, bytes[0] != UInt8(ascii: "+"), parseNumber(bytes) != nil else { return nil }
        return Value(kind: .number, bytes: bytes, offset: begin)
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            || byte | 0x20 == UInt8(ascii: "e")
    }

    mutating func skipSpaces() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// The text of the string that begins here.
    private mutating func string() -> UnsafeRawBufferPointer? {
        guard position < text.count, text[position] == UInt8(ascii: "\"") else { return nil }
        let begin = position + 1
        var end = begin
        while end < text.count, text[end] != UInt8(ascii: "\""), text[end] != UInt8(ascii: "\\"), text[end] >= 0x20 {
            end += 1
        }
        guard end < text.count, text[end] >= 0x20 else { return nil }
        position = end + 1
        if text[end] == UInt8(ascii: "\"") { return UnsafeRawBufferPointer(rebasing: text[begin..<end]) }
        return escapedString(begin, end)
    }

    private mutating func escapedString(_ begin: Int, _ firstEscape: Int) -> UnsafeRawBufferPointer? {
        let start = used
        for index in begin..<firstEscape { put(text[index]) }
        position = firstEscape
        while position < text.count {
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return UnsafeRawBufferPointer(start: scratch + start, count: used - start) }
            guard byte >= 0x20 else { return nil }
            if byte == UInt8(ascii: "\\") {
                guard escape() else { return nil }
            } else {
                put(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Bool {
        guard position < text.count else { return false }
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): put(byte)
        case UInt8(ascii: "b"): put(0x08)
        case UInt8(ascii: "f"): put(0x0c)
        case UInt8(ascii: "n"): put(0x0a)
        case UInt8(ascii: "r"): put(0x0d)
        case UInt8(ascii: "t"): put(0x09)
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return false
        }
        return true
    }

    private mutating func unicodeEscape() -> Bool {
        guard var code = fourDigits() else { return false }
        if (0xd800..<0xdc00).contains(code) {
            guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
                text[position + 1] == UInt8(ascii: "u")
            else { return false }
            position += 2
            guard let low = fourDigits(), (0xdc00..<0xe000).contains(low) else { return false }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard code != 0 || acceptsNUL, let scalar = Unicode.Scalar(code) else { return false }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { put(byte) }
        return true
    }

    private mutating func fourDigits() -> UInt32? {
        guard position + 4 <= text.count else { return nil }
        var code: UInt32 = 0
        for index in position..<(position + 4) {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        position += 4
        return code
    }

    private mutating func put(_ byte: UInt8) {
        scratch[used] = byte
        used += 1
    }
}
