import FanfareCampaigns
import FanfareDelivery
import FanfareStore

extension Daemon {
    /// Has all webhooks stand still, or go on: those of audiences and those of batches.
    func pauseAll(_ isPaused: Bool) {
        webhooks.pause(isPaused)
        batchWebhooks.pause(isPaused)
    }
}

extension Installation {
    /// The batch webhooks of the installation at work, paused at first; who is named is told of one that is disabled.
    func batchWebhooks(
        _ batches: BatchBook,
        _ links: BatchLinks,
        _ configuration: Daemon.Configuration,
        _ notifier: Notifier?
    ) throws -> BatchWebhooks {
        var delivery = EventDeliverer.Configuration(egress: configuration.egress, startsPaused: true)
        delivery.logger = configuration.logger
        return try BatchWebhooks(
            batches,
            path: directory.batchEventsPath,
            catalogue: BatchWebhookCatalogue(catalogue, sealer: sealer()),
            links: links,
            .init(installation: id, delivery: delivery, proxy: configuration.proxy),
            onRetirement: { notifier?.tell(WebhookNotice(disabled: $0, reason: $1)) }
        )
    }
}
