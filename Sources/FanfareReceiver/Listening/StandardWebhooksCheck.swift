public import FanfarePayload
import NIOCore
import NIOHTTP1

/// Looks at the Standard Webhooks signature of what is received.
struct StandardWebhooksCheck: Sendable {
    let verifier: WebhookVerifier

    /// - Parameter now: Seconds since 1970.
    func check(_ request: ReceivedRequest, now: Int64) -> SignatureCheck {
        guard let id = request.headers.first(name: "webhook-id") else { return .bad("no webhook-id") }
        guard let timestamp = request.headers.first(name: "webhook-timestamp") else {
            return .bad("no webhook-timestamp")
        }
        // Several headers are one list (RFC 9110 §5.3); here its separator is a blank.
        let signature = request.headers["webhook-signature"].joined(separator: " ")
        guard !signature.isEmpty else { return .bad("no webhook-signature") }
        let verdict = request.body.withUnsafeReadableBytes { body in
            verifier.verify(id: id, timestamp: timestamp, signature: signature, body: body, now: now)
        }
        switch verdict {
        case .valid: return .good
        case .malformed: return .bad("the headers are malformed")
        case .outsideTolerance: return .bad("the timestamp is too far from now")
        case .wrongSignature: return .bad("it is not that of this request by this secret")
        }
    }
}

extension ListenSettings {
    /// Checks every request's Standard Webhooks signature; those of which it is missing or wrong are answered 401.
    ///
    /// - Parameter secrets: `whsec_…` or `whpk_…`, at least one; a signature by any of them is good.
    /// - Throws: `PayloadError` for a secret that is none.
    public mutating func checkSignatures(with secrets: [Secret]) throws(PayloadError) {
        let check = StandardWebhooksCheck(verifier: try WebhookVerifier(secrets: secrets))
        verify = { check.check($0, now: WallClock.nanoseconds() / 1_000_000_000) }
    }
}
