/// Signs bodies that are no template's, as Standard Webhooks says: notifications.
public struct FixedBodySigner: Sendable, CustomStringConvertible, CustomReflectable {
    private let signer: StandardWebhookSigner

    /// - Parameter secrets: `whsec_…` or `whsk_…`, at least one; all sign.
    /// - Throws: ``PayloadError`` with code `invalidSigningSecret`.
    public init(_ secrets: [Secret]) throws(PayloadError) {
        var keys: [StandardWebhookSigner.Key] = []
        for secret in secrets { keys.append(try StandardWebhookSigner.Key(secret)) }
        signer = StandardWebhookSigner(keys: keys)
    }

    /// The header lines of time and signature, each ended by a NUL, as the loop takes them.
    ///
    /// - Parameters:
    ///   - id: What is sent as `webhook-id`.
    ///   - unixTime: Seconds since 1970.
    ///   - body: The body.
    public func headers(id: DeliveryID, unixTime: Int64, body: [UInt8]) -> [UInt8] {
        var buffer = RequestBuffer(capacity: body.count + 1024)
        let signatures = signer.reserveHeaders(time: unixTime, in: &buffer)
        let headers = 0..<buffer.count
        let content = signer.appendPreamble(id: id, time: unixTime, to: &buffer)
        buffer.reserve(body.count)
        body.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { buffer.end.copyMemory(from: start, byteCount: bytes.count) }
        }
        buffer.advance(by: body.count)
        signer.sign(content..<buffer.count, into: signatures, of: &buffer)
        return buffer.copy(headers)
    }

    /// Says nothing of its keys.
    public var description: String { "[signer]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
