/// The `X-Mailchimp-Signature` header of audience webhooks: `t=<unix seconds>,v1=<64 hexadecimal digits>`.
///
/// Its code is HMAC-SHA256 of `<t>.` and the body, the key being the secret's text itself (Mailchimp, "Sync audience
/// data with webhooks", 2026).
package struct MailchimpSignature: Sendable, CustomStringConvertible, CustomReflectable {
    /// The header's name.
    package static let headerName = "X-Mailchimp-Signature"

    private let key: HMACKey

    /// - Parameter secret: As shown to the receiver when the webhook was made.
    package init(secret: Secret) { key = HMACKey(secret.reveal()) }

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
        let length = HMACKey.roomLength + time.utf8.count + 1 + body.count
        return withUnsafeTemporaryAllocation(byteCount: length, alignment: 16) { block in
            var end = HMACKey.roomLength
            for byte in time.utf8 {
                block[end] = byte
                end += 1
            }
            block[end] = UInt8(ascii: ".")
            UnsafeMutableRawBufferPointer(rebasing: block[(end + 1)...]).copyMemory(from: body)
            let code = key.code(ofMessageAfter: block)
            return Array(unsafeUninitializedCapacity: 2 * HMACKey.codeLength) { digits, count in
                for byte in code {
                    digits[count] = hexDigit(byte >> 4)
                    digits[count + 1] = hexDigit(byte & 0xF)
                    count += 2
                }
            }
        }
    }

    /// Always `[secret]`.
    package var description: String { "[secret]" }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
