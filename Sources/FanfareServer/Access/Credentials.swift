import Foundation
import HTTPTypes

/// What a request proves itself by: Basic with a key for password, whatever the user, or Bearer or OAuth with a key.
enum Credentials {
    /// - Returns: The key's text; nil when the header is none of these.
    static func key(in header: String) -> String? {
        let text = header.utf8.drop { $0 == UInt8(ascii: " ") }
        guard let space = text.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let (scheme, rest) = (text[..<space], text[text.index(after: space)...])
        guard !rest.isEmpty else { return nil }
        let value = trimmed(Substring(rest))
        if isWord(scheme, "bearer") || isWord(scheme, "oauth") { return String(value) }
        guard isWord(scheme, "basic"), let pair = Base64.decoded(value),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return String(decoding: pair[(colon + 1)...], as: UTF8.self)
    }

    /// - Parameter word: Of lower-case letters.
    private static func isWord(_ text: Substring.UTF8View, _ word: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        // The bit tells an upper-case letter from a lower-case one; with it nothing else becomes a letter.
        return text.elementsEqual(letters) { $0 | 0x20 == $1 }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return text[first..<scalars.index(after: last)]
    }

    /// What Foundation's `CharacterSet.whitespaces` holds.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", " ", "\u{A0}", "\u{1680}", "\u{2000}"..."\u{200B}", "\u{202F}", "\u{205F}", "\u{3000}": true
        default: false
        }
    }
}

/// Base64 as headers have it (RFC 4648, section 4).
enum Base64 {
    /// - Returns: The bytes; nil when the text is none.
    static func decoded(_ text: Substring) -> [UInt8]? {
        var copy = text
        if let bytes = copy.withUTF8(padded) { return bytes }
        // It also takes more padding than is due, which clients may rely on; it is slower by far.
        return Data(base64Encoded: String(text)).map { Array($0) }
    }

    /// - Returns: Nil when it is not groups of four characters, the last padded where it must be.
    private static func padded(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count >= 4, text.count.isMultiple(of: 4) else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        for character in text.dropLast(padding) {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    /// The six bits that a character stands for.
    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
