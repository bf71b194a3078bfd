/// Mailchimp's address fields: stored as a JSON object of strings, shown as one line.
///
/// The parts that are there are joined by `, ` in the order `addr1`, `addr2`, `city`, `state`, `zip`, `country`.
enum AddressText {
    private static func key(_ index: Int) -> StaticString {
        switch index {
        case 0: "addr1"
        case 1: "addr2"
        case 2: "city"
        case 3: "state"
        case 4: "zip"
        default: "country"
        }
    }
    static let partCount = 6

    /// Whether a value is a JSON object whose members are all strings, numbers, `true`, `false` or `null`.
    static func isObject(_ text: UnsafeRawBufferPointer) -> Bool {
        var scanner = FlatObjectScanner(text)
        while scanner.next() != nil {}
        return scanner.isComplete
    }

    /// The text of a part, JSON escapes and all; empty when there is none.
    static func part(_ index: Int, of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let key = key(index)
        let wanted = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        var scanner = FlatObjectScanner(text)
        while let member = scanner.next() {
            guard text[member.key].elementsEqual(wanted) else { continue }
            let isNull = !member.isString && text[member.value].elementsEqual("null".utf8)
            return UnsafeRawBufferPointer(rebasing: isNull ? text[0..<0] : text[member.value])
        }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
}

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

extension RequestBuffer {
    /// Appends an address whose parts ``AddressText`` finds.
    ///
    /// - Returns: False when the place cannot hold it.
    mutating func append(address: UnsafeRawBufferPointer, escapedFor escape: Escape) -> Bool {
        // The text is unescaped further on in the free memory, past all that escaping it could fill.
        let room = address.count + AddressText.partCount * 2
        reserve(room * 10)
        let plain = UnsafeMutableRawBufferPointer(start: end + room * 9, count: room)
        var length = 0
        for index in 0..<AddressText.partCount {
            let part = AddressText.part(index, of: address)
            if part.isEmpty { continue }
            if length > 0 {
                plain[length] = UInt8(ascii: ",")
                plain[length + 1] = UInt8(ascii: " ")
                length += 2
            }
            length += JSONText.unescape(part, into: UnsafeMutableRawBufferPointer(rebasing: plain[length...]))
        }
        return append(UnsafeRawBufferPointer(rebasing: plain[..<length]), escapedFor: escape)
    }
}
