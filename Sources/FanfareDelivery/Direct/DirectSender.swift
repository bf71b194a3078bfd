import FanfarePayload
public import FanfareTransport

/// Posts single requests to one endpoint through a loop of its own and waits for each: for what is no delivery.
///
/// One thread at a time. The egress policy holds as for deliveries, and no redirect is followed.
public struct DirectSender: ~Copyable {
    private let loop: DeliveryLoop
    private let endpoint: EndpointID
    private let hostName: String?
    private let lookUp: LookUp
    /// The receiver may repeat what it is sent; nothing of it is kept.
    private let mask = SecretMask(WebhookDefinition(url: "", body: .none))

    /// - Parameters:
    ///   - settings: Where and how.
    ///   - egress: Where connections may go.
    ///   - lookUp: How the receiver's name becomes addresses.
    /// - Throws: `TransportError`.
    public init(_ settings: EndpointSettings, egress: EgressPolicy, lookUp: LookUp = .system) throws(TransportError) {
        let hostName = try settings.hostName
        let loop = try DeliveryLoop(LoopConfiguration(egress: egress))
        let endpoint = try loop.addEndpoint(settings)
        self.hostName = hostName
        self.loop = loop
        self.endpoint = endpoint
        self.lookUp = lookUp
    }

    /// Sends a request, and waits for what becomes of it.
    ///
    /// - Parameters:
    ///   - headers: Lines such as `Name: value`, each ended by a NUL.
    ///   - body: The body.
    ///   - timeout: From the start of the connection to the last byte of the answer.
    ///   - isCancelled: Asked ten times a second; nothing is waited for once it says so.
    /// - Returns: How it ended; nil: it was cancelled.
    /// - Throws: `TransportError` when the loop failed.
    public borrowing func post(
        headers: [UInt8],
        body: [UInt8],
        timeout: Duration,
        isCancelled: () -> Bool
    ) throws(TransportError) -> AttemptEnding? {
        if let hostName {
            // Anew each time: an address of an hour ago may be another's.
            guard case .success(let addresses) = lookUp(hostName) else { return AttemptEnding(result: .resolveFailed) }
            if isCancelled() { return nil }
            try loop.setAddresses(addresses, of: endpoint)
        }
        try submit(headers, body, timeout)
        return try wait(isCancelled)
    }

    private borrowing func submit(
        _ headers: [UInt8],
        _ body: [UInt8],
        _ timeout: Duration
    ) throws(TransportError) {
        var request = TransferRequest()
        request.endpoint = endpoint
        request.timeoutMilliseconds = UInt32(clamping: Int64(timeout / .milliseconds(1)))
        // Copies: what a closure of typed throws may hold is more than the compiler can follow here.
        let lines = UnsafeMutableBufferPointer<CChar>.allocate(capacity: headers.count)
        let content = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: body.count)
        defer {
            lines.deallocate()
            content.deallocate()
        }
        _ = lines.initialize(from: headers.lazy.map { CChar(bitPattern: $0) })
        _ = content.initialize(from: body)
        request.headers = headers.isEmpty ? nil : UnsafePointer(lines.baseAddress)
        request.headersLength = headers.count
        request.body = body.isEmpty ? nil : UnsafePointer(content.baseAddress)
        request.bodyLength = body.count
        let requests = UnsafeMutableBufferPointer<TransferRequest>.allocate(capacity: 1)
        defer { requests.deallocate() }
        requests.initialize(repeating: request)
        _ = try loop.submit(UnsafeBufferPointer(requests))
    }

    private borrowing func wait(_ isCancelled: () -> Bool) throws(TransportError) -> AttemptEnding? {
        let completions = UnsafeMutableBufferPointer<TransferCompletion>.allocate(capacity: 1)
        defer { completions.deallocate() }
        var wasCancelled = false
        while true {
            if try loop.poll(into: completions, timeoutMilliseconds: 100) > 0 {
                return wasCancelled ? nil : AttemptEnding(completions[0], hiding: mask)
            }
            if !wasCancelled, isCancelled() {
                wasCancelled = true
                loop.cancelAll()
            }
        }
    }
}
