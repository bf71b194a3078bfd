import Crypto

/// Makes stored secrets unreadable without the key file of the data directory: ChaCha20-Poly1305 (RFC 8439).
///
/// A sealed text is `fanfare-sealed-1:` and the base 64 of nonce (12 random bytes), ciphertext and tag (16).
public struct SecretSealer: Sendable, CustomStringConvertible, CustomReflectable {
    /// The length of a key in bytes.
    public static let keyLength = 32

    private static let prefix = "fanfare-sealed-1:"
    private static let nonceLength = 12
    private static let tagLength = 16

    private let key: SymmetricKey

    /// - Parameter key: ``keyLength`` random bytes.
    /// - Throws: ``PayloadError`` with code `invalidSealingKey` when it is of another length.
    public init(key: [UInt8]) throws(PayloadError) {
        guard key.count == Self.keyLength else {
            throw PayloadError(.invalidSealingKey, "a key has \(Self.keyLength) bytes; this one has \(key.count)")
        }
        self.key = SymmetricKey(data: key)
    }

    /// Seals a value; each time to another text.
    ///
    /// - Parameters:
    ///   - secret: What to seal.
    ///   - purpose: What it is stored as, for example `fanout 12 webhook`. The same must be given to open it, so that a
    ///     sealed text moved to another place does not open there.
    public func seal(_ secret: Secret, for purpose: String) -> String {
        // Fails at no input; there is nothing that a caller could do about it.
        guard
            let box = try? ChaChaPoly.seal(secret.reveal(), using: key, authenticating: Array(purpose.utf8))
        else { preconditionFailure("ChaCha20-Poly1305 seals what fits in memory") }
        return Self.prefix + String(decoding: Base64.encode(Array(box.combined)), as: UTF8.self)
    }

    /// Opens what ``seal(_:for:)`` made.
    ///
    /// - Throws: ``PayloadError`` with code `cannotUnseal`: not a sealed text, of another key or purpose, or changed.
    public func open(_ sealed: String, for purpose: String) throws(PayloadError) -> Secret {
        guard sealed.hasPrefix(Self.prefix), let bytes = Base64.decode(sealed.utf8.dropFirst(Self.prefix.utf8.count)),
            bytes.count >= Self.nonceLength + Self.tagLength
        else { throw PayloadError(.cannotUnseal, "not a sealed secret") }
        // What swift-crypto throws says no more than that it does not open.
        guard let box = try? ChaChaPoly.SealedBox(combined: bytes),
            let plain = try? ChaChaPoly.open(box, using: key, authenticating: Array(purpose.utf8))
        else {
            throw PayloadError(.cannotUnseal, "the sealed secret was made with another key or purpose, or was changed")
        }
        return Secret(Array(plain))
    }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
