import Crypto
import FanfareStore

/// Links to the results of batches, which need no key: each is good for some minutes, and for one batch.
public struct BatchLinks: Sendable {
    /// Seconds that a link is good for, after Mailchimp.
    public static let life: Int64 = 600
    /// What the paths of all begin with.
    public static let path = "/batch-results"

    private let key: SymmetricKey

    /// - Parameter secret: Known to this installation alone.
    public init(secret: [UInt8]) {
        // A key of its own: what else is made with the secret says nothing of this.
        let derived = HMAC<SHA256>.authenticationCode(
            for: Array("fanfare batch results".utf8),
            using: SymmetricKey(data: secret)
        )
        key = SymmetricKey(data: Array(derived))
    }

    /// The path and query of a link to a batch's results.
    ///
    /// - Parameters:
    ///   - batch: The batch's id.
    ///   - now: Unix time in seconds.
    ///   - life: Seconds that it is good for.
    public func link(to batch: String, now: Int64, life: Int64 = Self.life) -> String {
        let expires = now + life
        let code = HMAC<SHA256>.authenticationCode(for: Self.message(batch, expires), using: key)
        let signature = Hexadecimal.text(code)
        return "\(Self.path)/\(batch)?expires=\(expires)&signature=\(signature)"
    }

    /// Whether this installation has made the link, and it is still good.
    public func admits(_ batch: String, expires: String?, signature: String?, now: Int64) -> Bool {
        guard let expires = expires.flatMap({ Int64($0) }), expires > now, let signature,
            signature.utf8.count == 2 * SHA256.byteCount
        else { return false }
        var bytes: [UInt8] = []
        var rest = signature[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return false }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return HMAC<SHA256>.isValidAuthenticationCode(
            bytes,
            authenticating: Self.message(batch, expires),
            using: key
        )
    }

    private static func message(_ batch: String, _ expires: Int64) -> [UInt8] { Array("\(batch) \(expires)".utf8) }
}
