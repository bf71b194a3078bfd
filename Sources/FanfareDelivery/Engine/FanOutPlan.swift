public import FanfareAudience
public import FanfarePayload
public import FanfareTransport

/// All that the engine needs to run one frozen fan-out. A value; it opens nothing.
public struct FanOutPlan: Sendable {
    /// What people call the fan-out: for logs and metrics.
    public var name = ""
    /// The ledger, frozen and recovered.
    public var ledger: Ledger
    /// The audience; read only.
    public var audience: Audience
    /// The compiled webhook.
    public var template: RequestTemplate
    /// Where requests go and how connections are made.
    public var endpoint: EndpointSettings
    /// Pace, repetition, deadlines.
    public var settings: DeliverySettings
    /// The statuses that a contact must have when its request is rendered.
    public var statuses: Set<ContactStatus>
    /// Makes each delivery's `webhook-id`.
    public var ids: DeliveryIDSeries
    /// What local time is ahead of UTC at a Unix second, in seconds; asked at most once a second.
    public var utcOffset: @Sendable (Int64) -> Int
    /// Whether a canary looks only at what this process sends: the fan-out was stopped, and goes on because the cause
    /// was mended.
    public var startsCanaryAfresh = false
    /// It begins as ``RunningFanOut/pause(by:patience:)`` leaves it; empty: it sends at once.
    public var startsPausedBy: PauseReasons = []
    /// It begins only to end: ``RunningFanOut/cancel()`` was ordered in an earlier process.
    public var isCancelled = false
    /// Whom nothing is sent to, whatever the frozen set says; nil: nobody is left out.
    public var suppression: SuppressionList?
    /// When it may send, by the local time of ``utcOffset``; nil: always.
    public var window: SendWindow?
    /// Whom of the frozen set nothing is sent to, to compare with; nil: nobody is left out.
    public var holdout: StableShare?

    /// - Parameters: see the properties of the same names.
    public init(
        ledger: Ledger,
        audience: Audience,
        template: RequestTemplate,
        endpoint: EndpointSettings,
        settings: DeliverySettings,
        statuses: Set<ContactStatus>,
        ids: DeliveryIDSeries,
        utcOffset: @escaping @Sendable (Int64) -> Int
    ) {
        self.ledger = ledger
        self.audience = audience
        self.template = template
        self.endpoint = endpoint
        self.settings = settings
        self.statuses = statuses
        self.ids = ids
        self.utcOffset = utcOffset
    }

    /// The name that must be looked up to reach the receiver, or the proxy before it; nil when an address stands there.
    var hostName: String? {
        if let proxy = endpoint.proxy { return proxy.hostName }
        return template.origin.hostName
    }
}

extension RequestTemplate.Origin {
    /// The name that must be looked up; nil when the host is an address.
    var hostName: String? { host.hasPrefix("[") || IPAddress(host) != nil ? nil : host }
}
