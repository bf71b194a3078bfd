import FanfarePayload
import FanfareTransport

/// What a trial sends, where to, and the settings by which its end is judged.
struct TrialRequest {
    let connection: EndpointSettings
    /// The name that must be looked up; nil when an address stands there.
    let hostName: String?
    let settings: DeliverySettings
    /// What the receiver may repeat and nobody is to be shown.
    let mask: SecretMask
    /// Of whom it tells, for the spread of retries; 0: of nobody.
    let contact: Int64
    private let url: [UInt8]?
    /// As the loop takes them: each line ended by a NUL.
    private let headers: [UInt8]
    private let body: [UInt8]

    var isProxied: Bool {
        // Not as a comparison with nil: Swift 6.3.1's optimiser crashes on such in places.
        if case .some = connection.proxy { true } else { false }
    }

    /// A job's request of one contact.
    init(_ request: RequestPreview, of plan: FanOutPlan) {
        (connection, hostName, settings) = (plan.endpoint, plan.hostName, plan.settings)
        (mask, contact) = (plan.template.secretMask, request.contact)
        (url, headers, body) = (request.ownURL, request.ownHeaders, request.body)
    }

    /// An event's request.
    ///
    /// - Parameters:
    ///   - endpoint: Where it is told.
    ///   - id: Sent as `webhook-id`.
    ///   - body: Tells of the event.
    ///   - unixTime: The time it is signed with.
    init(_ endpoint: EventEndpoint, id: String, body: [UInt8], unixTime: Int64) {
        (connection, hostName, settings) = (endpoint.connection, endpoint.hostName, endpoint.settings)
        (mask, contact) = (endpoint.template.secretMask, 0)
        var buffer = RequestBuffer()
        let request = endpoint.wrap(id: id, body: body, unixTime: unixTime, into: &buffer)
        url = request.url.map { buffer.copy($0) }
        headers = buffer.copy(request.headers)
        self.body = buffer.copy(request.body)
    }

    /// Lends the request in the loop's form.
    func withTransferRequest(
        endpoint: EndpointID,
        _ send: (UnsafePointer<TransferRequest>) throws -> Void
    ) throws {
        try (url ?? []).withUnsafeBytes { address in
            try headers.withUnsafeBytes { headers in
                try body.withUnsafeBytes { payload in
                    var request = TransferRequest()
                    request.endpoint = endpoint
                    request.timeoutMilliseconds = UInt32(clamping: Int64(settings.timeout / .milliseconds(1)))
                    request.url = url == nil ? nil : address.baseAddress?.assumingMemoryBound(to: CChar.self)
                    request.urlLength = address.count
                    request.headers = headers.baseAddress?.assumingMemoryBound(to: CChar.self)
                    request.headersLength = headers.count
                    request.body = payload.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    request.bodyLength = payload.count
                    try send(&request)
                }
            }
        }
    }
}
