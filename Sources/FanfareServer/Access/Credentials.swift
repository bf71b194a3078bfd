import FanfarePayload
import Foundation

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
        guard isWord(scheme, "basic"), let pair = bytes(ofBase64: value),
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

    /// - Returns: Nil when the text is none.
    static func bytes(ofBase64 text: Substring) -> [UInt8]? {
        // Foundation also takes more padding than is due, which clients may rely on; it is slower by far.
        Base64.decode(text.utf8) ?? Data(base64Encoded: String(text)).map { Array($0) }
    }
}
