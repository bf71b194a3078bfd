import FanfareDelivery
import FanfareJob
import Logging
import NIOConcurrencyHelpers

/// What journeys share with audience webhooks: the ledger of their audience, its loop, and its pauses.
extension AudienceWebhooks {
    /// Told how it fares.
    var logger: Logger { configuration.delivery.logger }

    /// Where a journey's points send their webhooks.
    ///
    /// - Throws: `PayloadErrors`, `DeliveryError`, `InvalidDeliverySettings` for a map that was not checked.
    func endpoints(of journey: Journey, _ epochs: [EventEpoch]) throws -> [EventEndpoint] {
        try journey.webhookPoints.map { point in
            try EventEndpoint(
                id: journey.endpoint(of: point.id),
                installation: configuration.installation,
                epochs: epochs,
                webhook: point.webhook.envelope,
                settings: point.webhook.delivery,
                proxy: configuration.proxy,
                heedsGone: false
            )
        }
    }

    /// Has somebody told of journeys that are paused, as one of their steps cannot be made, and of receivers of journeys
    /// to which nothing more is sent.
    func onFault(
        _ body: @escaping @Sendable (Journey, String) -> Void,
        onRefusal: @escaping @Sendable (_ journey: String, String) -> Void
    ) {
        faults.withLockedValue { ($0.body, $0.onRefusal) = (body, onRefusal) }
    }
}
