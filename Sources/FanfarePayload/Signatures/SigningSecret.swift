import Crypto

/// A secret of the Standard Webhooks specification, decoded.
///
/// | Prefix | Holds, in base 64 | Signs as |
/// | --- | --- | --- |
/// | `whsec_` | 24 to 64 random bytes, shared with the receiver | `v1` |
/// | `whsk_` | an ed25519 private key: its seed of 32 bytes, or seed and public key, 64 bytes | `v1a` |
/// | `whpk_` | the public key, 32 bytes; for receivers | verifies `v1a` |
enum SigningSecret {
    case shared([UInt8])
    case privateKey(Curve25519.Signing.PrivateKey)
    case publicKey(Curve25519.Signing.PublicKey)

    /// - Throws: ``PayloadError`` with code `invalidSigningSecret`; it quotes nothing of the secret.
    init(_ secret: Secret) throws(PayloadError) {
        let text = secret.reveal()
        func bytes(after prefix: StaticString) throws(PayloadError) -> [UInt8] {
            guard let bytes = Base64.decode(text.dropFirst(prefix.utf8CodeUnitCount)) else {
                throw Self.error("what follows \(prefix) is not base 64 with padding")
            }
            return bytes
        }
        if text.starts(with: "whsec_".utf8) {
            let key = try bytes(after: "whsec_")
            guard (24...64).contains(key.count) else {
                throw Self.error("whsec_ holds \(key.count) bytes; accepted: 24 to 64")
            }
            self = .shared(key)
        } else if text.starts(with: "whsk_".utf8) {
            self = .privateKey(try Self.privateKey(bytes(after: "whsk_")))
        } else if text.starts(with: "whpk_".utf8) {
            let key = try bytes(after: "whpk_")
            // All that swift-crypto can find wrong with it is its length.
            guard let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else {
                throw Self.error("whpk_ holds \(key.count) bytes; accepted: 32")
            }
            self = .publicKey(publicKey)
        } else {
            throw Self.error("accepted: whsec_ and base 64, or whsk_ and base 64")
        }
    }

    private static func privateKey(_ bytes: [UInt8]) throws(PayloadError) -> Curve25519.Signing.PrivateKey {
        // All that swift-crypto can find wrong with a key is its length.
        guard bytes.count == 32 || bytes.count == 64,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32))
        else { throw error("whsk_ holds \(bytes.count) bytes; accepted: 32, or 64 with the public key") }
        guard bytes.count == 32 || key.publicKey.rawRepresentation.elementsEqual(bytes.dropFirst(32)) else {
            throw error("the public key in whsk_ is not that of its private key")
        }
        return key
    }

    private static func error(_ message: String) -> PayloadError { PayloadError(.invalidSigningSecret, message) }
}

extension Secret {
    /// A new signing secret: `whsec_` and the base 64 of 32 random bytes.
    public static func newSigningSecret() -> Secret {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return Secret(Array("whsec_".utf8) + Base64.encode(bytes))
    }
}
