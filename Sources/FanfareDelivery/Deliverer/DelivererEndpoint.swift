import FanfarePayload
import FanfareTransport

/// What a deliverer sends to, and by which rules: all of it checked.
struct DelivererEndpoint: Sendable {
    let template: RequestTemplate
    let settings: DeliverySettings
    let connection: EndpointSettings
    let journal: Journal
    let namePatience: Duration
    private let takesBodies: Bool

    /// - Throws: `PayloadErrors`, ``DeliveryError`` with `invalidValue`, `TransportError`.
    init(
        _ webhook: WebhookDefinition,
        _ settings: DeliverySettings,
        _ configuration: Deliverer.Configuration
    ) throws {
        var webhook = webhook
        guard webhook.body == .none else {
            throw Self.invalid("its body must be none: each request brings its own")
        }
        if webhook.method != .get, !webhook.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            webhook.headers.append(.init(name: "Content-Type", value: .text("application/json")))
        }
        template = try RequestTemplate.compile(webhook, fields: [])
        guard template.constantURL != nil, template.hasConstantHeaders, webhook.require.isEmpty else {
            throw Self.invalid("it may have no merge tags and require no fields: there are no contacts")
        }
        guard settings.canary == nil else {
            throw DeliveryError(.invalidValue, "canary: a sequence of requests has no first contacts to judge it by")
        }
        self.settings = settings
        takesBodies = webhook.method != .get
        var connection = EndpointSettings(template)
        connection.apply(webhook)
        connection.offersHTTP2 = settings.http == .http2
        self.connection = connection
        journal = Journal(configuration.logger, endpoint: template.origin)
        namePatience = configuration.namePatience
    }

    /// The name that must be looked up to reach the receiver, or the proxy before it; nil when an address stands there.
    var hostName: String? {
        if let proxy = connection.proxy { return proxy.hostName }
        return template.origin.hostName
    }

    /// Whether requests go through a proxy.
    var isProxied: Bool {
        // Not as a comparison with nil: Swift 6.3.1's optimiser crashes on such in places.
        if case .some = connection.proxy { return true }
        return false
    }

    /// Why a request cannot be sent; nil when it can.
    func fault(in request: Deliverer.Request) -> String? {
        if let fault = RequestTemplate.fault(inID: request.id) { return fault }
        if !takesBodies, !request.body.isEmpty { return "a GET has no body" }
        var names: Set<String> = []
        for header in request.headers {
            if let fault = template.fault(inHeader: header.name, value: header.value) { return fault }
            guard names.insert(header.name.lowercased()).inserted else { return "\(header.name) is given twice" }
        }
        return nil
    }

    /// A request's own headers in the form that libcurl takes.
    static func lines(_ headers: [EndpointSettings.Header]) -> [UInt8] {
        var lines: [UInt8] = []
        for header in headers {
            lines += Array(header.name.utf8)
            let isBlank = header.value.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            lines += isBlank ? Array(";".utf8) : Array(": ".utf8) + Array(header.value.utf8)
            lines.append(0)
        }
        return lines
    }

    private static func invalid(_ what: String) -> DeliveryError {
        DeliveryError(.invalidValue, "this webhook cannot be delivered to without an audience: \(what)")
    }
}
