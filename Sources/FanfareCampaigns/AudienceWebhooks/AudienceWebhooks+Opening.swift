import FanfareAudience
import FanfareDelivery
import FanfareStore

extension AudienceWebhooks {
    /// - Throws: ``WebhookError`` with `invalidURL`.
    func endpoint(of webhook: AudienceWebhook, _ epochs: [EventEpoch]) throws -> EventEndpoint {
        try configuration.endpoint(id: webhook.id, url: webhook.url, secret: webhook.secret, epochs: epochs)
    }

    /// The audience, opened at first use and had at work.
    func open(_ id: String) throws -> OpenAudience {
        try audiences.audience(id) {
            let webhooks = try catalogue.all(of: id)
            let enabled = webhooks.filter { $0.state == .enabled }
            let open = try OpenAudience(
                id,
                in: directory,
                begins: webhooks.map(\.begins).max() ?? 0,
                configuration: configuration,
                isHeld: { [deliverer] in !deliverer.pauses.isEmpty },
                faults: faults,
                sealer: catalogue.sealer
            )
            let journeys = try open.knownJourneys()
            let endpoints =
                try enabled.map { try endpoint(of: $0, open.epochs) }
                + journeys.filter { $0.state == .active }.flatMap { try self.endpoints(of: $0, open.epochs) }
            open.feed.tell(webhooks)
            // What journeys have written down and not sent waits with them while they are paused.
            let unfinished = journeys.filter { $0.state != .ended }.flatMap(\.endpoints)
            open.book.cancel(
                allBut: Set(enabled.map(\.id) + unfinished),
                .endpointDisabled,
                unixTime: currentUnixTime()
            )
            deliverer.open(open.book)
            open.book.skipSuppressed(unixTime: currentUnixTime())
            for endpoint in endpoints { deliverer.add(endpoint, of: open.book) }
            open.book.pull()
            open.journeys.wake()
            return open
        }
    }
}
