/// Well-formedness of UTF-8 (Unicode 15, table 3-7).
enum UTF8Sequence {
    /// The length of the multi-byte sequence that begins at `index`, where a byte of 0x80 or more stands; negative: the
    /// length of the ill-formed stretch that one U+FFFD replaces (the maximal subpart, as in the WHATWG Encoding
    /// standard and Swift's own decoding).
    @inline(__always)
    static func length(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let lead = bytes[index]
        let continuations: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: continuations = 1
        case 0xE0...0xEF:
            continuations = 2
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            continuations = 3
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        default: return -1
        }
        for offset in 1...continuations {
            guard index + offset < bytes.count else { return -offset }
            guard (offset == 1 ? second : 0x80...0xBF).contains(bytes[index + offset]) else { return -offset }
        }
        return continuations + 1
    }
}

extension UnsafeRawBufferPointer {
    /// Text known when this was compiled.
    init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }

    /// Whether both hold the same bytes; allocates in no build, unlike the generic comparison of sequences.
    func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index < count {
            if self[index] != other[index] { return false }
            index += 1
        }
        return true
    }
}

extension UInt8 {
    @inline(__always) var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    @inline(__always) var isASCIILetterOrDigit: Bool {
        isASCIIDigit || (self | 0x20) &- UInt8(ascii: "a") < 26
    }

    /// `-`, `.`, `_`, `~` (RFC 3986 §2.3).
    @inline(__always) var isUnreservedMark: Bool {
        self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
    }

    /// What may stand in a path or query as it is: RFC 3986's unreserved and reserved characters and `%`.
    var isURLCharacter: Bool {
        isASCIILetterOrDigit || isUnreservedMark || ":/?#[]@!$&'()*+,;=%".utf8.contains(self)
    }

    /// `*`, `-`, `.`, `_` (WHATWG URL, application/x-www-form-urlencoded percent-encode set).
    @inline(__always) var isKeptInForm: Bool {
        self == UInt8(ascii: "*") || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "_")
    }

    /// Control characters but the tab: RFC 9110 §5.5 allows none of them.
    @inline(__always) var isForbiddenInHeaderValue: Bool { (self < 0x20 && self != 0x09) || self == 0x7F }

    /// `A` to `Z` made `a` to `z`.
    var asciiLowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}

/// The digit of a value below 16.
@inline(__always)
func hexDigit(_ value: UInt8, upperCase: Bool = false) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : (upperCase ? UInt8(ascii: "A") : UInt8(ascii: "a")) + value - 10
}

/// The value of a hexadecimal digit.
func hexValue(_ digit: UInt8) -> UInt8? {
    if digit.isASCIIDigit { return digit - UInt8(ascii: "0") }
    let letter = (digit | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
}
