import Crypto

/// The `X-Mailchimp-Signature` header of audience webhooks: `t=<unix seconds>,v1=<64 hexadecimal digits>`.
///
/// Its code is HMAC-SHA256 of `<t>.` and the body, the key being the secret's text itself (Mailchimp, "Sync audience
/// data with webhooks", 2026).
package struct MailchimpSignature: Sendable, CustomStringConvertible, CustomReflectable {
    /// The header's name.
    package static let headerName = "X-Mailchimp-Signature"

    private let key: SymmetricKey

    /// - Parameter secret: As shown to the receiver when the webhook was made.
    package init(secret: Secret) { key = SymmetricKey(data: secret.reveal()) }

    /// The header's value for a body.
    ///
    /// - Parameters:
    ///   - body: As it is sent.
    ///   - unixTime: Now, in seconds since 1970 UTC.
    package func header(for body: UnsafeRawBufferPointer, unixTime: Int64) -> String {
        "t=\(unixTime),v1=\(String(decoding: code(of: body, time: String(unixTime)), as: UTF8.self))"
    }

    /// Checks a received header against the body as it was received.
    ///
    /// - Parameters:
    ///   - header: The header's value. Several `v1=` are accepted, any of which may be right.
    ///   - body: Not parsed or changed in any way.
    ///   - now: In seconds since 1970 UTC.
    ///   - tolerance: How old or early a request may be, in seconds.
    package func verify(
        _ header: String,
        body: UnsafeRawBufferPointer,
        now: Int64,
        tolerance: Int64 = 300
    ) -> SignatureVerdict {
        var time: Substring?
        var codes: [Substring] = []
        for part in header.split(separator: ",") {
            let part = part.drop { $0 == " " }
            if part.hasPrefix("t="), time == nil { time = part.dropFirst(2) }
            if part.hasPrefix("v1=") { codes.append(part.dropFirst(3)) }
        }
        guard let time, let seconds = UnixTime.parse(time), !codes.isEmpty else { return .malformed }
        guard UnixTime.isWithin(tolerance, seconds, now) else { return .outsideTolerance }
        let expected = code(of: body, time: String(time))
        return codes.contains { ConstantTime.equal(Array($0.utf8), expected) } ? .valid : .wrongSignature
    }

    /// 64 lower-case hexadecimal digits.
    private func code(of body: UnsafeRawBufferPointer, time: String) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Array("\(time).".utf8))
        hmac.update(data: body)
        return hmac.finalize().flatMap { [hexDigit($0 >> 4), hexDigit($0 & 0xF)] }
    }

    /// Always `[secret]`.
    package var description: String { "[secret]" }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
