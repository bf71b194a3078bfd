import Crypto

/// Signs requests as the Standard Webhooks specification says (github.com/standard-webhooks/standard-webhooks).
///
/// The signed content is `id.timestamp.body`. Each key adds one signature to `webhook-signature`, separated by spaces.
struct StandardWebhookSigner: Sendable {
    /// One signing key.
    enum Key: Sendable {
        /// `v1`: HMAC-SHA256.
        case hmac(HMACKey)
        /// `v1a`: ed25519.
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    private let keys: [Key]
    /// Of all signatures and the spaces between them, in bytes.
    private let signaturesLength: Int

    init(keys: [Key]) {
        self.keys = keys
        signaturesLength = keys.reduce(keys.count - 1) { $0 + $1.signatureLength }
    }

    /// Appends the header lines of time and signature.
    ///
    /// - Returns: Where ``sign(_:into:of:)`` has to write the signatures.
    func reserveHeaders(time: Int64, in buffer: inout RequestBuffer) -> Int {
        buffer.append("webhook-timestamp: ")
        buffer.append(decimal: UInt64(max(0, time)))
        buffer.append(0)
        buffer.append("webhook-signature: ")
        let place = buffer.count
        buffer.reserve(signaturesLength)
        buffer.end.initializeMemory(as: UInt8.self, repeating: 0x20, count: signaturesLength)
        buffer.advance(by: signaturesLength)
        buffer.append(0)
        return place
    }

    /// Appends room for a key and what is signed before the body.
    ///
    /// - Returns: Where the room begins.
    func appendPreamble(id: DeliveryID, time: Int64, to buffer: inout RequestBuffer) -> Int {
        let room = appendRoom(to: &buffer)
        buffer.append(id)
        appendTime(time, to: &buffer)
        return room
    }

    /// The same for an id of somebody else's making.
    func appendPreamble(id: [UInt8], time: Int64, to buffer: inout RequestBuffer) -> Int {
        let room = appendRoom(to: &buffer)
        id.withUnsafeBytes { buffer.append($0) }
        appendTime(time, to: &buffer)
        return room
    }

    private func appendRoom(to buffer: inout RequestBuffer) -> Int {
        let room = buffer.count
        buffer.reserve(HMACKey.roomLength)
        buffer.end.initializeMemory(as: UInt8.self, repeating: 0, count: HMACKey.roomLength)
        buffer.advance(by: HMACKey.roomLength)
        return room
    }

    private func appendTime(_ time: Int64, to buffer: inout RequestBuffer) {
        buffer.append(UInt8(ascii: "."))
        buffer.append(decimal: UInt64(max(0, time)))
        buffer.append(UInt8(ascii: "."))
    }

    /// Writes the signatures of what follows the room that ``appendPreamble(id:time:to:)`` left.
    func sign(_ range: Range<Int>, into place: Int, of buffer: inout RequestBuffer) {
        var output = buffer.at(place)
        let content = UnsafeMutableRawBufferPointer(start: buffer.at(range.lowerBound), count: range.count)
        for index in keys.indices {
            keys[index].write(signatureOf: content, into: output)
            output += keys[index].signatureLength + 1
        }
    }
}

extension StandardWebhookSigner.Key {
    private static let hmacPrefix: StaticString = "v1,"
    private static let ed25519Prefix: StaticString = "v1a,"

    /// The key of a `whsec_` or `whsk_` secret.
    ///
    /// - Throws: ``PayloadError`` with code `invalidSigningSecret`.
    init(_ secret: Secret) throws(PayloadError) {
        switch try SigningSecret(secret) {
        case .shared(let key): self = .hmac(HMACKey(key))
        case .privateKey(let key): self = .ed25519(key)
        case .publicKey:
            throw PayloadError(.invalidSigningSecret, "whpk_ is a public key; signing needs the private one, whsk_")
        }
    }

    /// In bytes, with the version and its comma.
    var signatureLength: Int {
        switch self {
        case .hmac: Self.hmacPrefix.utf8CodeUnitCount + Base64.encodedLength(HMACKey.codeLength)
        case .ed25519: Self.ed25519Prefix.utf8CodeUnitCount + Base64.encodedLength(64)
        }
    }

    fileprivate func write(signatureOf content: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawPointer) {
        switch self {
        case .hmac(let key):
            output.copyMemory(from: Self.hmacPrefix.utf8Start, byteCount: Self.hmacPrefix.utf8CodeUnitCount)
            key.code(ofMessageAfter: content).withUnsafeBytes {
                Base64.encode($0, into: output + Self.hmacPrefix.utf8CodeUnitCount)
            }
        case .ed25519(let key):
            output.copyMemory(from: Self.ed25519Prefix.utf8Start, byteCount: Self.ed25519Prefix.utf8CodeUnitCount)
            let message = UnsafeRawBufferPointer(rebasing: content[HMACKey.roomLength...])
            // Fails at no input.
            guard let signature = try? key.signature(for: message) else {
                preconditionFailure("ed25519 signs every message")
            }
            Array(signature).withUnsafeBytes { Base64.encode($0, into: output + Self.ed25519Prefix.utf8CodeUnitCount) }
        }
    }
}
