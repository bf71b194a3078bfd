/// Covers what a webhook keeps secret in the words of a receiver that repeats them.
///
/// It knows passwords, tokens, signing keys and secret headers, each as it is sent and as JSON or a URL spells it.
/// Secrets of fewer than ``shortestSecret`` bytes are left: they stand in any text by chance.
public struct SecretMask: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// In bytes.
    public static let shortestSecret = 4

    private let secrets: [[UInt8]]

    /// - Parameter definition: The webhook whose secrets are to be covered.
    public init(_ definition: WebhookDefinition) {
        // A signing key may also be shown without its `whsec_`.
        var plain = (definition.signing?.secrets.map { $0.reveal() } ?? [])
            .flatMap { [$0, Array($0.drop { $0 != UInt8(ascii: "_") }.dropFirst())] }
        switch definition.authorization {
        case .basic(let username, let password):
            plain.append(password.reveal())
            plain.append(Base64.encode(Array(username.utf8) + [UInt8(ascii: ":")] + password.reveal()))
        case .bearer(let token): plain.append(token.reveal())
        case nil: break
        }
        for header in definition.headers where header.isSecret {
            let value: [UInt8] =
                switch header.value {
                case .secret(let secret): secret.reveal()
                case .text(let text): Array(text.utf8)
                }
            // Spaces around a header's value do not arrive, and a receiver may repeat what follows `Bearer ` alone.
            let words = value.split { $0 == UInt8(ascii: " ") || $0 == 0x09 }
            plain.append(Array(value[(words.first?.startIndex ?? 0)..<(words.last?.endIndex ?? 0)]))
            if words.count == 2 { plain.append(Array(words[1])) }
        }
        secrets = Set(plain.filter { $0.count >= Self.shortestSecret }.flatMap(Self.spellings)).sorted {
            $0.count > $1.count
        }
    }

    /// Overwrites each occurrence with as many `*`, also of those that overlap, and of one whose end was cut off.
    ///
    /// - Parameter text: Changed in place.
    public func cover(_ text: UnsafeMutableRawBufferPointer) {
        if secrets.isEmpty { return }
        var end = 0
        for index in text.indices {
            // What begins here is looked for before this byte is covered, and nothing later begins before it.
            end = endOfSecrets(beginningAt: index, of: UnsafeRawBufferPointer(text), after: end)
            if index < end { text[index] = UInt8(ascii: "*") }
        }
    }

    /// The text with `[secret]` in the place of each occurrence, those that overlap taken together.
    public func redacted(_ text: [UInt8]) -> [UInt8] {
        if secrets.isEmpty { return text }
        var result: [UInt8] = []
        text.withUnsafeBytes { text in
            var end = 0
            for index in text.indices {
                let isCovered = index < end
                end = endOfSecrets(beginningAt: index, of: text, after: end)
                if index >= end {
                    result.append(text[index])
                } else if !isCovered {
                    result += Self.placeholder.utf8
                }
            }
        }
        return result
    }

    /// What stands where a secret was.
    public static let placeholder = "[secret]"

    /// Where the farthest of the secrets that begin at an index ends, or the earlier `end` if that lies farther.
    private func endOfSecrets(beginningAt index: Int, of text: UnsafeRawBufferPointer, after end: Int) -> Int {
        var end = end
        for secret in secrets where text[index] == secret[0] {
            let length = min(secret.count, text.count - index)
            guard length >= Self.shortestSecret, index + length > end else { continue }
            let found = secret.withUnsafeBytes {
                UnsafeRawBufferPointer(rebasing: text[index..<index + length])
                    .holdsSame(as: UnsafeRawBufferPointer(rebasing: $0[..<length]))
            }
            if found { end = index + length }
        }
        return end
    }

    /// A value as it is, in a JSON string with its slashes escaped or not, and percent-encoded.
    private static func spellings(of value: [UInt8]) -> [[UInt8]] {
        let quote = UInt8(ascii: "\""), slash = UInt8(ascii: "/"), backslash = UInt8(ascii: "\\")
        return [
            value,
            value.flatMap { $0 == quote || $0 == backslash ? [backslash, $0] : [$0] },
            value.flatMap { $0 == quote || $0 == backslash || $0 == slash ? [backslash, $0] : [$0] },
            value.flatMap { $0.isASCIILetterOrDigit || $0.isUnreservedMark ? [$0] : percentEncoded($0) },
        ]
    }

    private static func percentEncoded(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "%"), hexDigit(byte >> 4, upperCase: true), hexDigit(byte & 0xF, upperCase: true)]
    }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Always `[secret]`.
    public var debugDescription: String { "[secret]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
