import FanfarePayload

extension EventEndpoint {
    /// Appends the request that tells of an event, signed now by all that the endpoint is signed with.
    ///
    /// - Parameters:
    ///   - id: Sent as `webhook-id`.
    ///   - body: Tells of the event.
    ///   - unixTime: The time of the signatures.
    ///   - buffer: Where to append.
    func wrap(id: String, body: [UInt8], unixTime: Int64, into buffer: inout RequestBuffer) -> RenderedRequest {
        var lines: [UInt8] = []
        if let mailchimp {
            let value = body.withUnsafeBytes { mailchimp.header(for: $0, unixTime: unixTime) }
            lines = Array("\(MailchimpSignature.headerName): \(value)\0".utf8)
        }
        return template.wrap(id: id, headers: lines, body: body, unixTime: unixTime, into: &buffer)
    }
}
