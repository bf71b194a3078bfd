import FanfarePayload
public import FanfareTransport

/// One request that was sent to an event's endpoint to try it, and what came of it, as others may be shown it.
///
/// It goes the way that events go, through a loop of its own: no ledger knows of it, it is sent once, and the endpoint's
/// lane neither waits for it nor learns from it. The webhook's secrets are covered where the receiver repeats them.
public struct EventTrial: Sendable, Hashable, Codable {
    /// How long things took in microseconds, each from the start of the transfer; nil: it did not come to it.
    public struct Durations: Sendable, Hashable, Codable {
        /// The look-up of the name, which comes before the transfer; nil: the URL holds an address.
        public var name: Int64?
        /// Until connected.
        public var connect: Int64?
        /// Until the connection was secured.
        public var tls: Int64?
        /// Until the first byte of the answer.
        public var firstByte: Int64?
        /// Until the end.
        public var total: Int64?

        private enum CodingKeys: String, CodingKey {
            case name, connect, tls, firstByte = "first_byte", total
        }
    }

    /// Bytes of the answer's body that are kept.
    public static let excerptLength = 2048

    /// What was sent as `webhook-id`.
    public var id: String
    /// The event that it claims to be, as on the wire.
    public var event: String
    /// Where it was sent.
    public var url: String
    /// Whether the receiver accepted it: a 2xx.
    public var isAccepted: Bool
    /// The answer's status; nil: there was none.
    public var status: Int?
    /// Why it was not accepted, for a person; nil: it was.
    public var reason: String?
    /// Whether an event that ended so would be sent again.
    public var wouldRepeat: Bool
    /// How long things took.
    public var durations: Durations
    /// The address that was connected to; nil: none.
    public var address: String?
    /// As `1.1`; nil: no answer.
    public var httpVersion: String?
    /// As `TLSv1.3`; nil: no TLS, or no handshake.
    public var tlsVersion: String?
    /// The answer's header lines as they came, at most 64 KiB; a terminal must not get them as they are.
    public var headers: String
    /// The beginning of the answer's body, at most ``excerptLength`` bytes; a terminal must not get it as it is.
    public var body: String
    /// Whether the body went on.
    public var isBodyCut: Bool

    private enum CodingKeys: String, CodingKey {
        case id = "webhook_id", event, url, isAccepted = "accepted", status, reason, wouldRepeat = "would_repeat"
        case durations = "durations_us", address, httpVersion = "http", tlsVersion = "tls", headers, body
        case isBodyCut = "is_body_cut"
    }

    /// Sends a request, once, and waits for what becomes of it. Blocks: at most for the endpoint's time-out, as long for
    /// the look-up of its name, and as long again to see a certificate that was refused.
    ///
    /// - Parameters:
    ///   - endpoint: Where to; nothing has to be at work for it.
    ///   - event: What it claims to be, as on the wire.
    ///   - body: Tells of it.
    ///   - unixTime: The time it is signed with, in seconds.
    ///   - egress: Where it may connect to.
    ///   - lookUp: How a name becomes addresses.
    ///   - isCancelled: Asked ten times a second.
    /// - Throws: `TransportError` when the system lacks something; `CancellationError`.
    public init(
        to endpoint: EventEndpoint,
        event: String,
        body: [UInt8],
        unixTime: Int64,
        egress: EgressPolicy,
        lookUp: LookUp = .system,
        isCancelled: () -> Bool = { false }
    ) throws {
        let id = Self.makeID()
        let request = TrialRequest(endpoint, id: id, body: body, unixTime: unixTime)
        let trial = try DeliveryTrial(request, egress: egress, lookUp: lookUp, isCancelled: isCancelled)
        let seen = trial.inspection
        (self.id, self.event, url) = (id, event, endpoint.connection.url)
        isAccepted = trial.consequence == .delivered
        status = trial.ending.status == 0 ? nil : Int(trial.ending.status)
        reason = isAccepted ? nil : trial.cause
        wouldRepeat = if case .retryable = trial.consequence { true } else { false }
        durations = Durations(trial.timings)
        address = seen?.address?.description
        (httpVersion, tlsVersion) = (seen?.httpVersion, seen?.tlsVersion)
        headers = String(decoding: seen?.headers ?? [], as: UTF8.self)
        let answer = seen?.body ?? []
        self.body = Self.excerpt(of: answer)
        isBodyCut = answer.count > Self.excerptLength || trial.isAnswerCut
    }

    /// Another one each time, and never that of a delivery: behind `msg_` these have letters and digits alone.
    private static func makeID() -> String {
        let random = DeliveryID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
        return "msg_test_" + random.description.dropFirst("msg_".count)
    }

    /// Whole characters of the beginning, where it is UTF-8.
    private static func excerpt(of body: [UInt8]) -> String {
        guard body.count > excerptLength else { return String(decoding: body, as: UTF8.self) }
        var end = excerptLength
        // A byte 10xxxxxx goes on with what began before it, of at most three more.
        while end > excerptLength - 3, body[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: body[..<end], as: UTF8.self)
    }
}

extension EventTrial.Durations {
    fileprivate init(_ timings: DeliveryTrial.Timings) {
        func microseconds(_ duration: Duration?) -> Int64? { duration.map { Int64($0 / .microseconds(1)) } }
        (name, connect, tls) = (microseconds(timings.name), microseconds(timings.connect), microseconds(timings.tls))
        (firstByte, total) = (microseconds(timings.firstByte), microseconds(timings.total))
    }
}

extension DeliveryTrial {
    /// Why it was not accepted.
    fileprivate var cause: String {
        if let nameFailure { return "the host name was not found (\(nameFailure))" }
        guard let reason else { return "unknown" }
        var text = reason.text(status: ending.status)
        if let location = ending.location { text += ", the receiver has moved to \(location)" }
        // A status says it all; of a failure of the connection libcurl knows more.
        if reason != .status, reason != .policy, let error = inspection?.error { text += " (\(error))" }
        return text
    }
}
