/// What `fanfare listen` does with the requests it is sent.
public struct ListenSettings: Sendable {
    /// What is written about the requests.
    public enum Output: Sendable, Hashable {
        /// A line for each request.
        case requests
        /// A line for each request with a bad signature.
        case badSignatures
        /// The counts, once a second.
        case counts
    }

    /// Checks one request's signature, on an event loop.
    public typealias Verify = @Sendable (ReceivedRequest) -> SignatureCheck

    /// A numeric address or a name.
    public var host = "127.0.0.1"
    /// 0: any free port.
    public var port = 0
    /// How long each answer takes.
    public var delay: Duration = .zero
    /// The share of the requests that is answered with ``failureStatus``, 0 … 1.
    public var failureShare = 0.0
    /// The status of those.
    public var failureStatus = 503
    /// The status of all others.
    public var status = 200
    /// Checks signatures, if any; a request whose signature is bad is answered 401.
    public var verify: Verify?
    /// What is written.
    public var output = Output.requests
    /// Whether it is written as JSON, one object a line.
    public var json = false

    /// The defaults: loopback, any free port, 200 to all, a line for each.
    public init() {}
}
