import FanfareDelivery
import FanfarePayload
public import FanfareTransport

/// Asks a URL whether a webhook may be sent there: a GET that has to be answered with 2xx.
///
/// User agent, rule and words are Mailchimp's, which receivers know it by.
public struct URLCheck: Sendable {
    static let userAgent = "MailChimp.com WebHook Validator"
    static let timeout: Duration = .seconds(10)

    private let egress: EgressPolicy
    private let proxy: ForwardProxy?
    private let lookUp: LookUp

    /// - Parameters:
    ///   - egress: Where connections may go.
    ///   - proxy: Which the request goes through; nil: none.
    ///   - lookUp: How a name becomes addresses.
    public init(egress: EgressPolicy, proxy: ForwardProxy? = nil, lookUp: LookUp = .system) {
        self.egress = egress
        self.proxy = proxy
        self.lookUp = lookUp
    }

    /// Blocks, at most for 10 s and a look-up.
    ///
    /// - Throws: ``WebhookError``: `invalidURL`, or `unverified` with the status that it gave.
    public func check(_ url: String) throws(WebhookError) {
        var settings = EndpointSettings(
            url: url,
            method: "GET",
            headers: [.init(name: "User-Agent", value: Self.userAgent)]
        )
        settings.proxy = proxy
        var ending: AttemptEnding?
        do throws(TransportError) {
            let sender = try DirectSender(settings, egress: egress, lookUp: lookUp)
            ending = try sender.post(headers: [], body: [], timeout: Self.timeout) { false }
        } catch {
            throw error.code == .invalidValue ? .invalidURL : WebhookError(.invalidURL, error.message)
        }
        guard let ending, !ending.successHeaderBlock else { return }
        throw WebhookError(
            .unverified,
            "We couldn't verify the URL is working. Please double check and try again. HTTP Code: \(ending.status)"
                + Self.reason(of: ending)
        )
    }

    /// What a status does not say.
    private static func reason(of ending: AttemptEnding) -> String {
        if ending.result == .blockedByPolicy { return " (\(Reason.policy.text))" }
        if ending.status != 0 { return "" }
        let reason = AnswerRules(DeliverySettings()).verdict(ending, breakerClosed: true).reason
        return reason.map { " (\($0.text))" } ?? ""
    }
}
