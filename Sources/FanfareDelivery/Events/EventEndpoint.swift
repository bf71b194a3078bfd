public import FanfarePayload
public import FanfareTransport

/// Where event webhooks are sent, and by which rules: all of it checked.
public struct EventEndpoint: Sendable {
    /// Why an endpoint gets nothing any more.
    public enum Retirement: Sendable, Hashable {
        /// It answered 410.
        case gone
        /// Its first answers all said never.
        case refusesAll
        /// So many deliveries in a row were given up.
        case failing(deliveries: Int)
        /// It has answered nothing for so long, or its name was not found.
        case unreachable(hours: Int)
    }

    /// Nanoseconds without any answer after which an endpoint is retired: a day.
    static let longestSilence: UInt64 = 24 * 3600 * 1_000_000_000

    /// Deliveries given up in a row after which an endpoint is retired.
    public static let patience = 100

    /// Its id; with the number of a change it makes the request's `webhook-id`.
    public let id: String
    let template: RequestTemplate
    let settings: DeliverySettings
    let connection: EndpointSettings
    let ids: EventIDSeries
    /// Nil: requests do not carry Mailchimp's signature.
    let mailchimp: MailchimpSignature?
    /// Whether one answer of 410 ends all; else it concerns that event alone.
    let heedsGone: Bool

    /// - Parameters:
    ///   - id: Unique within the installation.
    ///   - installation: The installation's own id.
    ///   - epochs: What earlier installations gave ids to, as the events' book says.
    ///   - webhook: Its body is `.none`, as events bring theirs, and it has no merge tags.
    ///   - secret: What requests are signed with by `X-Mailchimp-Signature`, beside the webhook's own signing; nil: not.
    ///   - settings: Pace, repetition, deadlines.
    ///   - proxy: Which requests go through; nil: the webhook's, if it has one.
    ///   - heedsGone: Whether one answer of 410 retires it; else that concerns one event alone.
    /// - Throws: `PayloadErrors`, ``InvalidDeliverySettings``, ``DeliveryError``.
    public init(
        id: String,
        installation: String,
        epochs: [EventEpoch] = [],
        webhook: WebhookDefinition,
        mailchimpSecret secret: Secret? = nil,
        settings: DeliverySettings = .events,
        proxy: ForwardProxy? = nil,
        heedsGone: Bool = true
    ) throws {
        self.id = id
        self.heedsGone = heedsGone
        self.settings = try settings.validated()
        template = try RequestTemplate.compile(webhook, fields: [])
        guard webhook.body == .none, template.constantURL != nil, template.hasConstantHeaders else {
            throw DeliveryError(.invalidValue, "an event's webhook has no body and no merge tags of its own")
        }
        var connection = EndpointSettings(template)
        connection.apply(webhook)
        if let proxy { connection.proxy = proxy }
        self.connection = connection
        ids = EventIDSeries(installation: installation, epochs: epochs, endpoint: id)
        mailchimp = secret.map { MailchimpSignature(secret: $0) }
    }

    var isProxied: Bool {
        // Not as a comparison with nil: Swift 6.3.1's optimiser crashes on such in places.
        if case .some = connection.proxy { true } else { false }
    }

    /// The name that must be looked up to reach it; nil when an address stands there.
    var hostName: String? {
        if case .some(let proxy) = connection.proxy { return proxy.hostName }
        return template.origin.hostName
    }
}

extension DeliverySettings {
    /// Of audience webhooks: nine attempts over 75 minutes (Mailchimp, "Sync audience data with webhooks": retried at
    /// growing intervals over 75 minutes; which ones is not said), each of at most 10 s.
    public static var events: DeliverySettings {
        var settings = DeliverySettings()
        settings.maxInFlight = 100
        settings.deadline = .seconds(90 * 60)
        settings.retries = [30, 60, 120, 300, 600, 900, 1200, 1290].map { .seconds($0) }
        return settings
    }
}
