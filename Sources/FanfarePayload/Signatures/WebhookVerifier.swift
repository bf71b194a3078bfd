import Crypto

/// The receiver's half of Standard Webhooks: checks `webhook-id`, `webhook-timestamp` and `webhook-signature`.
public struct WebhookVerifier: Sendable, CustomStringConvertible, CustomReflectable {
    private let shared: [SymmetricKey]
    private let publicKeys: [Curve25519.Signing.PublicKey]
    private let tolerance: Int64

    /// - Parameters:
    ///   - secrets: `whsec_…`, `whpk_…`, or `whsk_…` for its public half; a signature by any of them is valid.
    ///   - tolerance: How old or early a request may be, in seconds.
    /// - Throws: ``PayloadError`` with code `invalidSigningSecret`.
    public init(secrets: [Secret], tolerance: Int64 = 300) throws(PayloadError) {
        var shared: [SymmetricKey] = []
        var publicKeys: [Curve25519.Signing.PublicKey] = []
        for secret in secrets {
            switch try SigningSecret(secret) {
            case .shared(let key): shared.append(SymmetricKey(data: key))
            case .privateKey(let key): publicKeys.append(key.publicKey)
            case .publicKey(let key): publicKeys.append(key)
            }
        }
        self.shared = shared
        self.publicKeys = publicKeys
        self.tolerance = tolerance
    }

    /// Checks one request.
    ///
    /// Codes are compared in constant time.
    ///
    /// - Parameters:
    ///   - id: The value of `webhook-id`.
    ///   - timestamp: The value of `webhook-timestamp`.
    ///   - signature: The value of `webhook-signature`: one or more, separated by spaces.
    ///   - body: As received.
    ///   - now: In seconds since 1970 UTC.
    public func verify(
        id: String,
        timestamp: String,
        signature: String,
        body: UnsafeRawBufferPointer,
        now: Int64
    ) -> SignatureVerdict {
        guard !id.isEmpty, let time = UnixTime.parse(timestamp) else { return .malformed }
        var codes: [[UInt8]] = []
        var signatures: [[UInt8]] = []
        for part in signature.split(separator: " ") {
            let pieces = part.split(separator: ",", maxSplits: 1)
            guard pieces.count == 2, let bytes = Base64.decode(pieces[1].utf8) else { return .malformed }
            // Versions to come are passed over, as the specification asks.
            if pieces[0] == "v1" { codes.append(bytes) }
            if pieces[0] == "v1a" { signatures.append(bytes) }
        }
        guard !codes.isEmpty || !signatures.isEmpty else { return .malformed }
        guard UnixTime.isWithin(tolerance, time, now) else { return .outsideTolerance }
        let content = Array("\(id).\(timestamp).".utf8) + body
        for key in shared where codes.contains(where: { isValid($0, for: content, by: key) }) { return .valid }
        for key in publicKeys where signatures.contains(where: { key.isValidSignature($0, for: content) }) {
            return .valid
        }
        return .wrongSignature
    }

    private func isValid(_ code: [UInt8], for content: [UInt8], by key: SymmetricKey) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: content, using: key)
    }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
