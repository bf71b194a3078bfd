import FanfarePayload
public import FanfareTransport

/// One request, sent by a loop of its own as a fan-out would send it, and all that came of it. No ledger knows of it.
public struct DeliveryTrial: Sendable {
    /// An address of the receiver.
    public struct Address: Sendable, Hashable {
        /// The address.
        public var address: IPAddress
        /// Whether the egress policy lets it be connected to.
        public var isPermitted: Bool
    }

    /// How long things took, each from the start of the transfer; nil: it did not come to it.
    public struct Timings: Sendable, Hashable {
        /// The look-up of the name, which comes before the transfer; nil: the URL holds an address.
        public var name: Duration?
        /// Until connected.
        public var connect: Duration?
        /// Until the connection was secured.
        public var tls: Duration?
        /// Until the first byte of the answer.
        public var firstByte: Duration?
        /// Until the end.
        public var total: Duration?
    }

    /// What a fan-out would do with this answer.
    public enum Consequence: Sendable, Hashable {
        /// The delivery has ended well.
        case delivered
        /// It would be sent again after so long.
        case retryable(after: Duration)
        /// It has ended.
        case dead(Reason)
        /// It has ended, as nobody knows whether the receiver acted on it.
        case uncertain(Reason)
    }

    /// The addresses found, in the order in which they are tried.
    public private(set) var addresses: [Address] = []
    /// Why the name has no address; nil: it has, or the URL holds one.
    public private(set) var nameFailure: String?
    /// What came back.
    public private(set) var ending: AttemptEnding
    /// Why the attempt did not end well; nil: it did.
    public private(set) var reason: Reason?
    /// What a fan-out would do now.
    public private(set) var consequence: Consequence
    /// How long things took.
    public private(set) var timings = Timings()
    /// All that was seen of the transfer, without the webhook's secrets.
    public private(set) var inspection: TransferInspection?
    /// What a receiver presented that could not be verified: found by a second connection over which nothing was sent.
    public private(set) var refusedCertificates: [TransferInspection.Certificate] = []
    /// Whether the answer was longer than 64 KiB, and cut off there.
    public private(set) var isAnswerCut = false
    /// Bytes sent, at least.
    public private(set) var bytesSent: UInt64 = 0

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - plan: Endpoint, settings and template are used.
    ///   - egress: Where it may connect to.
    ///   - lookUp: How a name becomes addresses.
    ///   - isCancelled: Asked ten times a second.
    /// - Throws: `TransportError` when the endpoint's settings are refused or the system lacks something;
    ///   `CancellationError`.
    public init(
        _ request: RequestPreview,
        of plan: FanOutPlan,
        egress: EgressPolicy,
        lookUp: LookUp = .system,
        isCancelled: () -> Bool = { false }
    ) throws {
        try self.init(TrialRequest(request, of: plan), egress: egress, lookUp: lookUp, isCancelled: isCancelled)
    }

    /// The same of any request; see ``init(_:of:egress:lookUp:isCancelled:)``.
    init(_ request: TrialRequest, egress: EgressPolicy, lookUp: LookUp, isCancelled: () -> Bool) throws {
        let loop = try DeliveryLoop(LoopConfiguration(egress: egress))
        try loop.inspect()
        let endpoint = try loop.addEndpoint(request.connection)
        ending = AttemptEnding(result: .resolveFailed)
        consequence = .delivered
        if let host = request.hostName {
            let began = ContinuousClock.now
            switch try Self.addresses(of: host, lookUp, loop, patience: request.settings.timeout, isCancelled) {
            case .success(let found):
                // A proxy is the operator's choice, and decides what may be reached through it.
                let isProxy = request.isProxied
                addresses = found.map { Address(address: $0, isPermitted: isProxy || egress.permits($0)) }
                try loop.setAddresses(found, of: endpoint)
            case .failure(let failure): nameFailure = failure.message
            }
            timings.name = began.duration(to: .now)
        } else if !request.isProxied, let address = try request.connection.hostAddress {
            addresses = [Address(address: address, isPermitted: egress.permits(address))]
        }
        if nameFailure == nil { try send(request, loop, endpoint, isCancelled) }
        if ending.result == .tlsFailed, request.connection.verifiesCertificates {
            refusedCertificates = try Self.certificates(request, egress, addresses, isCancelled)
        }
        judge(request.settings, contact: request.contact)
    }

    private static func addresses(
        of host: String,
        _ lookUp: LookUp,
        _ loop: borrowing DeliveryLoop,
        patience: Duration,
        _ isCancelled: () -> Bool
    ) throws -> Result<[IPAddress], NameFailure> {
        let resolver = try NameResolver(threads: 1, lookUp: lookUp)
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        resolver.follow(host: host, token: 0, mailbox: mailbox)
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if isCancelled() { throw CancellationError() }
            if let news = mailbox.drain().last { return news.outcome }
            _ = try poll(loop, milliseconds: 100) { _ in }
        }
        return .failure(NameFailure(code: 0, message: "no answer to the look-up within the time-out"))
    }

    private static func poll(
        _ loop: borrowing DeliveryLoop,
        milliseconds: Int32,
        _ body: (TransferCompletion) -> Void
    ) throws -> Bool {
        try withUnsafeTemporaryAllocation(of: TransferCompletion.self, capacity: 1) { buffer in
            guard try loop.poll(into: buffer, timeoutMilliseconds: milliseconds) > 0 else { return false }
            body(buffer[0])
            return true
        }
    }

    /// Who answers there, whether it can be verified or not.
    private static func certificates(
        _ request: TrialRequest,
        _ egress: EgressPolicy,
        _ addresses: [Address],
        _ isCancelled: () -> Bool
    ) throws -> [TransferInspection.Certificate] {
        let loop = try DeliveryLoop(LoopConfiguration(egress: egress))
        try loop.inspect(connectsOnly: true)
        var settings = request.connection
        settings.verifiesCertificates = false
        // Even so nothing that is the receiver's alone goes out: no header, no path, no body.
        settings.headers = []
        settings.clientCertificate = nil
        let endpoint = try loop.addEndpoint(settings)
        if request.hostName != nil { try loop.setAddresses(addresses.map(\.address), of: endpoint) }
        var probe = TransferRequest()
        probe.endpoint = endpoint
        probe.timeoutMilliseconds = UInt32(clamping: Int64(request.settings.timeout / .milliseconds(1)))
        _ = try withUnsafePointer(to: probe) { try loop.submit(UnsafeBufferPointer(start: $0, count: 1)) }
        while try !poll(loop, milliseconds: 100, { _ in }) {
            if isCancelled() { throw CancellationError() }
        }
        return loop.inspection?.certificates ?? []
    }

    private mutating func send(
        _ request: TrialRequest,
        _ loop: borrowing DeliveryLoop,
        _ endpoint: EndpointID,
        _ isCancelled: () -> Bool
    ) throws {
        try request.withTransferRequest(endpoint: endpoint) {
            _ = try loop.submit(UnsafeBufferPointer(start: $0, count: 1))
        }
        let mask = request.mask
        while true {
            if isCancelled() { throw CancellationError() }
            var ended: (ending: AttemptEnding, completion: TransferCompletion)?
            _ = try Self.poll(loop, milliseconds: 100) { ended = (AttemptEnding($0, hiding: mask), $0) }
            guard let ended else { continue }
            ending = ended.ending
            if ending.result == .connectFailed, request.isProxied { ending.detail = .proxyUnreachable }
            read(ended.completion)
            inspection = loop.inspection.map { Self.covered($0, mask) }
            return
        }
    }

    private mutating func read(_ completion: TransferCompletion) {
        func time(_ microseconds: UInt32) -> Duration? {
            microseconds == 0 ? nil : .microseconds(Int64(microseconds))
        }
        timings.connect = time(completion.connectMicroseconds)
        timings.tls = time(completion.tlsMicroseconds)
        timings.firstByte = time(completion.firstByteMicroseconds)
        timings.total = time(completion.totalMicroseconds)
        isAnswerCut = completion.flags.contains(.responseCut)
        bytesSent = completion.bytesUp
    }

    private static func covered(_ inspection: TransferInspection, _ mask: SecretMask) -> TransferInspection {
        var inspection = inspection
        inspection.headers.withUnsafeMutableBytes { mask.cover($0) }
        inspection.body.withUnsafeMutableBytes { mask.cover($0) }
        return inspection
    }

    private mutating func judge(_ settings: DeliverySettings, contact: Int64) {
        let verdict = AnswerRules(settings).verdict(ending, breakerClosed: true)
        reason = verdict.reason
        let history = RetryPolicy.History(firstAt: 0)
        let seed = UInt64(bitPattern: contact)
        switch RetryPolicy(settings).decide(verdict, history: history, laneTime: 0, seed: seed) {
        case .delivered: consequence = .delivered
        case .retry(let due): consequence = .retryable(after: .seconds(due))
        case .dead(let reason): consequence = .dead(reason)
        case .uncertain(let reason): consequence = .uncertain(reason)
        }
    }
}
