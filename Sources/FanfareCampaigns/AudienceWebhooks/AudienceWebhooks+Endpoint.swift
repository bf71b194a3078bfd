import FanfareDelivery
import FanfarePayload
import FanfareTransport

extension AudienceWebhooks.Configuration {
    /// Where a webhook is told, and how: a form, as Mailchimp sends it, with both signatures.
    ///
    /// - Parameters:
    ///   - id: The webhook's.
    ///   - url: http or https.
    ///   - secret: What its requests are signed with; nil: they are not.
    ///   - epochs: What earlier installations gave ids to, as the events' book says.
    /// - Throws: ``WebhookError`` with `invalidURL`.
    func endpoint(id: String, url: String, secret: Secret?, epochs: [EventEpoch] = []) throws -> EventEndpoint {
        let definition = WebhookDefinition(
            url: url,
            headers: [
                .init(name: "Content-Type", value: .text("application/x-www-form-urlencoded")),
                .init(name: "User-Agent", value: .text("MailChimp.com")),
            ],
            body: .none,
            signing: secret.map { .init(secrets: [$0]) }
        )
        do {
            return try EventEndpoint(
                id: id,
                installation: installation,
                epochs: epochs,
                webhook: definition,
                mailchimpSecret: secret,
                settings: settings,
                proxy: proxy
            )
        } catch is PayloadErrors {
            throw WebhookError.invalidURL
        } catch let error as DeliveryError where error.code == .invalidValue {
            // The rest of the definition is ours: it is the URL that has a merge tag.
            throw WebhookError.invalidURL
        }
    }

    /// Asks a URL whether it may be sent to, see ``URLCheck``, on a thread where that holds up nobody.
    ///
    /// - Throws: ``WebhookError``.
    func check(_ url: String) async throws {
        let check = URLCheck(egress: delivery.egress, proxy: proxy, lookUp: lookUp)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            BlockingWork.run { continuation.resume(with: Result { try check.check(url) }) }
        }
    }
}
