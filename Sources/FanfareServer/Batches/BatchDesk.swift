import Fanfare
import FanfareCampaigns
import Foundation

/// Where batches are handed in, and whoever does them is woken. Any thread.
final class BatchDesk: Sendable {
    let book: BatchBook
    let links: BatchLinks
    let webhooks: BatchWebhooks
    /// Rings when there may be something to do.
    let bell: AsyncStream<Void>
    private let rope: AsyncStream<Void>.Continuation

    init(_ daemon: Daemon) {
        (book, links, webhooks) = (daemon.batches, daemon.batchLinks, daemon.batchWebhooks)
        // One ring that nobody has heard yet says as much as many.
        (bell, rope) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { rope.yield() }
}
